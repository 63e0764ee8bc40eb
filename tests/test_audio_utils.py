from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audio_utils import WAV, ffmpeg_version, job_folder, load_audio, normalise, read_audio
from errors import MediaToolError, UnsupportedMedia
from jobs.folders import JobFolders
from pipeline.types import SAMPLE_RATE, Audio
from settings import ROOT, load_settings
from tests.media import VIDEO, can_encode, ffmpeg, limits, pcm, sample, tone, video, wav_bytes, write_wav


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A job's own folder."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def loudness(audio: Audio) -> np.ndarray:
    """RMS of every 0.2 s; some encoders delay the sound by up to 45 ms."""
    blocks = audio.samples[: len(audio.samples) // 3200 * 3200].reshape(-1, 3200)
    return np.sqrt((blocks**2).mean(axis=1))


FORMATS = [
    *("wav", "w64", "aiff", "au", "caf", "flac", "mp3", "mp2", "m4a", "aac", "ogg", "opus", "webm", "mka", "ac3"),
    *("eac3", "wv", "tta", "wma", "amr", "3gp", "mov", "ts", "f32.wav", "u8.wav", "adpcm.wav", "8k.wav", "rf64.wav"),
]
ENCODING: dict[str, tuple[str, ...]] = {
    "amr": ("-c:a", "libopencore_amrnb", "-ar", "8000", "-ac", "1"),
    "3gp": ("-c:a", "aac"),
    "ogg": ("-c:a", "libvorbis"),
    "f32.wav": ("-c:a", "pcm_f32le"),
    "u8.wav": ("-c:a", "pcm_u8"),
    "adpcm.wav": ("-c:a", "adpcm_ima_wav"),
    "8k.wav": ("-c:a", "pcm_mulaw", "-ar", "8000"),
    "rf64.wav": ("-rf64", "always"),
}


@pytest.mark.parametrize("form", FORMATS)
def test_any_format_becomes_the_same_speech(tmp_path: Path, work: Path, form: str) -> None:
    if form == "amr" and not can_encode("libopencore_amrnb"):
        pytest.skip("this ffmpeg cannot write AMR")
    original = sample(tmp_path / "original.wav")
    path = tmp_path / f"a.{form}"
    ffmpeg("-i", original, *ENCODING.get(form, ()), path)
    found = normalise(path, work, limits())
    info = soundfile.info(found.path)
    assert found.path == work / WAV
    assert (info.samplerate, info.channels, info.subtype) == (SAMPLE_RATE, 1, "PCM_16")
    assert os.listdir(work) == [WAV]
    assert found.duration == pytest.approx(3.0, abs=0.1)
    assert found.warnings == ()
    (audio,), (expected,) = read_audio(found.path), load_audio(original, load_settings(temp_audio_dir=tmp_path))
    ours, theirs = loudness(audio)[:14], loudness(expected)[:14]
    assert np.corrcoef(ours, theirs)[0, 1] > 0.85
    assert ours.mean() == pytest.approx(theirs.mean(), rel=0.15)


@pytest.mark.parametrize("form", ["mp4", "mkv", "webm", "avi", "mpg", "flv", "wmv", "ts"])
def test_the_sound_of_a_video_may_end_before_the_picture(tmp_path: Path, work: Path, form: str) -> None:
    found = normalise(video(tmp_path / f"v.{form}", *VIDEO.get(form, ()), picture=5.0), work, limits())
    assert found.duration == pytest.approx(3.0, abs=0.1)
    assert len(found.warnings) == 1
    assert "before the picture" in found.warnings[0]


@pytest.mark.parametrize("form", ["mp4", "webm"])
def test_times_count_from_the_start_of_the_picture(tmp_path: Path, work: Path, form: str) -> None:
    path = video(tmp_path / f"v.{form}", *VIDEO.get(form, ()), sound_at=2.0, picture=5.0)
    (audio,) = read_audio(normalise(path, work, limits()).path)
    assert audio.duration == pytest.approx(5.0, abs=0.1)
    assert np.abs(audio.cut(0, 1.9)).max() < 0.001
    assert np.abs(audio.cut(2, 5)).max() > 0.05


def test_a_gap_in_the_timestamps_becomes_silence(tmp_path: Path, work: Path) -> None:
    path = sample(tmp_path / "gap.webm", "-af", "aselect='not(between(t,1,2.5))'", seconds=4.0)
    found = normalise(path, work, limits())
    assert found.duration == pytest.approx(4.0, abs=0.1)
    assert np.abs(read_audio(found.path)[0].cut(1.2, 2.3)).max() < 0.001


def test_sound_that_changes_its_channels_on_the_way(tmp_path: Path, work: Path) -> None:
    stereo = sample(tmp_path / "1.mp3", "-write_xing", "0").read_bytes()
    mono = tmp_path / "2.mp3"
    ffmpeg("-i", tmp_path / "1.mp3", "-ac", "1", "-write_xing", "0", mono)
    for parts in ((stereo, mono.read_bytes()), (mono.read_bytes(), stereo)):
        (tmp_path / "joined.mp3").write_bytes(b"".join(parts))
        assert normalise(tmp_path / "joined.mp3", work, limits()).duration == pytest.approx(6.1, abs=0.1)


@pytest.mark.parametrize("channels", [2, 3, 5, 6, 9, 16])
def test_mix_is_the_plain_average(tmp_path: Path, work: Path, channels: int) -> None:
    levels = np.linspace(0.9, 0.1, channels)
    path = write_wav(tmp_path / "a.wav", np.stack([tone(level=level) for level in levels]))
    (audio,) = read_audio(normalise(path, work, limits()).path)
    assert np.abs(audio.samples - tone(level=float(levels.mean()))).max() < 0.001


def test_mix_of_loud_channels_does_not_clip(tmp_path: Path, work: Path) -> None:
    path = write_wav(tmp_path / "a.wav", np.stack([tone(level=0.99)] * 4))
    (audio,) = read_audio(normalise(path, work, limits()).path)
    assert np.abs(audio.samples - tone(level=0.99)).max() < 0.001


@pytest.mark.parametrize("channels", [1, 2, 6, 16])
def test_per_channel_keeps_every_channel_in_order(tmp_path: Path, work: Path, channels: int) -> None:
    tones = np.stack([tone(hertz=200.0 * (place + 1)) for place in range(channels)])
    found = normalise(write_wav(tmp_path / "a.wav", tones), work, limits(), "per_channel")
    audios = read_audio(found.path, "call")
    assert found.channels == len(audios) == channels
    assert len(found.warnings) == (channels == 1)
    for audio, expected in zip(audios, tones, strict=True):
        assert (audio.name, audio.samples.dtype, audio.samples[:].flags.c_contiguous) == ("call", np.float32, True)
        assert np.abs(audio.samples[:] - expected).max() < 0.001


def test_channels_that_cancel_each_other_are_not_averaged(tmp_path: Path, work: Path) -> None:
    path = write_wav(tmp_path / "a.wav", np.stack([tone(), -tone()]))
    found = normalise(path, work, limits())
    assert "cancel" in found.warnings[0]
    assert np.abs(read_audio(found.path)[0].samples[:] - tone()).max() < 0.001


def test_one_silent_channel_does_not_count_as_cancelled(tmp_path: Path, work: Path) -> None:
    path = write_wav(tmp_path / "a.wav", np.stack([tone(), 0 * tone()]))
    assert normalise(path, work, limits()).warnings == ()


@pytest.mark.parametrize("channels", [1, 2])
def test_silence_is_a_recording(tmp_path: Path, work: Path, channels: int) -> None:
    found = normalise(write_wav(tmp_path / "a.wav", np.zeros((channels, SAMPLE_RATE))), work, limits())
    assert found.warnings == ()
    assert not read_audio(found.path)[0].samples[:].any()


def test_numbers_that_are_none_do_not_come_out(tmp_path: Path, work: Path) -> None:
    samples = np.tile(tone(2.0), (2, 1))
    samples[:, 1000:1100], samples[0, 5000], samples[1, 6000:6100] = np.nan, np.inf, 1e30
    path = write_wav(tmp_path / "a.wav", samples, subtype="FLOAT")
    (audio,) = read_audio(normalise(path, work, limits()).path)
    assert np.isfinite(audio.samples).all()
    assert np.abs(audio.samples).max() <= 1
    assert np.abs(audio.cut(1, 2) - tone(2.0)[SAMPLE_RATE:]).max() < 0.001


def test_long_recordings_are_read_in_blocks_without_a_seam(tmp_path: Path) -> None:
    steps = np.linspace(-0.9, 0.9, 25 * SAMPLE_RATE, dtype=np.float32)
    (audio,) = read_audio(write_wav(tmp_path / "a.wav", steps[None]))
    assert np.abs(audio.samples - steps).max() < 0.001


SECOND = pcm(tone())
STREAMED = {
    "0": wav_bytes(SECOND, data=0, riff=0),
    "4 GiB": wav_bytes(SECOND, data=0xFFFFFFFF, riff=0xFFFFFFFF),
    "sox": wav_bytes(SECOND, data=0x7FFFF000, riff=0x7FFFF024),
    "arecord": wav_bytes(SECOND, data=0x80000000, riff=0x80000024),
}


@pytest.mark.parametrize("writer", STREAMED)
def test_a_wav_that_was_written_to_a_pipe_is_whole(tmp_path: Path, work: Path, writer: str) -> None:
    (tmp_path / "a.wav").write_bytes(STREAMED[writer])
    assert normalise(tmp_path / "a.wav", work, limits()).duration == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("quality", ["0", "9"])
def test_an_mp3_of_varying_rate_whose_length_must_be_guessed_is_whole(tmp_path: Path, work: Path, quality: str) -> None:
    path = sample(tmp_path / "a.mp3", "-write_xing", "0", "-q:a", quality, seconds=10.0)
    assert normalise(path, work, limits()).duration == pytest.approx(10.0, abs=0.2)


@pytest.mark.parametrize("name", ["-y.wav", "a:b.wav", "%03d.wav", "http:x.wav", "a b'\"\n;$(id).wav", "ünï.wav"])
def test_a_strange_name_means_nothing(tmp_path: Path, work: Path, name: str) -> None:
    path = write_wav(tmp_path / "a.wav", tone()[None]).rename(tmp_path / name)
    assert normalise(path, work, limits()).duration == 1.0
    assert path.exists()


def test_many_at_once(tmp_path: Path) -> None:
    def run(number: int) -> float:
        folder = tmp_path / f"work-{number}"
        folder.mkdir()
        path = write_wav(tmp_path / f"{number}.wav", tone(seconds=1 + number / 10)[None])
        return normalise(path, folder, limits()).duration

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(run, range(16))) == pytest.approx([1 + number / 10 for number in range(16)])


