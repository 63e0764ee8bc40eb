from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialects import whisper_asr
from dialects.refusal import Refusal
from dialects.spoken import said
from formats.folding import fold
from pipeline.types import Conversation
from tests.dialects.conversations import conversations
from tests.dialects.test_openai import TALK, near, times


@given(conversations(), st.booleans(), st.booleans())
def test_the_json_is_whispers_with_speakers_where_they_are_asked_for(
    conversation: Conversation, speakers: bool, words: bool
) -> None:
    body = json.loads(whisper_asr.json(conversation, speakers=speakers, words=words))
    assert (body["text"], body["language"]) == (said(conversation), conversation.language or "")
    for row, segment in zip(body["segments"], conversation.segments, strict=True):
        assert times(row) == near(segment)
        assert ("speaker" in row, "words" in row) == (speakers, words)
        for made, word in zip(row.get("words", []), segment.words, strict=bool(words)):
            assert times(made) == near(word)
            assert ("speaker" in made) == speakers


@given(conversations(), st.booleans())
def test_text_and_tsv_have_a_line_for_each_segment(conversation: Conversation, speakers: bool) -> None:
    lines = whisper_asr.txt(conversation, speakers=speakers).splitlines()
    head, *rows = whisper_asr.tsv(conversation, speakers=speakers).splitlines()
    assert head == "start\tend\ttext"
    for line, row, segment in zip(lines, rows, conversation.segments, strict=True):
        start, end, text = row.split("\t")
        assert (int(start), int(end)) == (round(segment.start * 1000), round(segment.end * 1000))
        assert text == line
        named = f"[{fold(segment.speaker)}]: {fold(segment.text)}".rstrip()
        assert line == (named if speakers else fold(segment.text))


@pytest.mark.parametrize("output", ["srt", "vtt"])
def test_subtitles_name_speakers_where_that_is_asked_for(output: str) -> None:
    write = whisper_asr.FORMATS[output]
    assert "\nYes.\n" in write(TALK)
    assert "\n[SPEAKER_01]: No.\n" in write(TALK, speakers=True)


@pytest.mark.parametrize(("code", "name"), [("de", "german"), ("jv", "javanese"), ("xx", "xx")])
def test_a_language_has_its_name_and_how_sure_that_is(code: str, name: str) -> None:
    made = whisper_asr.language(Conversation(language=code, language_confidence=0.87654))
    assert made == {"detected_language": name, "language_code": code, "confidence": 0.8765}


@pytest.mark.parametrize(
    ("status", "field", "detail"),
    [
        (422, "task", [{"type": "x", "loc": ["query", "task"], "msg": "A sentence."}]),
        (422, "audio_file", [{"type": "x", "loc": ["body", "audio_file"], "msg": "A sentence."}]),
        (422, None, "A sentence."),
        (413, "audio_file", "A sentence."),
    ],
)
def test_an_error_is_fastapis(status: int, field: str | None, detail: object) -> None:
    assert whisper_asr.error(Refusal(status, "x", "A sentence.", field)) == {"detail": detail}
