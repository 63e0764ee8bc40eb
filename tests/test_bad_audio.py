"""What bad input gets: the right error, with nothing left behind and no path in its message."""

from __future__ import annotations

import itertools
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import audio_utils
from audio_utils import WAV, normalise
from errors import (
    AudioTooLong,
    DiarizationError,
    EmptyAudio,
    MediaToolError,
    MissingAudio,
    TruncatedAudio,
    UnsupportedMedia,
)
from pipeline.types import SAMPLE_RATE
from tests.media import SAMPLE, VIDEO, cut_off, ffmpeg, limits, pcm, sample, tone, video, wav_bytes, write_wav


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A job's own folder."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def refusal(source: Path, work: Path, **changes: float) -> DiarizationError:
    """The error that a file gets, with nothing left in the job's folder and no path in the message."""
    with pytest.raises(DiarizationError) as caught:
        normalise(source, work, limits(**changes))
    assert os.listdir(work) == []
    assert str(source.parent) not in caught.value.message
    assert source.name not in caught.value.message
    return caught.value


TRUNCATED = ["wav", "flac", "aiff", "au", "mp3", "m4a", "mka", "webm", "wv", "tta"]


@pytest.mark.parametrize(("form", "share"), itertools.product(TRUNCATED, [0.6, 0.9]))
def test_a_file_that_breaks_off_is_refused(tmp_path: Path, work: Path, form: str, share: float) -> None:
    error = refusal(cut_off(sample(tmp_path / f"a.{form}", seconds=6.0), share), work)
    assert isinstance(error, TruncatedAudio)
    assert "not complete" in error.message


@pytest.mark.parametrize("form", ["mp4", "faststart.mp4", "mkv", "avi", "flv"])
def test_a_video_that_breaks_off_is_refused(tmp_path: Path, work: Path, form: str) -> None:
    path = video(tmp_path / f"v.{form}", *VIDEO.get(form, ()), sound=6.0, picture=8.0)
    assert isinstance(refusal(cut_off(path, 0.6), work), TruncatedAudio)


@pytest.mark.parametrize("left", [96, 0])
def test_a_wav_with_3_ms_or_nothing_left_is_cut_off_not_empty(tmp_path: Path, work: Path, left: int) -> None:
    (tmp_path / "a.wav").write_bytes(wav_bytes(bytes(left), data=320_000))
    assert isinstance(refusal(tmp_path / "a.wav", work), TruncatedAudio)


