from __future__ import annotations

import io
from typing import Any, get_args

import pytest
from assemblyai import types as aai
from flask import Flask

from jobs.states import State
from pipeline.types import Options
from settings import ROOT
from tests.fakes import wav
from web.context import service_of
from web.dialects.transcripts import asked_of, idle_in, options_of, report, states_of, wanted_of
from web.schemas.assemblyai import SpeakerOptions, Status, TranscriptRequest

PAGE = (ROOT / "docs" / "dialects" / "assemblyai.md").read_text()


def asked(**fields: Any) -> TranscriptRequest:
    return TranscriptRequest.model_validate({"audio_url": "http://here/v2/upload/x", **fields})


def test_every_state_is_in_one_status() -> None:
    found = [state for status in get_args(Status) for state in states_of(status)]
    assert sorted(found) == sorted(State)
    assert states_of(None) == []


def test_what_a_request_asks_of_the_work(app: Flask) -> None:
    with app.test_request_context("/"):
        assert options_of(asked(speaker_labels=None)) == Options()
        counts = {"min_speakers_expected": 2.0, "max_speakers_expected": 3}
        assert options_of(asked(speaker_options=counts, language_code="en_us")) == Options(
            language="en", min_speakers=2, max_speakers=3
        )
        request = asked(speech_models=["best", "fakes"], dual_channel=True)
        assert options_of(request) == Options(channels="per_channel", profile="fakes")


def test_what_has_no_effect(app: Flask) -> None:
    with app.test_request_context("/"):
        fields = {
            "tempo": 1,
            "domain": None,
            "language_detection": True,
            "language_code": "en",
            "disfluencies": False,
            "speaker_options": {"x": 1},
            "speech_model": "best",
        }
        request = asked(**fields)
        assert [*idle_in(request, options_of(request))] == [
            "tempo",
            "speaker_options.x",
            "language_detection",
            "speech_model",
        ]
        mine = asked(speech_model="fakes", language_detection=True)
        assert [*idle_in(mine, options_of(mine))] == []


def test_a_job_that_was_asked_for_otherwise_shows_all_there_is(app: Flask) -> None:
    service = service_of(app)
    plain = service.accept(io.BytesIO(wav()), Options(channels="per_channel"))
    made = service.accept(io.BytesIO(wav()), Options(), dialect=asked_of(asked(punctuate=False, tempo=1)))
    with app.test_request_context("/"):
        assert (wanted_of(plain).speaker_labels, wanted_of(plain).multichannel) == (True, True)
        assert (wanted_of(made).speaker_labels, wanted_of(made).punctuate) == (False, False)
        assert report(made).audio_url == "http://here/v2/upload/x"
        assert report(plain).audio_url == f"http://localhost/jobs/{plain.id}/audio"
    assert made.dialect["asked"] == {"audio_url": "http://here/v2/upload/x", "punctuate": False}


@pytest.mark.parametrize("name", [*aai.RawTranscriptionConfig.model_fields, *aai.SpeakerOptions.model_fields])
def test_every_parameter_of_the_client_is_on_the_page(name: str) -> None:
    """By its own name, or that of what it belongs to."""
    belongs = {"redact_pii_": "redact_pii", "summary_": "summarization", "content_safety_": "content_safety"}
    belongs |= dict.fromkeys({*aai.SpeakerOptions.model_fields} - {*SpeakerOptions.model_fields}, "speaker_options")
    whole = next((whole for part, whole in belongs.items() if name.startswith(part)), name)
    assert name == "language_detection_results" or f"`{whole}`" in PAGE  # the former is only ever answered
