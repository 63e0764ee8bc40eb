from __future__ import annotations

import io
import struct
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from audio_probe import DEMUXERS, SOURCE, Probe, probe, reached, riff_present
from audio_utils import normalise
from errors import UnsupportedMedia
from tests.media import cut_off, ffmpeg, limits, pcm, sample, tone, video, wav_bytes


def looked_at(path: Path) -> Probe:
    path.rename(path.with_name(SOURCE))
    return probe(path.parent, limits())


def test_a_recording_says_its_length_and_channels(tmp_path: Path) -> None:
    found = looked_at(sample(tmp_path / "a.flac"))
    assert found == Probe(duration=3.0, start=0.0, channels=2, present=1.0, picture=False, rate=48_000)


def test_a_video_says_when_its_sound_begins(tmp_path: Path) -> None:
    found = looked_at(video(tmp_path / "v.mp4", sound_at=2.0, picture=6.0))
    assert found.start == pytest.approx(2.0, abs=0.1)
    assert found.duration == pytest.approx(6.0, abs=0.1)
    assert found.picture


def test_a_cover_is_not_a_video(tmp_path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=64x64", "-frames:v", "1", tmp_path / "cover.png")
    cover = ("-i", tmp_path / "cover.png", "-map", "0:a", "-map", "1:v", "-disposition:v", "attached_pic")
    assert not looked_at(sample(tmp_path / "a.mp3", *cover)).picture


@pytest.mark.parametrize("name", ["guessed.mp3", "bare.aac", "piped.flac"])
def test_a_guessed_length_is_no_promise(tmp_path: Path, name: str) -> None:
    if name == "piped.flac":
        (tmp_path / name).write_bytes(ffmpeg("-i", sample(tmp_path / "a.wav"), "-f", "flac", "-"))
    else:
        sample(tmp_path / name, *(("-write_xing", "0") if name == "guessed.mp3" else ()))
    assert looked_at(tmp_path / name).duration is None


def test_what_a_tag_says_is_not_taken_for_the_length(tmp_path: Path) -> None:
    title = "Duration: 99:00:00.00, start: 0\n  Duration: 98:00:00.00, Estimating"
    assert looked_at(sample(tmp_path / "a.flac", "-metadata", f"title={title}")).duration == 3.0


@pytest.mark.parametrize(
    ("found", "decoded", "missing"),
    [
        (Probe(10.0, 0.0, 1, 1.0, False), 10.0, 0.0),
        (Probe(10.0, 0.0, 1, 1.0, False), 9.8, 0.0),
        (Probe(10.0, 0.0, 1, 1.0, False), 12.0, 0.0),
        (Probe(10.0, 0.0, 1, 1.0, False), 9.0, 1.0),
        (Probe(None, 0.0, 1, 1.0, False), 3.0, 0.0),
        (Probe(None, 0.0, 1, 0.25, False), 3.0, 9.0),
        (Probe(3600.0, 0.0, 1, 1.0, False), 3595.0, 0.0),
    ],
)
def test_missing_seconds(found: Probe, decoded: float, missing: float) -> None:
    assert found.missing(decoded) == pytest.approx(missing)


BODY = bytes(32_000)
LONG = b"RF64\xff\xff\xff\xffWAVEds64" + struct.pack("<IQQQI", 28, 64_100, 64_000, 32_000, 0)


@pytest.mark.parametrize(
    ("content", "present"),
    [
        (wav_bytes(BODY), 1.0),
        (wav_bytes(BODY, data=64_000), 0.5),
        (wav_bytes(b"", data=64_000), 1 / 64_000),
        (wav_bytes(BODY, data=1_000), 1.0),
        (wav_bytes(BODY, data=0, riff=0), 1.0),
        (wav_bytes(BODY, data=0xFFFFFFFF, riff=0xFFFFFFFF), 1.0),
        (wav_bytes(BODY, data=0x7FFFF000, riff=0x7FFFF024), 1.0),
        (wav_bytes(BODY, data=0x80000000, riff=0x80000024), 1.0),
        (wav_bytes(BODY, data=0x70000000), 32_000 / 0x70000000),
        (wav_bytes(b"").replace(b"data", b"LIST\x03\0\0\0abc\0data") + BODY, 1.0),
        (LONG + b"data\xff\xff\xff\xff" + BODY, 0.5),
        (b"RIFF" + struct.pack("<I", 64_004) + b"AVI " + BODY, 32_004 / 64_004),
        (b"RIFF\x24\0\0\0WAVE", 1.0),
        (b"RIFF", 1.0),
        (b"", 1.0),
        (b"fLaC" + BODY, 1.0),
    ],
)
def test_share_of_a_riff_file_that_is_there(content: bytes, present: float) -> None:
    assert riff_present(io.BytesIO(content)) == pytest.approx(present)


def test_random_headers_never_break_the_reader() -> None:
    random = np.random.default_rng(7)
    whole = bytearray(wav_bytes(b"").replace(b"data", b"LIST\x04\0\0\0abcddata") + bytes(64))
    for _ in range(3000):
        content = bytearray(whole)
        for place in random.integers(0, len(whole), 4):
            content[place] = random.integers(256)
        assert 0 < riff_present(io.BytesIO(bytes(content[: random.integers(1, len(whole))]))) <= 1


def test_how_far_a_file_reaches(tmp_path: Path) -> None:
    video(tmp_path / "v.mkv", picture=6.0).rename(tmp_path / SOURCE)
    assert reached(tmp_path, limits()) == pytest.approx(6.0, abs=0.25)
    cut_off(tmp_path / SOURCE, 0.5)
    assert reached(tmp_path, limits()) < 5.0


class Canary(BaseHTTPRequestHandler):
    hits: list[str]

    def do_GET(self) -> None:
        self.hits.append(self.path)
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """An address on this machine, and what was asked of it."""
    handler = type("Handler", (Canary,), {"hits": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/x.ts", handler.hits
        running.shutdown()


PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{target}\n#EXT-X-ENDLIST\n",
    "hls-key": '#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXT-X-KEY:METHOD=AES-128,URI="{target}"\n#EXTINF:9,\n{target}\n',
    "concat": "ffconcat version 1.0\nfile '{target}'\n",
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'mediaPresentationDuration="PT9S"><Period><AdaptationSet mimeType="audio/mp4"><Representation id="a" '
    'bandwidth="9"><BaseURL>{target}</BaseURL></Representation></AdaptationSet></Period></MPD>',
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
    "m3u": "{target}\n",
    "pls": "[playlist]\nFile1={target}\nNumberOfEntries=1\n",
    "asx": '<asx version="3.0"><entry><ref href="{target}"/></entry></asx>',
    "reference": "[Reference]\nRef1={target}\n",
}


@pytest.mark.parametrize("kind", PLAYLISTS)
@pytest.mark.parametrize("extension", ["mp3", "m3u8"])
def test_a_playlist_reads_no_file_and_calls_no_address(tmp_path: Path, server, kind: str, extension: str) -> None:
    address, hits = server
    canary = sample(tmp_path / "neighbour.ts")
    work = tmp_path / "work"
    work.mkdir()
    (work / "neighbour.ts").write_bytes(canary.read_bytes())
    for target in (canary, f"file://{canary}", "neighbour.ts", "../neighbour.ts", "/etc/passwd", address):
        playlist = tmp_path / f"list.{extension}"
        playlist.write_text(PLAYLISTS[kind].format(target=target))
        with pytest.raises(UnsupportedMedia) as caught:
            normalise(playlist, work, limits())
        assert str(tmp_path) not in caught.value.message
        assert "root:" not in caught.value.message
    assert hits == []
    assert [path.name for path in work.iterdir()] == ["neighbour.ts"]


def test_these_playlists_do_work_without_the_defence(tmp_path: Path) -> None:
    sample(tmp_path / "neighbour.ts")
    (tmp_path / "list.txt").write_text(PLAYLISTS["concat"].format(target="neighbour.ts"))
    (tmp_path / "list.m3u8").write_text(PLAYLISTS["hls"].format(target="neighbour.ts"))
    for name in ("list.txt", "list.m3u8"):
        assert len(ffmpeg("-i", tmp_path / name, "-f", "s16le", "-")) > 100_000


def test_the_demuxers_of_the_common_formats_are_in_this_ffmpeg() -> None:
    listed = subprocess.run([limits().ffmpeg, "-v", "quiet", "-demuxers"], capture_output=True, text=True, check=True)
    known = {name for line in listed.stdout.splitlines() for name in line.split(maxsplit=2)[1:2]}
    known = {part for name in known for part in name.split(",")}
    assert set(DEMUXERS.split(",")) - known == set()
    assert not {"hls", "concat", "dash", "sdp", "rtsp", "image2", "lavfi", "tty"} & set(DEMUXERS.split(","))


def test_more_than_16_channels_are_refused(tmp_path: Path) -> None:
    for channels in (16, 17, 255):
        (tmp_path / SOURCE).write_bytes(wav_bytes(pcm(np.tile(tone(0.5), channels)), channels=channels))
        if channels == 16:
            assert probe(tmp_path, limits()).channels == 16
            continue
        with pytest.raises(UnsupportedMedia, match=f"{channels} channels"):
            probe(tmp_path, limits())
