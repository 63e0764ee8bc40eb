"""ffmpeg, found and run as a stranger: it reads hostile files, so memory, time, disk and environment are rationed.

The limits are set by a shell that then becomes ffmpeg. Neither ``preexec_fn`` (unsafe in a process with threads, as the
web process is) nor ``resource.prlimit`` on a child that already runs (a moment without limits) gives that.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, cast

from errors import MediaToolError
from settings import Settings

log = logging.getLogger(__name__)

MEMORY = 2**30  # bytes of address space; 8K video is read with less than half of it
WAV_BYTES = 2**32 - 2**20  # a WAV file ends at 4 GiB
_LOG_BYTES = 32 * 1024  # kept of the beginning and of the end of what ffmpeg says
_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}
# A lower limit that the operator has set already stays in force, hence the silence about a refused one.
_LIMITED = """
limit() { ulimit "$1" "$2" 2>/dev/null; }
limit -c 0; limit -n 64; limit -v "$1"; limit -t "$2"; limit -f "$3"
shift 3
exec "$@"
"""


@dataclass(frozen=True)
class Limits:
    """What decoding one recording may take: seconds of sound, bytes of output, ``timeout`` seconds of time.

    ``ffmpeg`` is the program's path.
    """

    ffmpeg: str
    seconds: float
    timeout: float
    bytes: int = WAV_BYTES

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """Raises MediaToolError if there is no ffmpeg."""
        return cls(find_ffmpeg(settings.ffmpeg_bin), settings.max_audio_minutes * 60, settings.ffmpeg_timeout)


@dataclass(frozen=True)
class Finished:
    """How a run of ffmpeg ended. ``log`` is the beginning and the end of what it said, never for clients or logs:
    it quotes the file's own title."""

    returncode: int
    log: str
    timed_out: bool


def find_ffmpeg(name: str = "") -> str:
    """The path of ``name`` (the setting FFMPEG_BIN), else of ffmpeg on the PATH, else of imageio-ffmpeg's own.

    Raises MediaToolError if there is none.
    """
    if name and not shutil.which(name):
        raise MediaToolError("The setting FFMPEG_BIN does not name a program that can be run.")
    found = shutil.which(name or "ffmpeg") or _bundled_ffmpeg()
    return os.path.abspath(found)


def _bundled_ffmpeg() -> str:
    try:
        import imageio_ffmpeg

        return imageio_ffmpeg.get_ffmpeg_exe()
    except (ImportError, RuntimeError):
        raise MediaToolError(
            "ffmpeg was not found. Install it, name it in the setting FFMPEG_BIN, or run `pip install imageio-ffmpeg`."
        ) from None


@lru_cache
def version_of(ffmpeg: str) -> str:
    """Its version, such as "5.1.9-0+deb12u1". Raises MediaToolError if the program is no ffmpeg."""
    try:
        done = subprocess.run(
            [ffmpeg, "-version"],
            capture_output=True,
            env=_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            timeout=30,
            check=True,
            text=True,
            errors="replace",
        )
    except (OSError, subprocess.SubprocessError):
        raise MediaToolError("ffmpeg cannot be run.") from None
    words = done.stdout.split(maxsplit=3)
    if words[:2] != ["ffmpeg", "version"]:
        raise MediaToolError("The program that is set as ffmpeg is not ffmpeg.")
    return words[2]


def run_ffmpeg(arguments: Sequence[str], folder: Path, limits: Limits) -> Finished:
    """Run ffmpeg in ``folder`` and wait; after ``limits.timeout`` s its whole process group is killed.

    Raises MediaToolError if it cannot be started or died of a signal; other failures are the caller's to judge.
    """
    started = time.monotonic()
    process = _start(arguments, folder, limits)
    deadline = threading.Timer(limits.timeout, _kill_group, (process,))
    deadline.start()
    try:
        said = _read_log(cast("IO[bytes]", process.stderr))
        returncode = process.wait()
    finally:
        deadline.cancel()
        _kill_group(process)
    seconds = time.monotonic() - started
    timed_out = seconds >= limits.timeout or returncode == -signal.SIGXCPU
    if returncode:
        log.info("ffmpeg ended with status %d after %.1f s", returncode, seconds)
    if not timed_out and (returncode < 0 or returncode in (126, 127)):  # a shell's codes for "could not start it"
        raise MediaToolError(f"ffmpeg ended unexpectedly (status {returncode}).")
    return Finished(returncode, said, timed_out)


def _start(arguments: Sequence[str], folder: Path, limits: Limits) -> subprocess.Popen[bytes]:
    rlimits = (MEMORY // 1024, int(limits.timeout) + 1, limits.bytes // 512 + 4096)  # KiB, s, blocks of 512 bytes
    try:
        return subprocess.Popen(
            ["/bin/sh", "-c", _LIMITED, "sh", *map(str, rlimits), limits.ffmpeg, *arguments],
            cwd=folder,
            env=_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            bufsize=0,
        )
    except OSError:
        raise MediaToolError("ffmpeg could not be started.") from None


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _read_log(stream: IO[bytes]) -> str:
    """All of the stream is read, so that the process never waits, and both ends of it are kept."""
    head, tail = b"", b""
    with stream:
        while chunk := stream.read(_LOG_BYTES):
            if len(head) < _LOG_BYTES:
                head += chunk
            else:
                tail = (tail + chunk)[-_LOG_BYTES:]
    return (head + b"\n" + tail).decode(errors="replace")