def test_load_audio_leaves_no_file(tmp_path: Path) -> None:
    settings = load_settings(temp_audio_dir=tmp_path / "tmp")
    stereo = load_audio(sample(tmp_path / "call.mp3"), settings, "per_channel")
    assert [audio.name for audio in stereo] == ["call", "call"]
    (tmp_path / "bad.wav").write_text("text")
    with pytest.raises(UnsupportedMedia):
        load_audio(tmp_path / "bad.wav", settings)
    assert os.listdir(tmp_path / "tmp") == []


def test_a_job_folder_is_private_and_goes_whatever_happens(tmp_path: Path) -> None:
    def work_and_die() -> None:
        with job_folder(tmp_path / "tmp") as folder:
            assert folder.stat().st_mode & 0o777 == 0o700
            (folder / "left").write_text("x")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work_and_die()
    assert os.listdir(tmp_path / "tmp") == []


def test_a_service_that_starts_spares_living_job_folders_and_removes_dead_ones(tmp_path: Path) -> None:
    (tmp_path / ".gitkeep").touch()
    code = (
        "import os, sys; from pathlib import Path; from audio_utils import job_folder\n"
        "with job_folder(Path(sys.argv[1])) as folder: os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, check=False)
    assert len(os.listdir(tmp_path)) == 2
    with job_folder(tmp_path) as living:
        JobFolders(tmp_path).close()
        assert sorted(os.listdir(tmp_path)) == [".gitkeep", living.name]
    assert os.listdir(tmp_path) == [".gitkeep"]


def test_the_version_is_known() -> None:
    assert any(character.isdigit() for character in ffmpeg_version(load_settings()))
    with pytest.raises(MediaToolError):
        ffmpeg_version(load_settings(ffmpeg_bin="/absent"))
