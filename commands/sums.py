"""``SHA256SUMS``: which files a folder holds and what is in them, in the form that ``sha256sum --check`` reads."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from commands.download import sha256
from errors import ModelError

FILE = "SHA256SUMS"


@dataclass(frozen=True)
class Difference:
    """kind: "damaged", "missing" or "extra"; name: relative to the folder."""

    kind: str
    name: str


def read_sums(folder: Path) -> dict[str, str]:
    """{name: SHA-256}; empty where there is no such file. Raises ModelError when it is no such list."""
    try:
        lines = (folder / FILE).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{FILE} cannot be read ({type(error).__name__}).") from error
    sums: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        found = re.fullmatch(r"([0-9a-f]{64}) [ *](.+)", line)
        if not found or Path(found[2]).is_absolute() or ".." in Path(found[2]).parts:
            raise ModelError(f"{FILE}: line {number} is not a SHA-256 and a file name.")
        sums[found[2]] = found[1]
    return sums


def write_sums(folder: Path, sums: Mapping[str, str]) -> None:
    """In place of the old list, in one step."""
    new = folder / f".{FILE}.new"
    new.write_text("".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items())), encoding="utf-8")
    os.replace(new, folder / FILE)


def differences(folder: Path) -> Iterator[Difference]:
    """What is not as the list says; hashes every file. Raises ModelError where there is no list."""
    sums = read_sums(folder)
    if not sums:
        raise ModelError(f"{folder} has no {FILE}: nothing was pulled or bundled there.")
    held = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    for name, digest in sums.items():
        if name not in held:
            yield Difference("missing", name)
        elif sha256(folder / name) != digest:
            yield Difference("damaged", name)
    for name in sorted(held - set(sums) - {FILE}):
        if not Path(name).name.startswith("."):
            yield Difference("extra", name)
