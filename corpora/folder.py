"""The folder of a data set: it is whole or it is not there.

All is written below DIR/.unfinished and moved up at the end, the report last. What an interruption leaves is under that
name and goes with the next run. While it is moved, DIR/.moving names all that is or was of a data set there, so that
--force knows it after a kill.
"""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from errors import DiarizationError, InvalidOption

REPORT = "report.json"
UNFINISHED = ".unfinished"
MOVING = ".moving"
KIND = "dataset"  # says in a report that the folder is ours


class DatasetFolder:
    """``DIR``. Nothing of it is touched before :meth:`writing` ends well."""

    def __init__(self, folder: Path, *, force: bool = False) -> None:
        """Raises InvalidOption for a folder that cannot be used, and for one that holds anything; with ``force`` a data
        set that this program made may be there, and is replaced."""
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            found = sorted(path.name for path in folder.iterdir() if path.name not in (UNFINISHED, MOVING))
        except OSError as error:
            raise InvalidOption(f"--out cannot be used: {error.strerror}.", field="out") from None
        self._old = sorted({*_contents(folder / REPORT), *_contents(folder / MOVING)})
        if found and not force:
            raise InvalidOption(
                "--out is not empty: name another folder, or replace the data set with --force.", field="out"
            )
        if strange := [name for name in found if name not in self._old]:
            raise InvalidOption(
                f"--out holds {strange[0]}, which is of no data set of this program: name another folder.", field="out"
            )

    @contextmanager
    def writing(self) -> Iterator[Path]:
        """A folder to fill. On leaving, all of it is moved to its place; after an error nothing is left of it.
        Raises DiarizationError where the disk is full or refuses."""
        unfinished = self._folder / UNFINISHED
        try:
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            yield unfinished
            self._move(unfinished)
        except OSError as error:
            raise DiarizationError(_said(error)) from None
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    def _move(self, unfinished: Path) -> None:
        names = {*self._old, *(path.name for path in unfinished.iterdir())}
        marker = json.dumps({"kind": KIND, "contents": sorted(names)})
        (unfinished / MOVING).write_text(marker, encoding="utf-8")
        (unfinished / MOVING).rename(self._folder / MOVING)
        (self._folder / REPORT).unlink(missing_ok=True)  # from here on the old one is no data set
        for name in self._old:
            old = self._folder / name
            shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink(missing_ok=True)
        for path in sorted(unfinished.iterdir(), key=lambda path: path.name == REPORT):
            path.rename(self._folder / path.name)
        (self._folder / MOVING).unlink()


def write_report(folder: Path, report: dict[str, object]) -> None:
    """The last file of a data set; it names all others. Raises OSError."""
    names = sorted({*(path.name for path in folder.iterdir()), REPORT})
    text = json.dumps({**report, "kind": KIND, "contents": names}, ensure_ascii=False, indent=2)
    (folder / REPORT).write_text(text + "\n", encoding="utf-8")


def _contents(report_or_marker: Path) -> list[str]:
    """What the data set beside it is made of; nothing where there is none."""
    try:
        report = json.loads(report_or_marker.read_text(encoding="utf-8"))
        names = [str(name) for name in report["contents"]] if report["kind"] == KIND else []
    except (OSError, ValueError, TypeError, KeyError):
        return []
    return [name for name in names if Path(name).name == name and name not in (".", "..")]


def _said(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "The disk is full: no data set was made, and what was written of it is removed."
    return f"The data set cannot be written: {error.strerror or error}."
