from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import InvalidOption
from pipeline.known import Candidate, Identity
from pipeline.types import SAMPLE_RATE, Audio, Conversation, Options, Segment, Span, Turn, Word


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"num_speakers": 0}, "num_speakers"),
        ({"num_speakers": 51}, "num_speakers"),
        ({"min_speakers": -1}, "min_speakers"),
        ({"max_speakers": 0}, "max_speakers"),
        ({"max_speakers": 51}, "max_speakers"),
        ({"min_speakers": 4, "max_speakers": 3}, "min_speakers"),
        ({"num_speakers": 2, "min_speakers": 3}, "num_speakers"),
        ({"num_speakers": 4, "max_speakers": 3}, "num_speakers"),
        ({"language": "klingon"}, "language"),
        ({"language": "EN"}, "language"),
        ({"channels": "left"}, "channels"),
        ({"channels": "per_channel", "num_speakers": 2}, "channels"),
        ({"channels": "per_channel", "max_speakers": 9}, "channels"),
        ({"diarizer": "pyannote"}, "diarizer"),
        ({"diarizer": "Sortformer"}, "diarizer"),
        ({"diarizer": ""}, "diarizer"),
        ({"channels": "per_channel", "diarizer": "clustering"}, "diarizer"),
    ],
)
def test_a_wrong_option_is_named(asked: dict, field: str) -> None:
    with pytest.raises(InvalidOption) as caught:
        Options(**asked)
    assert caught.value.field == field


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"num_speakers": 1},
        {"num_speakers": 50},
        {"min_speakers": 3, "max_speakers": 3, "num_speakers": 3},
        {"min_speakers": 50},
        {"language": "haw", "channels": "per_channel"},
        {"channels": "per_channel", "diarizer": "auto"},
        {"num_speakers": 9, "diarizer": "nemotron"},
    ],
)
def test_right_options_cross_a_process_boundary(asked: dict) -> None:
    options = Options(**asked)
    assert Options(**json.loads(json.dumps(options.to_dict()))) == options


@pytest.mark.parametrize("kind", [Span, lambda *times: Turn("A", *times), lambda *times: Word("a", *times)])
@pytest.mark.parametrize("times", [(2.0, 1.0), (-0.1, 1.0), (0.0, float("nan")), (0.0, float("inf"))])
def test_nothing_ends_before_it_starts(kind, times: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="not an interval"):
        kind(*times)
    assert kind(1.0, 1.0).end == 1.0


times = st.tuples(st.floats(0, 1e5), st.floats(0, 1e5)).map(sorted)
names = st.text(max_size=5)
shares = st.none() | st.floats(0, 1)


@st.composite
def words(draw: st.DrawFn) -> Word:
    flags = draw(st.booleans()), draw(st.booleans())
    return Word(draw(names), *draw(times), draw(shares), draw(st.none() | names), draw(shares), *flags)


@st.composite
def segments(draw: st.DrawFn) -> Segment:
    return Segment(draw(names), *draw(times), draw(names), tuple(draw(st.lists(words(), max_size=3))))


@st.composite
def turns(draw: st.DrawFn) -> Turn:
    return Turn(draw(names), *draw(times))


candidates = st.builds(Candidate, names, st.floats(-1, 1))
reasons = st.sampled_from([None, "too_short", "taken"])
identities = st.builds(
    Identity, names, st.none() | names, st.none() | st.floats(-1, 1), st.none() | candidates, st.floats(0, 99), reasons
)
conversations = st.builds(
    Conversation,
    segments=st.lists(segments(), max_size=3).map(tuple),
    turns=st.lists(turns(), max_size=3).map(tuple),
    speakers=st.lists(names, max_size=3).map(tuple),
    duration=st.floats(0, 1e5),
    language=st.sampled_from([None, "en"]),
    models=st.dictionaries(names, names, max_size=2),
    timings=st.dictionaries(names, st.floats(0, 10), max_size=2),
    warnings=st.lists(names, max_size=2).map(tuple),
    channels=st.lists(names, max_size=2).map(tuple),
    identities=st.lists(identities, max_size=2).map(tuple),
)


@given(conversations)
def test_a_conversation_crosses_a_process_or_a_database_unchanged(conversation: Conversation) -> None:
    assert Conversation.from_dict(json.loads(json.dumps(conversation.to_dict()))) == conversation


def test_a_conversation_of_an_earlier_version_knows_no_channels_nor_identities() -> None:
    earlier = Conversation(duration=3.0).to_dict()
    del earlier["channels"], earlier["identities"]
    assert Conversation.from_dict(earlier) == Conversation(duration=3.0)


def test_audio_is_mono_float32_and_knows_its_time() -> None:
    audio = Audio(np.arange(SAMPLE_RATE, dtype=np.float32))
    assert audio.duration == 1.0
    assert audio.cut(0.25, 0.5).tolist() == list(range(4_000, 8_000))
    assert len(audio.cut(0.9, 2.0)) == 1_600
    assert len(audio.cut(3.0, 2.0)) == len(audio.cut(2.0, 3.0)) == 0
    for samples in (np.zeros((2, 10), np.float32), np.zeros(10), np.zeros(10, np.int16)):
        with pytest.raises(ValueError, match="float32"):
            Audio(samples)
