from __future__ import annotations

import errno
import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from jobs import peaks
from jobs.peaks import FILE, STEP, peaks_of
from tests.media import RATE, write_wav


def noise(path: Path, seconds: float, channels: int = 1) -> tuple[Path, np.ndarray]:
    """A WAV and its samples (channels, n), which grow louder."""
    count = round(seconds * RATE)
    samples = np.random.default_rng(0).uniform(-1, 1, (channels, count)) * np.linspace(0, 1, count)
    wav = write_wav(path / "audio.wav", samples.astype(np.float32))
    return wav, soundfile.read(wav, always_2d=True)[0].T


def largest(samples: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """samples (n,) -> the largest of each bin; edges: in samples."""
    return np.array([np.abs(samples[a:b]).max() for a, b in pairwise(edges)])


@pytest.mark.parametrize("count", [1, 7, 1999, 20_000])
def test_of_a_short_recording_by_its_samples(tmp_path: Path, count: int) -> None:
    wav, samples = noise(tmp_path, 2.345)
    found = peaks_of(wav, max(count, 235))
    edges = np.linspace(0, samples.shape[1], max(count, 235) + 1).astype(int)
    assert found.duration == pytest.approx(2.345)
    np.testing.assert_allclose(found.channels[0], largest(samples[0], edges), atol=6e-4)


def test_of_a_long_one_in_steps_of_10_ms(tmp_path: Path) -> None:
    wav, samples = noise(tmp_path, 100.003, channels=2)
    found = peaks_of(wav, 1000)
    for channel, expected in zip(found.channels, samples, strict=True):
        steps = largest(expected, np.append(np.arange(0, len(expected), STEP), len(expected)))
        edges = np.linspace(0, len(steps), 1001).astype(int)
        np.testing.assert_allclose(channel, largest(steps, edges), atol=6e-4)


def test_the_loudest_that_16_bits_can_be(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "audio.wav", np.full(1600, -32768, np.int16), RATE, subtype="PCM_16")
    assert peaks_of(tmp_path / "audio.wav", 2).channels == ((1.0, 1.0),)


def test_fewer_samples_than_bins(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "audio.wav", np.full(3, 16384, np.int16), RATE, subtype="PCM_16")
    assert peaks_of(tmp_path / "audio.wav", 2000).channels == ((0.5, 0.5, 0.5),)


def test_no_sound_at_all(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "audio.wav", np.zeros((0, 2), np.int16), RATE, subtype="PCM_16")
    assert peaks_of(tmp_path / "audio.wav", 2000).channels == ((), ())


def test_what_was_read_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wav, _ = noise(tmp_path, 30)
    first = peaks_of(wav, 500)
    monkeypatch.setattr(peaks, "_listen", lambda sound: pytest.fail("read again"))
    assert peaks_of(wav, 500) == first
    assert len(peaks_of(wav, 50).channels[0]) == 50


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY\x01\x00", b"x" * 200])
def test_a_file_that_a_power_cut_has_left_is_made_anew(tmp_path: Path, content: bytes) -> None:
    wav, _ = noise(tmp_path, 30)
    first = peaks_of(wav, 500)
    (tmp_path / FILE).write_bytes(content)
    assert peaks_of(wav, 500) == first
    assert len((tmp_path / FILE).read_bytes()) > 1000


def test_a_full_disk_takes_no_peaks_from_anybody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wav, _ = noise(tmp_path, 30)

    def fail(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(np, "save", fail)
        first = peaks_of(wav, 500)
    assert [path.name for path in tmp_path.iterdir()] == ["audio.wav"]
    assert peaks_of(wav, 500) == first


def test_many_channels_take_no_more_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wav, _ = noise(tmp_path, 30, channels=16)
    monkeypatch.setattr(peaks, "_samples", lambda sound: pytest.fail("all at once"))
    found = peaks_of(wav, 20_000)
    assert {len(channel) for channel in found.channels} == {3000}


def test_a_recording_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        peaks_of(tmp_path / "audio.wav", 10)
