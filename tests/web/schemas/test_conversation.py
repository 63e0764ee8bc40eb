from __future__ import annotations

import json

import pytest

import formats
from pipeline.types import Conversation, Segment, Turn, Word
from web.schemas import conversation as schemas

WORD = Word("Yes.", 0.0, 1.0, confidence=0.5, speaker="SPEAKER_00", speaker_confidence=None)
SAID = Conversation(
    segments=(Segment("SPEAKER_00", 0.0, 1.0, "Yes.", words=(WORD,)),),
    turns=(Turn("SPEAKER_00", 0.0, 1.0),),
    speakers=("SPEAKER_00",),
    duration=1.5,
    language="en",
    models={"words": "fake"},
    timings={"words": 0.1},
    warnings=("x",),
)


@pytest.mark.parametrize("words", [False, True])
@pytest.mark.parametrize("said", [SAID, Conversation()])
def test_it_is_what_the_format_writes(words: bool, said: Conversation) -> None:
    written = json.loads(formats.render(said, "json", words=words))
    read = schemas.Conversation.model_validate(written, extra="forbid")
    assert read.model_dump(exclude_unset=True) == written
    assert schemas.Conversation.model_json_schema()["required"] == list(written)


def test_seglst_is_what_its_format_writes() -> None:
    written = json.loads(formats.render(SAID, "seglst"))
    assert schemas.SegLst.model_validate(written, extra="forbid").model_dump() == written
