"""OpenAI's audio API. Times are seconds."""

from __future__ import annotations

from typing import Any

from dialects.refusal import Refusal

# What its clients look for by name; any other code is ours.
_CODES = {"invalid_key": "invalid_api_key", "rate_limited": "rate_limit_exceeded"}
_LIMITED = 429


def error(refusal: Refusal) -> dict[str, Any]:
    """``{"error": {"message", "type", "param", "code"}}``."""
    code = _CODES.get(refusal.code, refusal.code)
    kind = "server_error" if refusal.status >= 500 else "invalid_request_error"
    if refusal.status == _LIMITED:
        kind = "rate_limit_error"
    return {"error": {"message": refusal.message, "type": kind, "param": refusal.field, "code": code}}
