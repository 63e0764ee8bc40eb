from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from dialects.assemblyai import Wanted, transcript
from pipeline.types import Conversation
from web.schemas.assemblyai import STATUSES, Status, Transcript, TranscriptRequest, TranscriptsQuery


def test_what_was_said_has_a_place_in_a_transcript() -> None:
    assert set(transcript(Conversation(), Wanted())) | set(vars(Wanted())) <= set(Transcript.model_fields)
    assert Status.__args__ == STATUSES  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"audio_url": 7},
        {"speaker_labels": "yes"},
        {"speakers_expected": 2.5},
        {"speakers_expected": True},
        {"language_code": "tlh"},
        {"keyterms_prompt": "NeMo"},
        {"speaker_options": {"min_speakers_expected": 0}},
    ],
)
def test_what_has_the_wrong_type_is_refused(fields: dict[str, Any]) -> None:
    known = {"audio_url": "http://a"} if fields else {}
    with pytest.raises(ValidationError):
        TranscriptRequest.model_validate(known | fields)


def test_null_is_not_given_and_whole_numbers_may_have_a_point() -> None:
    fields = {"audio_url": "a", "language_code": None, "speakers_expected": 2.0, "x": 1}
    asked = TranscriptRequest.model_validate(fields)
    assert (asked.language_code, asked.speakers_expected, asked.model_extra) == (None, 2, {"x": 1})


def test_a_page_has_ten_unless_another_number_is_asked_for() -> None:
    assert TranscriptsQuery().limit == 10
    assert TranscriptsQuery.model_validate({"limit": "3", "status": ""}).limit == 3
