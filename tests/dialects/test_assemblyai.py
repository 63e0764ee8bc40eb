"""AssemblyAI has whole milliseconds and letters, whatever was said."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from typing import Any

import pysubs2
import pytest
import webvtt
from assemblyai import types as aai
from hypothesis import given
from hypothesis import strategies as st

from dialects.assemblyai import (
    Wanted,
    captions,
    error,
    matches,
    paragraph_list,
    sentence_list,
    transcript,
)
from dialects.refusal import Refusal
from dialects.wording import passages, plain
from formats.folding import fold
from pipeline.types import Conversation, Segment, Word
from tests.dialects.conversations import conversations

LABELS = Wanted(speaker_labels=True)
wanteds = st.builds(Wanted, *[st.booleans()] * 4)


def said(conversation: Conversation) -> list[Word]:
    return [word for segment in passages(conversation) for word in segment.words]


@given(conversations(), wanteds)
def test_its_own_client_reads_every_answer(conversation: Conversation, wanted: Wanted) -> None:
    def sent(made: dict[str, Any]) -> dict[str, Any]:
        return json.loads(json.dumps(made, allow_nan=False))

    done = {"id": "1", "status": "completed", "audio_url": "http://a/b"}
    aai.TranscriptResponse(**done | sent(transcript(conversation, wanted)))
    aai.SentencesResponse(**sent(sentence_list(conversation, wanted)))
    aai.ParagraphsResponse(**sent(paragraph_list(conversation, wanted)))
    aai.WordSearchMatchResponse(**sent(matches(conversation, ["Hello", "I'm a"])))


@given(conversations(), wanteds)
def test_each_word_is_there_once_in_whole_milliseconds(conversation: Conversation, wanted: Wanted) -> None:
    words, rows = said(conversation), transcript(conversation, wanted)["words"]
    for row, word in zip(rows, words, strict=True):
        assert type(row["start"]) is type(row["end"]) is int
        assert (row["start"], row["end"]) == pytest.approx((1000 * word.start, 1000 * word.end), abs=0.51)
        assert row["text"] == plain(word.text, wanted.punctuate, wanted.format_text)
        assert type(row["confidence"]) is float


@given(conversations())
def test_each_speaker_has_one_label_a_letter_or_a_name(conversation: Conversation) -> None:
    rows = transcript(conversation, LABELS)["words"]
    pairs = {(word.speaker, row["speaker"]) for word, row in zip(said(conversation), rows, strict=True)}
    assert len({speaker for speaker, _ in pairs}) == len({label for _, label in pairs}) == len(pairs)
    for speaker, label in pairs:
        assert re.fullmatch("[A-Z]+", label) if str(speaker).startswith("SPEAKER_") else label == speaker


@given(conversations(), wanteds)
def test_every_part_has_the_same_words(conversation: Conversation, wanted: Wanted) -> None:
    whole = transcript(conversation, wanted)
    lists = [
        sentence_list(conversation, wanted)["sentences"],
        paragraph_list(conversation, wanted)["paragraphs"],
        whole["utterances"],
    ]
    assert (whole["utterances"] is None) == (not wanted.speaker_labels and not wanted.multichannel)
    for rows in filter(None, lists):
        assert [word for row in rows for word in row["words"]] == whole["words"]
        assert all({(word["speaker"], word["channel"]) for word in row["words"]} == {(row["speaker"], row["channel"])}
                   for row in rows)  # fmt: skip


@given(conversations())
def test_each_word_names_its_channel(conversation: Conversation) -> None:
    made = transcript(conversation, Wanted(multichannel=True))
    assert made["audio_channels"] == len(conversation.channels)
    for row, word in zip(made["words"], said(conversation), strict=True):
        assert conversation.channels[int(row["channel"]) - 1] == word.speaker
        assert row["speaker"] == row["channel"]


@given(conversations(), st.none() | st.integers(1, 200))
def test_captions_can_be_read_and_are_no_wider_than_asked(conversation: Conversation, columns: int | None) -> None:
    srt, vtt = (captions(conversation, kind, columns) for kind in ("srt", "vtt"))
    assert "<v" not in vtt
    assert "SPEAKER_" not in srt + vtt
    found = pysubs2.SSAFile.from_string(srt, format_="srt") if srt else []
    assert len(found) == len(webvtt.from_string(vtt))
    widest = columns or 84
    single = {fold(word.text) for word in said(conversation)}
    for caption in webvtt.from_string(vtt):
        text = html.unescape(caption.text)
        assert len(text) <= widest or len(text.split()) == 1 or fold(text) in single


TALK = Conversation(
    segments=(
        Segment(
            "SPEAKER_00",
            0.5,
            3.0,
            "Good morning. Anna?",
            (
                Word("Good", 0.5, 0.8004, 0.9, "SPEAKER_00"),
                Word("morning.", 0.8006, 1.2, 0.8, "SPEAKER_00"),
                Word("Anna?", 2.5, 3.0, None, "SPEAKER_00"),
            ),
        ),
        Segment("SPEAKER_01", 3.1, 3.5, "Good. Morning!", (
            Word("Good.", 3.1, 3.3, 1.0, "SPEAKER_01"), Word("Morning!", 3.3, 3.5, 1.0, "SPEAKER_01")
        )),
    ),
    speakers=("SPEAKER_00", "SPEAKER_01"),
    duration=4.6,
    language="en",
    language_confidence=0.75,
    models={"vad": "marblenet", "words": "whisper-base"},
    warnings=("Quiet.",),
    channels=("SPEAKER_01", "", "SPEAKER_00"),
)  # fmt: skip


def test_a_transcript() -> None:
    made = transcript(TALK, LABELS)
    words = made.pop("words")
    assert words[1] == {
        "text": "morning.",
        "start": 801,
        "end": 1200,
        "confidence": 0.8,
        "speaker": "A",
        "channel": None,
    }
    utterances = made.pop("utterances")
    assert utterances[1] == {
        "text": "Good. Morning!",
        "start": 3100,
        "end": 3500,
        "confidence": 1.0,
        "speaker": "B",
        "channel": None,
        "words": words[3:],
    }
    assert made == {
        "text": "Good morning. Anna? Good. Morning!",
        "confidence": 0.925,
        "audio_duration": 5,
        "audio_channels": None,
        "language_code": "en",
        "language_confidence": 0.75,
        "speech_model_used": "marblenet, whisper-base",
        "metadata": {"warnings": [{"message": "Quiet."}]},
    }


def test_text_without_punctuation_or_capitals() -> None:
    assert transcript(TALK, Wanted(punctuate=False))["text"] == "Good morning Anna Good Morning"
    assert transcript(TALK, Wanted(format_text=False))["text"] == "good morning. anna? good. morning!"
    # Sentences end where they ended, also where nobody wants to see it.
    found = sentence_list(TALK, Wanted(punctuate=False))["sentences"]
    assert [row["text"] for row in found] == ["Good morning", "Anna", "Good", "Morning"]


def test_speakers_and_channels_together() -> None:
    made = transcript(TALK, Wanted(speaker_labels=True, multichannel=True))
    assert [(row["speaker"], row["channel"]) for row in made["utterances"]] == [("A", "3"), ("B", "1")]
    assert {row["speaker"] for row in transcript(TALK, Wanted())["words"]} == {None}


def test_letters_go_on_beyond_z_and_leave_out_those_that_are_names() -> None:
    names = ("B", *(f"SPEAKER_{index:02d}" for index in range(27)))
    crowd = Conversation(tuple(Segment(name, i, i + 1, "Hm.") for i, name in enumerate(names)), speakers=names)
    labels = [row["speaker"] for row in transcript(crowd, LABELS)["words"]]
    assert labels[:4] == ["B", "A", "C", "D"]
    assert labels[25:] == ["Z", "AA", "AB"]


def test_words_and_phrases_are_found_where_they_are_said() -> None:
    assert matches(TALK, ["good MORNING", "anna", "nobody", "anna"]) == {
        "total_count": 3,
        "matches": [
            {"text": "good MORNING", "count": 2, "timestamps": [[500, 1200], [3100, 3500]], "indexes": [0, 3]},
            {"text": "anna", "count": 1, "timestamps": [[2500, 3000]], "indexes": [2]},
        ],
    }
    assert matches(TALK, [""]) == {"total_count": 0, "matches": []}


def test_captions_without_names() -> None:
    assert captions(TALK, "srt").startswith("1\n00:00:00,500 --> 00:00:03,000\nGood morning. Anna?\n\n2\n")
    assert captions(TALK, "vtt", 13).startswith(
        "WEBVTT\n\n00:00:00.500 --> 00:00:01.200\nGood morning.\n\n00:00:02.500 --> 00:00:03.000\nAnna?\n\n"
    )


def test_nothing_said() -> None:
    made = transcript(replace(TALK, segments=()), LABELS)
    assert (made["text"], made["words"], made["utterances"], made["confidence"]) == ("", [], [], None)
    assert sentence_list(Conversation(), LABELS)["confidence"] == 0.0


def test_a_refusal_is_a_sentence() -> None:
    assert error(Refusal(400, "invalid_option", "It is so.", "audio_url")) == {"error": "It is so."}
