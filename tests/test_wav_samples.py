from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile

import wav_samples
from pipeline.types import SAMPLE_RATE, Audio
from wav_samples import WavSamples


@pytest.fixture
def sound() -> np.ndarray:
    """Two channels of what 16 bits can hold: float32 (n, 2)."""
    numbers = np.random.default_rng(0).integers(-(2**15), 2**15, (3 * SAMPLE_RATE, 2))
    return (numbers / 2**15).astype(np.float32)


@pytest.fixture
def wav(sound: np.ndarray, tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "audio.wav", sound, SAMPLE_RATE, subtype="PCM_16")
    return tmp_path / "audio.wav"


@pytest.mark.parametrize("channel", [0, 1])
def test_slices_are_those_of_the_whole(
    wav: Path, sound: np.ndarray, channel: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wav_samples, "_BLOCK", 1_000)
    samples, whole = WavSamples(wav, channel), sound[:, channel]
    assert (len(samples), samples.shape, samples.ndim, samples.dtype) == (len(whole), whole.shape, 1, whole.dtype)
    ends = (None, None), (5, 9), (7, 7), (9, 5), (-4, None), (40_000, 10**9), (0, 999)
    for key in (slice(*end) for end in ends):
        assert np.array_equal(samples[key], whole[key])
        assert samples[key].flags.c_contiguous
    assert np.array_equal(np.asarray(samples), whole)
    assert np.asarray(samples, np.float64).dtype == np.float64


def test_a_recording_is_made_of_them(wav: Path, sound: np.ndarray) -> None:
    audio = Audio(WavSamples(wav, 1))
    assert audio.duration == 3.0
    assert np.array_equal(audio.cut(1.0, 1.5), sound[SAMPLE_RATE : SAMPLE_RATE * 3 // 2, 1])
    wav.unlink()
    assert np.array_equal(audio.cut(2.9, 9.9), sound[round(2.9 * SAMPLE_RATE) :, 1])


def test_threads_do_not_get_each_others_samples(wav: Path, sound: np.ndarray) -> None:
    samples = WavSamples(wav)
    starts = [int(start) for start in np.random.default_rng(1).integers(0, len(sound) - 500, 2_000)]
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(lambda start: samples[start : start + 500], starts))
    assert all(np.array_equal(part, sound[start : start + 500, 0]) for part, start in zip(parts, starts, strict=True))


def test_they_do_not_come_otherwise(wav: Path) -> None:
    with pytest.raises(IndexError, match="in a row"):
        WavSamples(wav)[::2]
    with pytest.raises(ValueError, match="copy"):
        np.asarray(WavSamples(wav), copy=False)
