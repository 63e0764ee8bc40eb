"""What a file says about its sound, before any of it is believed.

imageio-ffmpeg brings no ffprobe, so ffmpeg itself decodes one frame and its log is read. That says more than a header:
the number of channels and the time of the first sample as the decoder sees them.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from errors import EmptyAudio, TruncatedAudio, UnsupportedMedia
from ffmpeg_process import Finished, Limits, run_ffmpeg

# The defence that counts: playlists (hls, dash, concat, sdp) name other files and addresses, and ffmpeg would follow
# them, a whitelist of protocols alone notwithstanding. A name that a build of ffmpeg lacks does no harm here.
DEMUXERS = (
    "wav,w64,aiff,au,caf,voc,ircam,nistsphere,amr,gsm,"
    "mp3,aac,flac,ogg,ac3,eac3,dts,dtshd,truehd,wv,tta,ape,mpc,mpc8,tak,dsf,"
    "mov,matroska,mpegts,mpeg,avi,asf,flv,rm,dv,mxf"
)
# The file is reached by a name that the server chose and that has no extension for ffmpeg to be misled by.
SOURCE = "source"
INPUT = (
    *("-nostdin", "-hide_banner", "-v", "info", "-threads", "1"),
    *("-protocol_whitelist", "file", "-format_whitelist", DEMUXERS),
)
SOUND = (*INPUT, "-nostats", "-vn", "-sn", "-dn", "-i", f"file:{SOURCE}", "-map", "0:a:0")
MAX_CHANNELS = 16
_DECODE_ERRORS = 69  # ffmpeg's exit code when it could open a file and decode next to nothing of it
_SLACK = 0.25  # s by which encoders pad and headers round

_DURATION = re.compile(r"^  Duration: (\d+):(\d+):(\d+\.\d+)", re.MULTILINE)
_FRAME = re.compile(r"ashowinfo.* n: *0 .* pts_time: *(\S+) .* channels: *(\d+) .*\brate: *(\d+)")
_PICTURE = re.compile(r"^  Stream #0:.*: Video: (?!.*\(attached pic\))", re.MULTILINE)
_TIME = re.compile(r" time=(\d+):(\d+):(\d+\.\d+)")


@dataclass(frozen=True)
class Probe:
    """duration: s that the header promises, None where it promises nothing; start: s before the first sample;
    present: share of the bytes promised by a RIFF header that the file holds; picture: whether it is a video;
    rate: of its samples, in Hz."""

    duration: float | None
    start: float
    channels: int
    present: float
    picture: bool
    rate: int = 0

    def missing(self, decoded: float) -> float:
        """Seconds promised beyond those that were decoded; 0 within what padding and rounding explain."""
        promised = max(self.duration or 0.0, decoded / self.present)
        return missing if (missing := promised - decoded) > _SLACK + 0.002 * promised else 0.0


def probe(folder: Path, limits: Limits) -> Probe:
    """What ``folder/source`` holds. Raises UnsupportedMedia, TruncatedAudio, EmptyAudio, MediaToolError."""
    done = run_ffmpeg([*SOUND, "-af", "ashowinfo", "-frames:a", "1", "-f", "null", "-"], folder, limits)
    with (folder / SOURCE).open("rb") as file:
        present = riff_present(file)
    frame = _FRAME.search(done.log)
    if frame is None:
        raise _no_sound(done, present)
    if int(frame[2]) > MAX_CHANNELS:
        raise UnsupportedMedia(f"The recording has {frame[2]} channels; at most {MAX_CHANNELS} can be read.")
    start = 0.0 if frame[1] == "NOPTS" else float(frame[1])
    return Probe(_duration(done.log), start, int(frame[2]), present, bool(_PICTURE.search(done.log)), int(frame[3]))


def reached(folder: Path, limits: Limits) -> float:
    """Seconds until which any stream of the file, sound or picture, has data. Nothing is decoded."""
    streams = ("-map", "0:v?", "-map", "0:a?", "-c", "copy", "-f", "null", "-")
    done = run_ffmpeg([*INPUT, "-stats", "-i", f"file:{SOURCE}", *streams], folder, limits)
    times = _TIME.findall(done.log)
    return _seconds(*times[-1]) if times else 0.0


def _duration(log: str) -> float | None:
    """None also where ffmpeg had to guess it from the bit rate, as for an MP3 without a Xing header."""
    found = _DURATION.search(log)
    return _seconds(*found.groups()) if found and "Estimating duration from bitrate" not in log else None


def _seconds(hours: str, minutes: str, seconds: str) -> float:
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def _no_sound(done: Finished, present: float) -> UnsupportedMedia | TruncatedAudio | EmptyAudio:
    """Why not one frame of sound could be decoded."""
    if done.timed_out:
        return UnsupportedMedia("The file could not be read in the time that this server allows.")
    if "matches no streams" in done.log:
        return UnsupportedMedia("The file has no sound in it.")
    if "moov atom not found" in done.log:
        return TruncatedAudio("The file is not complete: its index is missing. Was the upload or recording cut off?")
    if done.returncode not in (0, _DECODE_ERRORS) or "Could not find codec parameters" in done.log:
        return UnsupportedMedia("The file is not a recording in a format that can be read.")
    if present < 1 or (_duration(done.log) or 0.0) > _SLACK:
        return TruncatedAudio("The file is not complete: after its header there is no sound.")
    return EmptyAudio("The recording is empty: there is no sound in the file.")


def riff_present(file: BinaryIO) -> float:
    """Share (0..1] of the bytes promised by the header of a WAV or AVI file that are there; 1.0 for all other files.

    ffmpeg trusts the file's size over such a header and would take what is left of a cut file for the whole.
    Programs that write to a pipe cannot know the size and leave 0 or about 2 or 4 GiB in its place: no promise.
    """
    kind, size, form = struct.unpack("<4sI4s", file.read(12).ljust(12))
    start = 8
    if kind in (b"RIFF", b"RF64") and form == b"WAVE":
        start, size = _find_data(file)
    elif kind != b"RIFF" or form != b"AVI ":
        return 1.0
    there = file.seek(0, 2) - start
    placeholder = any(abs(size - limit) <= 4096 for limit in (2**31, 2**32))
    return 1.0 if placeholder or size <= there else max(there, 1) / size


def _find_data(wav: BinaryIO) -> tuple[int, int]:
    """Where the samples of a WAV file begin and how many bytes of them are promised; 0 bytes if it does not say."""
    long_size = 0
    for _ in range(100):
        name, size = struct.unpack("<4sI", wav.read(8).ljust(8, b"\0"))
        if name == b"data":
            return wav.tell(), long_size or size
        if name == b"ds64":
            long_size = struct.unpack("<8xQ", wav.read(16).ljust(16, b"\0"))[0]
            size -= 16
        wav.seek(size + size % 2, 1)
    return 0, 0
