"""Reads a refusal in the shape of whatever dialect its address belongs to."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.test import TestResponse

from web.dialects.known import ASSEMBLYAI, DEEPGRAM, OPENAI, OWN, WHISPER_ASR, Dialect, dialect_of

_MESSAGES = {
    OWN.schema: lambda body: body["error"]["message"],
    OPENAI.schema: lambda body: body["error"]["message"],
    WHISPER_ASR.schema: lambda body: body["detail"] if isinstance(body["detail"], str) else body["detail"][0]["msg"],
    DEEPGRAM.schema: lambda body: body["err_msg"],
    ASSEMBLYAI.schema: lambda body: body["error"],
}


def message_of(dialect: Dialect, body: Any) -> str:
    """Fails the test where the body has not the dialect's shape, with nothing beside it."""
    dialect.schema.model_validate(body, extra="forbid")
    return _MESSAGES[dialect.schema](body)


def told(response: TestResponse) -> tuple[int, str]:
    """Its status and its message."""
    assert response.status_code >= 400, response.text
    return response.status_code, message_of(dialect_of(response.request.path), json.loads(response.text))
