from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from benchmarks.staged import LOUDNESS, SETTINGS, Setting, clips_by_speaker, phrases, read_clip, stage
from pipeline.types import SAMPLE_RATE

QUIET = Setting("quiet", snr=60, echo=0.01, overlap=0)


def tone(seconds: float) -> np.ndarray:
    return (0.1 * np.sin(2 * np.pi * 220 * np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE)).astype(np.float32)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * SAMPLE_RATE), np.float32)


def test_clips_are_those_of_their_speaker(tmp_path: Path) -> None:
    for name in ("b-1", "a-2", "a-1"):
        soundfile.write(tmp_path / f"{name}.flac", tone(0.2), SAMPLE_RATE)
    found = clips_by_speaker(tmp_path)
    assert {name: [path.stem for path in paths] for name, paths in found.items()} == {"a": ["a-1", "a-2"], "b": ["b-1"]}
    assert len(read_clip(found["b"][0])) == round(0.2 * SAMPLE_RATE)
    soundfile.write(tmp_path / "c-1.flac", tone(0.2), 8000)
    with pytest.raises(ValueError, match="c-1"):
        read_clip(tmp_path / "c-1.flac")


def test_phrases_are_cut_at_pauses() -> None:
    clip = np.concatenate(
        [silence(0.3), tone(2), silence(0.6), tone(3), silence(0.1), tone(2), silence(0.5), tone(0.4)]
    )
    assert [round(len(phrase) / SAMPLE_RATE, 1) for phrase in phrases(clip)] == pytest.approx([2.1, 5.2], abs=0.15)
    assert [round(len(phrase) / SAMPLE_RATE, 1) for phrase in phrases(tone(9))] == [9.0]
    assert phrases(silence(3)) == []


def test_everybody_says_all_of_theirs_and_the_turns_tell_when() -> None:
    people = {"a": [tone(1), tone(2)], "b": [tone(1.5)] * 3}
    staged = stage(people, QUIET, np.random.default_rng(1))
    assert [turn.speaker for turn in staged.turns].count("b") == 3
    spoken = {name: sum(turn.end - turn.start for turn in staged.turns if turn.speaker == name) for name in people}
    assert spoken == {"a": pytest.approx(2.8), "b": pytest.approx(4.2)}
    assert all(one.end <= other.start for one, other in zip(staged.turns, staged.turns[1:], strict=False))
    for turn in staged.turns:
        inside = staged.samples[round(turn.start * SAMPLE_RATE) : round(turn.end * SAMPLE_RATE)]
        assert 0.4 * LOUDNESS < np.sqrt(np.square(inside).mean()) < 1.6 * LOUDNESS


def test_a_setting_sounds_as_it_says() -> None:
    people = {name: [tone(2)] * 10 for name in "abc"}
    noisy, quiet = (stage(people, one, np.random.default_rng(2)) for one in (SETTINGS[-1], QUIET))
    overlaps = sum(a.end > b.start for a, b in zip(noisy.turns, noisy.turns[1:], strict=False))
    assert overlaps >= 2
    ends = [staged.samples[-SAMPLE_RATE // 4 :] for staged in (noisy, quiet)]  # after the last word, and its echo
    noise, hush = (np.sqrt(np.square(end).mean()) for end in ends)
    assert noise == pytest.approx(LOUDNESS * 10 ** (-SETTINGS[-1].snr / 20), rel=0.5)
    assert hush < noise / 50


def test_the_same_seed_stages_the_same() -> None:
    people = {"a": [tone(1)] * 3, "b": [tone(1)] * 3}
    first, second, other = (stage(people, SETTINGS[1], np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first.samples, second.samples)
    assert not np.array_equal(first.samples, other.samples)
