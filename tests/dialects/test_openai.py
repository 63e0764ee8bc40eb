from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.audio import Transcription, TranscriptionDiarized, TranscriptionVerbose

from dialects import openai
from dialects.refusal import Refusal
from dialects.spoken import said
from formats import srt, vtt
from formats.folding import fold
from pipeline.types import Conversation, Segment, Word
from tests.dialects.conversations import conversations


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "invalid_request_error"),
        (404, "invalid_request_error"),
        (429, "rate_limit_error"),
        (500, "server_error"),
        (503, "server_error"),
    ],
)
def test_an_error_has_the_type_that_belongs_to_its_status(status: int, kind: str) -> None:
    made = openai.error(Refusal(status, "some_code", "A sentence.", "file"))
    assert made == {"error": {"message": "A sentence.", "type": kind, "param": "file", "code": "some_code"}}


@pytest.mark.parametrize(
    ("ours", "theirs"), [("invalid_key", "invalid_api_key"), ("rate_limited", "rate_limit_exceeded")]
)
def test_codes_that_clients_look_for_have_the_names_that_they_know(ours: str, theirs: str) -> None:
    assert openai.error(Refusal(400, ours, "A sentence."))["error"]["code"] == theirs


@given(conversations())
def test_every_json_is_of_the_clients_own_type_and_tells_seconds(conversation: Conversation) -> None:
    both = openai.verbose_json(conversation, ["segment", "word"])
    made = {Transcription: openai.json(conversation), TranscriptionVerbose: both}
    made[TranscriptionDiarized] = openai.diarized_json(conversation)
    for kind, body in made.items():
        read = kind.model_validate(json.loads(json.dumps(body)), strict=True)
        assert read.text == said(conversation)
        assert read.usage
        assert read.usage.type == "duration"
        assert read.usage.seconds == pytest.approx(conversation.duration, abs=6e-4)
    assert both["duration"] == pytest.approx(conversation.duration, abs=6e-4)
    words = sorted(openai.words_of(conversation.segments), key=lambda word: (word.start, word.end))
    for row, word in zip(both["words"], words, strict=True):
        assert times(row) == near(word)


@given(conversations(), st.sets(st.sampled_from(["SPEAKER_00", "SPEAKER_03", "A"])))
def test_segments_keep_their_times_and_their_speakers_apart(conversation: Conversation, known: set[str]) -> None:
    rows = openai.diarized_json(conversation, known)["segments"]
    verbose = openai.verbose_json(conversation, ["segment"])["segments"]
    labels: dict[str, str] = {}
    for row, plain, segment in zip(rows, verbose, conversation.segments, strict=True):
        assert times(row) == times(plain) == near(segment)
        assert row["text"] == plain["text"] == fold(segment.text)
        assert labels.setdefault(segment.speaker, row["speaker"]) == row["speaker"]
    assert len(set(labels.values())) == len(labels)
    assert len({row["id"] for row in rows}) == len(rows)
    for speaker, label in labels.items():
        assert label == speaker if speaker in known else re.fullmatch("[A-Z]+", label)


def times(row: dict[str, Any]) -> tuple[float, float]:
    return row["start"], row["end"]


def near(what: Segment | Word) -> Any:
    """Its times to the millisecond."""
    return pytest.approx((what.start, what.end), abs=6e-4)


YES = Word("Yes.", 0.5, 1.0, confidence=0.5)
NO = Word("No.", 1.25, 2.0, confidence=1.0)
TALK = Conversation(
    segments=(Segment("SPEAKER_00", 0.5, 1.0, "Yes.", (YES,)), Segment("SPEAKER_01", 1.25, 2.0, "No.", (NO,))),
    speakers=("SPEAKER_00", "SPEAKER_01"),
    duration=2.5,
    language="en",
)


def test_a_segment_says_what_whisper_would_and_nothing_that_nobody_knows() -> None:
    yes = openai.verbose_json(TALK, ["segment"])["segments"][0]
    assert (yes["id"], yes["seek"], yes["start"], yes["end"], yes["text"]) == (0, 50, 0.5, 1.0, "Yes.")
    assert yes["avg_logprob"] == pytest.approx(math.log(0.5), abs=1e-4)
    assert 0 < yes["compression_ratio"] < 1
    assert (yes["tokens"], yes["temperature"], yes["no_speech_prob"]) == ([], 0.0, 0.0)


@pytest.mark.parametrize("asked", [["word"], ["segment"], ["segment", "word"]])
def test_a_verbose_json_has_what_was_asked_for(asked: list[str]) -> None:
    made = openai.verbose_json(TALK, asked)
    assert {"words", "segments"} & set(made) == {f"{one}s" for one in asked}
    assert (made["task"], made["language"], made["text"]) == ("transcribe", "english", "Yes. No.")


@pytest.mark.parametrize(("code", "name"), [(None, ""), ("jv", "javanese"), ("xx", "xx")])
def test_a_language_has_its_name_where_there_is_one(code: str | None, name: str) -> None:
    assert openai.verbose_json(Conversation(language=code), [])["language"] == name


def test_subtitles_name_speakers_where_that_is_asked_for() -> None:
    assert openai.subtitles(TALK, srt, named=False).splitlines()[2] == "Yes."
    assert openai.subtitles(TALK, srt, named=True).splitlines()[2] == "A: Yes."
    assert "--> 00:00:01.000\nYes." in openai.subtitles(TALK, vtt, named=False)
    anna = replace(TALK, segments=(replace(TALK.segments[1], speaker="Anna"),))
    assert "--> 00:00:02.000\n<v Anna>No." in openai.subtitles(anna, vtt, named=True, known=["Anna"])
