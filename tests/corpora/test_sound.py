from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import soundfile

from corpora.levels import read_levels
from corpora.sound import check_rate, denoised, read_original
from errors import InvalidOption
from pipeline.types import Span
from tests.media import RATE, SAMPLE, limits


def read(sound):
    return soundfile.read(sound, dtype="float32")[0]


@pytest.mark.parametrize("rate", [22_050, 48_000])
def test_what_the_original_has_above_8_khz_is_kept(tmp_path, rate):
    time = np.arange(2 * 48_000) / 48_000
    soundfile.write(tmp_path / "a.flac", 0.3 * np.sin(2 * np.pi * 9_500 * time), 48_000)
    sound = read_original(tmp_path / "a.flac", tmp_path, limits(), rate)
    samples = read(sound.plain)
    assert soundfile.info(sound.plain).samplerate == rate
    assert len(samples) == pytest.approx(2 * rate, abs=2)
    assert np.abs(samples[rate // 2 : rate]).max() == pytest.approx(0.3, abs=0.02)
    assert (sound.source_rate, sound.warnings, sound.clean, sound.channels) == (48_000, (), sound.plain, sound.plain)


@pytest.mark.parametrize("other", [0.0, 0.2, -0.99])  # silence, another level, nearly the opposite
def test_what_one_channel_cut_off_is_counted(tmp_path, other):
    time = np.arange(3 * 44_100) / 44_100
    clipped = np.clip(3 * np.sin(2 * np.pi * 300 * time), -1, 1)
    clipped[: 2 * 44_100] *= 0.5
    soundfile.write(tmp_path / "a.wav", np.stack([other * clipped, clipped], axis=1), 44_100)
    sound = read_original(tmp_path / "a.wav", tmp_path, limits(), 22_050)
    levels = read_levels(sound.plain, sound.channels)
    assert read(sound.plain).ndim == 1
    assert levels.clipped(Span(0.1, 1.9)) == 0
    assert levels.clipped(Span(2.1, 2.9)) > 1_000


def test_a_recording_whose_channels_are_too_long_together_is_still_read(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.full((3 * 48_000, 6), 0.1), 48_000)
    few = replace(limits(), bytes=1_000_000)
    sound = read_original(tmp_path / "a.wav", tmp_path, few, 48_000)
    assert sound.channels == sound.plain
    assert sound.warnings == ("It is too long to look for samples at full scale in each of its channels.",)


def test_a_rate_that_adds_nothing_is_said(tmp_path):
    (warning,) = read_original(SAMPLE, tmp_path, limits(seconds=100), 22_050).warnings
    assert "16000 Hz" in warning


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
def test_denoising_moves_nothing(tmp_path, rate):
    samples = soundfile.read(SAMPLE, dtype="float32", stop=10 * RATE)[0]
    soundfile.write(tmp_path / "a.wav", samples, RATE)
    sound = denoised(read_original(tmp_path / "a.wav", tmp_path, limits(), rate), tmp_path, limits(), rate, -50.0)
    plain, clean = read(sound.plain), read(sound.clean)
    assert len(plain) == len(clean)
    lags = range(-rate // 20, rate // 20)
    middle = plain[rate : 9 * rate]
    likeness = [float(middle @ clean[rate + lag : 9 * rate + lag]) for lag in lags]
    assert abs(lags[int(np.argmax(likeness))]) <= rate / 4000


@pytest.mark.parametrize("noise", [0.003, 0.01, 0.03])
def test_denoising_takes_noise_out_of_pauses_and_leaves_speech(tmp_path, noise):
    samples = soundfile.read(SAMPLE, dtype="float32")[0]
    noisy = samples + np.random.default_rng(0).normal(0, noise, len(samples)).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", noisy, RATE, subtype="FLOAT")
    sound = read_original(tmp_path / "a.wav", tmp_path, limits(seconds=100), RATE)
    level = read_levels(sound.plain).noise
    assert level == pytest.approx(20 * np.log10(noise), abs=2)
    clean = read(denoised(sound, tmp_path, limits(seconds=100), RATE, level).clean)
    loudness = np.convolve(samples**2, np.ones(1600) / 1600, "same")
    silent, spoken = loudness < np.percentile(loudness, 10), loudness > np.percentile(loudness, 50)
    assert 20 * np.log10(clean[silent].std() / noisy[silent].std()) < -6
    assert ((clean - samples)[spoken] ** 2).mean() < 0.9 * ((noisy - samples)[spoken] ** 2).mean()


@pytest.mark.parametrize("rate", [0, 7_999, 192_001])
def test_rates_that_no_clip_needs_are_refused(rate):
    with pytest.raises(InvalidOption):
        check_rate(rate)
