"""Results that tell of what a recording held before another one came to lie in its place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from commands.batch_sources import sha256
from commands.output import say


def remove_results(folder: Path, written: Iterable[Mapping[str, str | None]], claimed: Collection[str]) -> None:
    """written: for each recording, {file below ``folder``: SHA-256 of what the batch wrote there, None where that is
    unknown}. claimed: the files, in small letters, of other recordings. What is claimed, or is no longer what the batch
    wrote, stays; of the latter a line on stderr tells, and of what the disk refuses."""
    for files in written:
        for file, digest in files.items():
            if file.casefold() not in claimed:
                _remove(folder, file, digest)


def _remove(folder: Path, file: str, digest: str | None) -> None:
    path = folder / file
    try:
        if sha256(path) == digest and not path.is_symlink():
            path.unlink()
        else:
            say(f"{file} is of a recording that is gone. It stays: it may have been changed by hand.")
    except FileNotFoundError:
        pass  # somebody else has removed it
    except OSError as error:
        say(f"{file} is of a recording that is gone. It cannot be removed: {error.strerror}.")
