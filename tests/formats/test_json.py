from __future__ import annotations

import json
from dataclasses import replace

from formats import FORMATS
from formats.json import from_dict, render, to_dict
from pipeline.known import Candidate, Identity
from pipeline.types import Conversation


def test_the_conversation_has_the_shape_that_clients_rely_on(talk):
    assert json.loads(render(talk))["conversation"] == [
        {"speaker": "SPEAKER_00", "start_time": 3.25, "end_time": 4.0, "text": "Shall we start?"},
        {"speaker": "SPEAKER_01", "start_time": 3.9, "end_time": 5.0, "text": "Yes & <no> --> maybe"},
        {"speaker": "SPEAKER_00", "start_time": 3725.5, "end_time": 3727.0, "text": "Über\nuns"},
    ]


def test_what_comes_beside_it(talk):
    data = json.loads(render(talk))
    assert {key: value for key, value in data.items() if key not in ("conversation", "turns")} == {
        "language": "en",
        "duration": 3730.0,
        "speakers": ["SPEAKER_00", "SPEAKER_01"],
        "models": {"words": "whisper-base"},
        "timings": {"words": 1.235},
        "warnings": ["Quiet."],
        "identities": [],
    }
    assert data["turns"][0] == {"speaker": "SPEAKER_01", "start_time": 3.8, "end_time": 5.0}


def test_words_only_when_asked_for_and_then_with_every_key(talk):
    assert "words" not in to_dict(talk)["conversation"][0]
    words = [word for row in to_dict(talk, words=True)["conversation"] for word in row["words"]]
    assert words[0] == {
        "text": "Shall",
        "start_time": 3.25,
        "end_time": 3.5,
        "speaker": "SPEAKER_00",
        "confidence": 0.9877,
        "speaker_confidence": 1.0,
        "overlap": False,
        "interpolated": False,
    }
    assert [word["interpolated"] for word in words] == [False, True, False]
    assert [word["overlap"] for word in words] == [False, False, True]
    assert words[1]["confidence"] is None


def test_what_was_read_back_is_written_the_same_in_every_format(talk):
    talk = replace(talk, identities=(Identity("SPEAKER_00", None, 0.25, Candidate("Anna", 0.2), 3.5, "too_close"),))
    again = from_dict(json.loads(render(talk, words=True)))
    for written in FORMATS.values():
        assert written.render(again, words=True) == written.render(talk, words=True)
    assert not from_dict(to_dict(talk)).segments[0].words


def test_letters_are_written_as_letters(talk):
    assert "Über" in render(talk)


def test_an_empty_conversation_has_every_key():
    data = json.loads(render(Conversation(duration=2.0)))
    assert data["conversation"] == data["speakers"] == data["turns"] == []
    assert data["language"] is None
    assert data["duration"] == 2.0
