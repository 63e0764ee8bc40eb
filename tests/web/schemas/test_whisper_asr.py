from __future__ import annotations

import io

from flask.testing import FlaskClient

from tests.fakes import wav
from web.schemas.whisper_asr import DetectedLanguage, WhisperError


def test_they_are_what_the_routes_answer(client: FlaskClient) -> None:
    for address in ("/asr", "/asr?output=docx"):
        answered = client.post(address, data={"audio_file": (io.BytesIO(wav()), "silence.wav")}).get_json()
        assert WhisperError.model_validate(answered, extra="forbid").model_dump() == answered
    told = client.post("/detect-language", data={"file": (io.BytesIO(wav()), "a.wav")}).get_json()
    assert DetectedLanguage.model_validate(told, extra="forbid").model_dump() == told
