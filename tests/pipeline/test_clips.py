from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from errors import EmptyAudio
from pipeline.clips import MAX_SECONDS, cut, export
from pipeline.types import Span
from tests.media import RATE, tone, write_wav


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    """5 s: 440 Hz in the first channel, 880 Hz in the second, the last second silent."""
    sound = np.stack([tone(5.0, 440.0, level=0.25), tone(5.0, 880.0, level=0.1)])
    sound[:, 4 * RATE :] = 0
    return write_wav(tmp_path / "audio.wav", sound)


def pitch(samples: np.ndarray) -> float:
    return float(np.fft.rfftfreq(len(samples), 1 / RATE)[np.abs(np.fft.rfft(samples)).argmax()])


def test_spans_are_joined_faded_and_made_loud(wav: Path, tmp_path: Path) -> None:
    seconds = export(wav, [Span(0.5, 1.0), Span(2.0, 3.25)], tmp_path / "clip.wav", channel=0)
    samples, rate = soundfile.read(tmp_path / "clip.wav")
    assert (seconds, rate, samples.shape) == (1.75, RATE, (28_000,))
    assert pitch(samples) == pytest.approx(440, abs=1)
    assert np.abs(samples).max() == pytest.approx(10 ** (-1 / 20), abs=0.01)
    for edge in (0, 8_000, 28_000):
        assert np.abs(samples[max(0, edge - 4) : edge + 4]).max() < 0.05


def test_a_channel_of_its_own_or_all(wav: Path) -> None:
    other = cut(wav, [Span(0.0, 1.0)], channel=1)
    assert pitch(np.array(other.get_array_of_samples())) == pytest.approx(880, abs=1)
    assert cut(wav, [Span(0.0, 1.0)]).channels == 2


def test_a_clip_ends_with_the_recording_and_at_the_cap(wav: Path, tmp_path: Path) -> None:
    assert cut(wav, [Span(3.0, 100.0)]).duration_seconds == 2.0
    assert cut(wav, [Span(0.0, 5.0)] * 20).duration_seconds == MAX_SECONDS
    with pytest.raises(EmptyAudio):
        export(wav, [Span(6.0, 7.0)], tmp_path / "clip.wav")
    with pytest.raises(EmptyAudio):
        cut(wav, [])
    assert not (tmp_path / "clip.wav").exists()


def test_silence_stays_silent(wav: Path) -> None:
    assert cut(wav, [Span(4.2, 4.8)]).max == 0
