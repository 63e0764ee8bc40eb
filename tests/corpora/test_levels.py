from __future__ import annotations

import numpy as np
import pytest
import soundfile

from corpora.levels import PAUSE, STEP, read_levels
from pipeline.types import Span


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100])
def test_levels_are_those_of_the_sound_at_any_rate(tmp_path, rate):
    samples = np.concatenate([np.full(rate, 0.1), np.zeros(rate), np.full(rate // 2, 0.01)])
    soundfile.write(tmp_path / "a.wav", samples, rate, subtype="FLOAT")
    levels = read_levels(tmp_path / "a.wav")
    assert levels.duration == pytest.approx(2.5, abs=STEP)
    assert levels.part(Span(0.1, 0.9)) == pytest.approx(-20, abs=0.01)
    assert levels.part(Span(1.1, 1.9)) == pytest.approx(-100)
    assert levels.part(Span(2.1, 2.4)) == pytest.approx(-40, abs=0.01)


def test_a_long_recording_is_read_in_blocks_without_a_seam(tmp_path):
    rate = 8_000
    time = np.arange(130 * rate) / rate
    soundfile.write(tmp_path / "a.wav", 0.1 * np.sign(np.sin(time)), rate, subtype="FLOAT")
    levels = read_levels(tmp_path / "a.wav")
    assert len(levels.decibels) == 13_000
    assert levels.part(Span(59.5, 60.5)) == pytest.approx(-20, abs=0.01)


@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_pauses_are_found_between_bursts_in_a_noisy_room_too(talk, tmp_path, noise):
    made = talk([("A", "a", 0.5, 1.0), ("A", "b", 1.3, 2.0), ("A", "c", 2.05, 2.5)], 3.0)
    room = np.random.default_rng(1).normal(0, noise, len(made.samples))
    soundfile.write(tmp_path / "a.wav", made.samples + room, made.rate, subtype="FLOAT")
    levels = read_levels(tmp_path / "a.wav")
    found = levels.pauses(0.0, 3.0, levels.quiet_below(Span(0.5, 2.5)))
    assert [(round(span.start, 1), round(span.end, 1)) for span in found] == [(0.0, 0.5), (1.0, 1.3), (2.5, 3.0)]
    assert all(span.duration >= PAUSE for span in found)


def test_the_quietest_moment_and_samples_at_full_scale(tmp_path):
    samples = np.full(16_000, 0.5)
    samples[8_000:8_800] = 0.1
    samples[100:104] = 1.2
    soundfile.write(tmp_path / "a.wav", samples, 16_000, subtype="FLOAT")
    levels = read_levels(tmp_path / "a.wav")
    moment, decibels = levels.quietest(0.2, 0.9)
    assert 0.5 < moment < 0.55
    assert decibels == pytest.approx(-20, abs=0.1)
    assert levels.clipped(Span(0.0, 0.5)) == 4
    assert levels.clipped(Span(0.5, 1.0)) == 0


def test_a_recording_without_samples_has_no_levels(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(0), 16_000)
    levels = read_levels(tmp_path / "a.wav")
    assert levels.duration == 0
    assert levels.pauses(0, 1, 0) == []
    assert levels.quiet_below(Span(0, 1)) == -100
