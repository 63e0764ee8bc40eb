from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pictures import sound
from pictures.sound import FLOOR, HOP, WINDOW, WINDOWS, mel_spectrum, spectrum, waveform
from tests.media import RATE, tone
from tests.pictures.conftest import MakeWav


@pytest.mark.parametrize("hertz", [250, 1000, 6000])
@pytest.mark.parametrize(("level", "decibels"), [(1.0, 0.0), (0.5, -6.02), (0.01, -40.0)])
def test_a_tone_is_where_it_sounds_and_as_loud(make_wav: MakeWav, hertz: int, level: float, decibels: float) -> None:
    found = spectrum(make_wav(tone(2, hertz, level)), 100)
    inside = found.decibels[2:-2]
    assert {found.hertz[loudest] for loudest in inside.argmax(axis=1)} == {hertz}
    assert inside.max(axis=1) == pytest.approx(decibels, abs=0.1)


@pytest.mark.parametrize("hertz", [250, 1000, 6000])
def test_in_mel_too(make_wav: MakeWav, hertz: int) -> None:
    found = mel_spectrum(make_wav(tone(2, hertz)), 50)
    loudest = found.hertz[found.decibels[25].argmax()]
    assert loudest == pytest.approx(hertz, rel=0.1)


def test_a_window_is_what_librosa_makes_of_it(meeting: Path) -> None:
    import librosa

    samples = soundfile.read(meeting, dtype="float32", stop=RATE)[0]
    expected = np.abs(librosa.stft(samples, n_fft=WINDOW, hop_length=HOP, window="hann", pad_mode="constant")) ** 2
    with meeting.open("rb") as opened, soundfile.SoundFile(opened) as file:
        ours = sound._column(file, 50 * HOP - HOP // 2, 50 * HOP + HOP // 2)
    np.testing.assert_allclose(ours, expected[:, 50] * (2 / (WINDOW / 2)) ** 2, rtol=1e-3, atol=1e-12)


def test_the_mel_bands_are_librosas(meeting: Path) -> None:
    import librosa

    linear, ours = spectrum(meeting, 300), mel_spectrum(meeting, 300)
    bands = librosa.filters.mel(sr=RATE, n_fft=WINDOW, n_mels=80, norm=None)
    np.testing.assert_allclose(ours.decibels, 10 * np.log10(10 ** (linear.decibels / 10) @ bands.T), atol=0.01)


def test_silence_is_at_the_floor(make_wav: MakeWav) -> None:
    assert np.all(spectrum(make_wav(np.zeros(RATE, np.float32)), 10).decibels == FLOOR)


def test_all_channels_are_seen(make_wav: MakeWav) -> None:
    wav = make_wav(tone(1, 1000), tone(1, 3000))
    column = spectrum(wav, 10).decibels[5]
    assert {1000, 3000} == set(np.fft.rfftfreq(WINDOW, 1 / RATE)[np.argsort(column)[-2:]])
    opposite = make_wav(tone(1), -tone(1, level=0.25))
    wave = waveform(opposite, 10)
    assert (wave.low[5], wave.high[5]) == (pytest.approx(-0.5, abs=1e-3), pytest.approx(0.5, abs=1e-3))


@pytest.mark.parametrize("columns", [1, 7, 1000])
def test_the_waveform_has_every_sample(make_wav: MakeWav, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setattr(sound, "_BLOCK", 1000)  # columns lie across blocks, and blocks across columns
    wav = make_wav(np.random.default_rng(1).uniform(-1, 1, 23_457).astype(np.float32))
    samples = soundfile.read(wav)[0]
    edges = np.linspace(0, len(samples), columns + 1).astype(int)
    found = waveform(wav, columns)
    parts = [samples[a:b] for a, b in pairwise(edges)]
    np.testing.assert_array_equal(found.low, [part.min() for part in parts])
    np.testing.assert_array_equal(found.high, [part.max() for part in parts])
    assert found.duration == len(samples) / RATE


def test_a_click_in_an_hour_is_seen_and_a_long_tone_at_its_place(make_wav: MakeWav) -> None:
    samples = np.zeros(600 * RATE, np.float32)
    samples[250 * RATE] = 1.0
    samples[400 * RATE : 420 * RATE] = tone(20, 2000)
    wav = make_wav(samples)
    assert waveform(wav, 600).high.argmax() == 250
    found = spectrum(wav, 600)
    loud = np.flatnonzero(found.decibels.max(axis=1) > -10)
    assert (loud.min(), loud.max(), len(loud)) == (400, 419, 20)


def test_hours_take_no_more_windows_than_minutes(make_wav: MakeWav, monkeypatch: pytest.MonkeyPatch) -> None:
    wav = make_wav(np.zeros(900 * RATE, np.float32))
    read = list[int]()
    monkeypatch.setattr(sound, "_read", lambda file, start, count: read.append(count) or np.zeros((count, 1)))
    spectrum(wav, 50)
    assert len(read) == 50 * WINDOWS
    assert set(read) == {WINDOW}


@pytest.mark.parametrize("frames", [0, 1, 100, 1600])
def test_next_to_nothing(make_wav: MakeWav, frames: int) -> None:
    wav = make_wav(np.zeros(frames, np.float32))
    assert len(waveform(wav, 1000).low) == min(max(frames, 1), 1000)
    assert len(spectrum(wav, 1000).decibels) == max(frames // HOP, 1)


def test_a_recording_that_is_gone(tmp_path: Path) -> None:
    for look in (waveform, spectrum):
        with pytest.raises(FileNotFoundError):
            look(tmp_path / "audio.wav", 10)