SECOND = pcm(tone())
LIES: dict[str, tuple[bytes, type[DiarizationError]]] = {
    "ten times the data": (wav_bytes(SECOND, data=320_000), TruncatedAudio),
    "hours of data": (wav_bytes(SECOND, data=0x70000000), TruncatedAudio),
    "0 Hz": (wav_bytes(SECOND, rate=0), UnsupportedMedia),
    "1 Hz": (wav_bytes(SECOND, rate=1), AudioTooLong),
    "4 GHz": (wav_bytes(SECOND, rate=0xFFFFFFFF), UnsupportedMedia),
    "no channel": (wav_bytes(SECOND, channels=0), UnsupportedMedia),
    "255 channels": (wav_bytes(SECOND, channels=255), UnsupportedMedia),
    "65535 channels": (wav_bytes(SECOND, channels=65535), UnsupportedMedia),
    "0 bits": (wav_bytes(SECOND, bits=0), UnsupportedMedia),
    "no samples": (wav_bytes(b""), EmptyAudio),
    "half a sample": (wav_bytes(b"x"), EmptyAudio),
    "1 sample": (wav_bytes(SECOND[:2]), EmptyAudio),
    "50 ms": (wav_bytes(SECOND[:1600]), EmptyAudio),
    "less data than there is": (wav_bytes(SECOND, data=1000), EmptyAudio),
    "nothing after RIFF": (b"RIFF\x24\0\0\0WAVE", UnsupportedMedia),
    "text": (b"This is no recording at all.\n" * 100, UnsupportedMedia),
    "one byte": (b"x", UnsupportedMedia),
    "zeros": (bytes(100_000), UnsupportedMedia),
    "noise": (np.random.default_rng(3).bytes(200_000), UnsupportedMedia),
    "an archive": (b"PK\x03\x04" + bytes(1000), UnsupportedMedia),
    "a program": (b"\x7fELF" + bytes(1000), UnsupportedMedia),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_header_is_not_believed(tmp_path: Path, work: Path, lie: str) -> None:
    content, kind = LIES[lie]
    (tmp_path / "recording.wav").write_bytes(content)
    assert type(refusal(tmp_path / "recording.wav", work)) is kind


@pytest.mark.parametrize("form", ["png", "jpg", "gif", "bmp", "webp", "svg", "mp4"])
def test_a_picture_is_not_a_recording(tmp_path: Path, work: Path, form: str) -> None:
    path = tmp_path / f"a.{form}"
    if form == "svg":
        path.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    else:
        ffmpeg("-f", "lavfi", "-i", "testsrc=s=64x64:d=1", *(("-frames:v", "1") if form != "mp4" else ()), path)
    assert isinstance(refusal(path.rename(tmp_path / "recording.wav"), work), UnsupportedMedia)


@pytest.mark.parametrize("name", ["absent.wav", "x" * 4096, "a\0b", ".", "empty.wav"])
def test_no_file_or_an_empty_one(tmp_path: Path, work: Path, name: str) -> None:
    (tmp_path / "empty.wav").touch()
    with pytest.raises(MissingAudio):
        normalise(tmp_path / name, work, limits())
    assert os.listdir(work) == []


def test_damage_is_refused_or_survived_but_never_crashes(tmp_path: Path, work: Path) -> None:
    random = np.random.default_rng(11)
    for form in ("wav", "flac", "mp3", "m4a", "webm"):
        whole = np.frombuffer(sample(tmp_path / f"a.{form}").read_bytes(), np.uint8)
        for _ in range(4):
            damaged = whole.copy()
            damaged[random.integers(0, len(whole), 40)] = random.integers(0, 256, 40)
            damaged[random.integers(0, 200, 4)] = random.integers(0, 256, 4)
            (tmp_path / "damaged").write_bytes(damaged.tobytes())
            try:
                found = normalise(tmp_path / "damaged", work, limits())
                assert 0.1 <= found.duration <= 60
            except (UnsupportedMedia, TruncatedAudio, EmptyAudio, AudioTooLong):
                assert os.listdir(work) == []


def sizes_seen(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How large each decoded file was when decoding ended."""
    sizes: list[int] = []
    run = audio_utils.run_ffmpeg

    def watch(arguments: list[str], folder: Path, *rest):
        done = run(arguments, folder, *rest)
        sizes.append((folder / WAV).stat().st_size)
        return done

    monkeypatch.setattr(audio_utils, "run_ffmpeg", watch)
    return sizes


def test_too_long_by_its_header_is_refused_before_it_is_decoded(tmp_path: Path, work: Path, monkeypatch) -> None:
    ffmpeg("-f", "lavfi", "-i", "anullsrc=r=16000:cl=mono:d=900", tmp_path / "bomb.flac")
    sizes = sizes_seen(monkeypatch)
    error = refusal(tmp_path / "bomb.flac", work)
    assert isinstance(error, AudioTooLong)
    assert "1 minutes" in error.message
    assert sizes == []


@pytest.mark.parametrize("muxer", ["flac", "adts", "webm"])
def test_a_bomb_without_a_length_stops_at_the_cap(tmp_path: Path, work: Path, monkeypatch, muxer: str) -> None:
    content = ffmpeg("-f", "lavfi", "-i", "anullsrc=r=16000:cl=mono:d=600", "-f", muxer, "-")
    (tmp_path / "bomb").write_bytes(content)
    sizes = sizes_seen(monkeypatch)
    assert isinstance(refusal(tmp_path / "bomb", work, seconds=5.0), AudioTooLong)
    assert 5 * 32_000 < sizes[0] < 6.1 * 32_000


def test_many_long_channels_stop_at_the_size(tmp_path: Path, work: Path, monkeypatch) -> None:
    path = write_wav(tmp_path / "a.wav", np.zeros((8, 3 * SAMPLE_RATE)))
    small = replace(limits(), bytes=400_000)
    assert normalise(path, work, small).channels == 1
    (work / WAV).unlink()
    with pytest.raises(AudioTooLong, match="8 channels"):
        normalise(path, work, small, "per_channel")
    (tmp_path / "b.flac").write_bytes(ffmpeg("-i", path, "-f", "flac", "-"))
    sizes = sizes_seen(monkeypatch)
    with pytest.raises(AudioTooLong, match="8 channels"):
        normalise(tmp_path / "b.flac", work, small, "per_channel")
    assert sizes[0] < small.bytes + 2**18
    assert os.listdir(work) == []


def test_exactly_the_limit_is_allowed(tmp_path: Path, work: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone(2.0)[None])
    assert normalise(path, work, limits(seconds=2.0)).duration == 2.0
    (work / WAV).unlink()
    assert isinstance(refusal(path, work, seconds=1.9), AudioTooLong)


def test_a_file_that_takes_too_long_is_given_up(tmp_path: Path, work: Path) -> None:
    assert isinstance(refusal(sample(tmp_path / "a.mp3"), work, timeout=0.001), UnsupportedMedia)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_the_servers_fault_and_leaves_nothing(tmp_path: Path, work: Path) -> None:
    path = sample(tmp_path / "a.wav", seconds=10.0)
    (work / WAV).symlink_to("/dev/full")
    error = refusal(path, work)
    assert isinstance(error, MediaToolError)
    assert "disk" in error.message


def test_an_ffmpeg_that_dies_is_the_servers_fault(tmp_path: Path, work: Path) -> None:
    script = tmp_path / "ffmpeg"
    script.write_text("#!/bin/sh\nkill -KILL $$\n")
    script.chmod(0o755)
    with pytest.raises(MediaToolError):
        normalise(SAMPLE, work, replace(limits(), ffmpeg=str(script)))
    assert os.listdir(work) == []
