"""Deepgram has float seconds and integer speakers, whatever was said."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from deepgram.core.unchecked_base_model import construct_type
from deepgram.types import ListenV1Response
from hypothesis import given
from hypothesis import strategies as st

from dialects.deepgram import PAUSE, Received, Wanted, error, to_dict
from dialects.refusal import Refusal
from dialects.wording import passages
from pipeline.types import Conversation, Segment, Word
from tests.dialects.conversations import conversations

RECEIVED = Received("f0c1", 1_790_000_000.5, "ab" * 32)
ALL = Wanted(speakers=True, punctuation=True, paragraphs=True, utterances=True, language=True)
wanteds = st.builds(
    Wanted,
    speakers=st.booleans(),
    punctuation=st.booleans(),
    utterances=st.just(True),
    channels=st.booleans(),
    language=st.booleans(),
    pause=st.sampled_from([0.0, PAUSE, 100.0]),
)


def answer(conversation: Conversation, wanted: Wanted = ALL) -> dict[str, Any]:
    return to_dict(conversation, wanted, RECEIVED)


def only(conversation: Conversation, wanted: Wanted = ALL) -> dict[str, Any]:
    (channel,) = answer(conversation, wanted)["results"]["channels"]
    (alternative,) = channel["alternatives"]
    return alternative


@given(conversations(), wanteds)
def test_its_own_client_reads_every_answer(conversation: Conversation, wanted: Wanted) -> None:
    made = json.loads(json.dumps(answer(conversation, wanted), allow_nan=False))
    read: Any = construct_type(type_=ListenV1Response, object_=made)
    assert read.metadata.request_id == "f0c1"
    assert read.metadata.created.isoformat() == "2026-09-21T14:13:20.500000+00:00"
    assert len(read.results.channels) == read.metadata.channels


@given(conversations())
def test_each_word_is_there_once_in_float_seconds_with_an_integer_speaker(conversation: Conversation) -> None:
    said = [word for segment in passages(conversation) for word in segment.words]
    order = [*conversation.speakers]
    rows = only(conversation)["words"]
    assert [row["punctuated_word"] for row in rows] == [word.text for word in said]
    for row, word in zip(rows, said, strict=True):
        assert type(row["start"]) is type(row["end"]) is type(row["confidence"]) is float
        assert (row["start"], row["end"]) == pytest.approx((word.start, word.end), abs=0.0006)
        assert type(row["speaker"]) is int
        assert order[row["speaker"]] == word.speaker


@given(conversations(), wanteds)
def test_utterances_have_all_words_and_one_speaker_each(conversation: Conversation, wanted: Wanted) -> None:
    made = answer(conversation, replace(wanted, speakers=True))["results"]
    utterances = made["utterances"]
    assert len({row["id"] for row in utterances}) == len(utterances)
    assert utterances == sorted(utterances, key=lambda row: (row["start"], row["end"]))
    for index, channel in enumerate(made["channels"]):
        words = [word for row in utterances if row["channel"] == index for word in row["words"]]
        assert sorted(map(str, words)) == sorted(map(str, channel["alternatives"][0]["words"]))
    for row in utterances:
        assert {word["speaker"] for word in row["words"]} == {row["speaker"]}
        pauses = [after["start"] - word["end"] for word, after in zip(row["words"], row["words"][1:], strict=False)]
        assert all(pause <= wanted.pause + 0.002 for pause in pauses)


@given(conversations())
def test_paragraphs_have_all_words(conversation: Conversation) -> None:
    alternative = only(conversation)
    rows = alternative["paragraphs"]["paragraphs"]
    assert sum(row["num_words"] for row in rows) == len(alternative["words"])
    sentences = " ".join(sentence["text"] for row in rows for sentence in row["sentences"])
    words = " ".join(word["punctuated_word"] for word in alternative["words"])
    assert "".join(sentences.split()) == "".join(words.split())
    assert all(row["start"] <= row["end"] for row in rows)


@given(conversations())
def test_each_channel_has_its_own_words_under_its_own_number(conversation: Conversation) -> None:
    made = answer(conversation, Wanted(channels=True, punctuation=True))
    assert made["metadata"]["channels"] == len(conversation.channels)
    for speaker, channel in zip(conversation.channels, made["results"]["channels"], strict=True):
        own = [word.text for one in passages(conversation) if one.speaker == speaker for word in one.words]
        assert [word["punctuated_word"] for word in channel["alternatives"][0]["words"]] == own


TALK = Conversation(
    segments=(
        Segment(
            "SPEAKER_00",
            0.5,
            3.0,
            "Good morning. Anna?",
            (
                Word("Good", 0.5, 0.8, 0.9, "SPEAKER_00", 0.7),
                Word("morning.", 0.8, 1.2, 0.8, "SPEAKER_00", None),
                Word("Anna?", 2.5, 3.0, None, "SPEAKER_00", 1.0),
            ),
        ),
        Segment("SPEAKER_01", 3.1, 3.5, "Yes.", (Word("Yes.", 3.1, 3.5, 1.0, "SPEAKER_01", 1.0),)),
    ),
    speakers=("SPEAKER_00", "SPEAKER_01"),
    duration=4.00049,
    language="en",
    models={"vad": "marblenet", "words": "whisper-base"},
    warnings=("Quiet.",),
    channels=("SPEAKER_01", "", "SPEAKER_00"),
)


def test_without_anything_asked_there_is_plain_text() -> None:
    assert only(TALK, Wanted()) == {
        "transcript": "good morning anna yes",
        "confidence": 0.9,
        "words": [
            {"word": "good", "start": 0.5, "end": 0.8, "confidence": 0.9},
            {"word": "morning", "start": 0.8, "end": 1.2, "confidence": 0.8},
            {"word": "anna", "start": 2.5, "end": 3.0, "confidence": 0.0},
            {"word": "yes", "start": 3.1, "end": 3.5, "confidence": 1.0},
        ],
    }
    assert set(answer(TALK, Wanted())["results"]) == {"channels"}


def test_all_that_can_be_asked() -> None:
    made = answer(TALK, replace(ALL, tags=("a", "b"), extra={"case": "7"}))
    assert made["metadata"] == {
        "transaction_key": "deprecated",
        "request_id": "f0c1",
        "sha256": "ab" * 32,
        "created": "2026-09-21T14:13:20.500Z",
        "duration": 4.0,
        "channels": 1,
        "models": ["marblenet", "whisper-base"],
        "model_info": {
            "marblenet": {"name": "marblenet", "version": "", "arch": "vad"},
            "whisper-base": {"name": "whisper-base", "version": "", "arch": "words"},
        },
        "tags": ["a", "b"],
        "extra": {"case": "7"},
    }
    assert made["warnings"] == ["Quiet."]
    (channel,) = made["results"]["channels"]
    assert channel["detected_language"] == "en"
    assert channel["alternatives"][0]["transcript"] == "Good morning. Anna? Yes."
    assert channel["alternatives"][0]["paragraphs"] == {
        "transcript": "\nSpeaker 0: Good morning. Anna?\n\nSpeaker 1: Yes.",
        "paragraphs": [
            {
                "sentences": [
                    {"text": "Good morning.", "start": 0.5, "end": 1.2},
                    {"text": "Anna?", "start": 2.5, "end": 3.0},
                ],
                "speaker": 0,
                "num_words": 3,
                "start": 0.5,
                "end": 3.0,
            },
            {
                "sentences": [{"text": "Yes.", "start": 3.1, "end": 3.5}],
                "speaker": 1,
                "num_words": 1,
                "start": 3.1,
                "end": 3.5,
            },
        ],
    }
    found = [(row["transcript"], row["speaker"], row["channel"]) for row in made["results"]["utterances"]]
    assert found == [("Good morning.", 0, 0), ("Anna?", 0, 0), ("Yes.", 1, 0)]


def test_channels_count_their_speakers_by_themselves() -> None:
    made = answer(TALK, replace(ALL, channels=True))["results"]
    texts = [channel["alternatives"][0]["transcript"] for channel in made["channels"]]
    assert texts == ["Yes.", "", "Good morning. Anna?"]
    assert [(row["channel"], row["speaker"]) for row in made["utterances"]] == [(2, 0), (2, 0), (0, 0)]


def test_a_label_comes_only_where_the_speaker_changes() -> None:
    again = replace(TALK, segments=(*TALK.segments, Segment("SPEAKER_01", 9, 10, "Again.")))
    assert only(again)["paragraphs"]["transcript"].endswith("\n\nSpeaker 1: Yes.\n\nAgain.")
    plain = only(again, replace(ALL, speakers=False))["paragraphs"]
    assert plain["transcript"] == "\nGood morning. Anna?\n\nYes.\n\nAgain."
    assert "speaker" not in plain["paragraphs"][0]


def test_nothing_said_is_an_empty_transcript() -> None:
    made = answer(Conversation(duration=3.0))
    assert made["results"]["utterances"] == []
    assert only(Conversation()) == {
        "transcript": "",
        "confidence": 0.0,
        "words": [],
        "paragraphs": {"transcript": "", "paragraphs": []},
    }


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (400, "invalid_option", "Bad Request"),
        (401, "missing_key", "INVALID_AUTH"),
        (401, "invalid_key", "INVALID_AUTH"),
        (403, "missing_scope", "INSUFFICIENT_PERMISSIONS"),
        (413, "upload_too_large", "Payload Too Large"),
        (429, "rate_limited", "TOO_MANY_REQUESTS"),
        (503, "queue_full", "Service Unavailable"),
    ],
)
def test_a_refusal(status: int, code: str, told: str) -> None:
    refusal = Refusal(status, code, "It is so.", None, "f0c1")
    assert error(refusal) == {"err_code": told, "err_msg": "It is so.", "request_id": "f0c1"}
