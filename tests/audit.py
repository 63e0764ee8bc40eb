"""What this process does to files and which processes it starts, as the interpreter (PEP 578) and the system say."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGING = {
    "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.link", "os.symlink", "os.truncate", "shutil.rmtree",
    "shutil.copyfile", "shutil.move", "tempfile.mkstemp", "tempfile.mkdtemp", "subprocess.Popen", "os.fork",
    "os.forkpty", "os.posix_spawn", "os.exec", "os.system",
}  # fmt: skip
_recorders: list[list[str]] = []  # those that record now: an audit hook cannot be taken away, only told to do nothing
_hooked: list[bool] = []


@contextmanager
def deeds() -> Iterator[list[str]]:
    """What was done inside, filled as it happens; processes that were started past the interpreter come at the end."""
    if not _hooked:
        sys.addaudithook(_record)
        _hooked.append(True)
    found: list[str] = []
    before = _children()
    _recorders.append(found)
    try:
        yield found
    finally:
        _recorders.remove(found)
    if _children() != before:
        found.append("child process")


def _record(event: str, arguments: tuple[Any, ...]) -> None:
    if _recorders and (event in CHANGING or (event == "open" and _writes(*arguments))):
        for found in _recorders:
            found.append(f"{event} {arguments[0] if arguments else ''}".strip())


def _writes(path: Any, _mode: str | None, flags: int) -> bool:
    name = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else ""
    # What lies there is no file: nothing is kept. A number is a descriptor that was opened before.
    return bool(flags & WRITING) and not isinstance(path, int) and name != os.devnull and not name.startswith("/proc/")


def _children() -> tuple[float, ...]:
    """Of the processes that this one started and that have ended: page faults, none of which happens without one."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_minflt, ended.ru_majflt
