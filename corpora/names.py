"""Names of files and folders that every file system takes, and labels of people that do not meet across recordings."""

from __future__ import annotations

import hashlib
import re
import unicodedata

LONGEST = 64  # characters
_KEPT = re.compile(r"[^A-Za-z0-9_-]+")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)  # devices of Windows, whatever follows the dot
_UNNAMED = re.compile(r"SPEAKER_\d+")  # pipeline/conversation.py


def safe(name: str) -> str:
    """``name`` in ASCII letters, digits, "-" and "_", with a piece of its hash where much of it is lost."""
    plain = unicodedata.normalize("NFKD", name)
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    kept = _KEPT.sub("-", letters).strip("-")
    lost = not letters.isascii() or len(kept) > LONGEST or not kept
    if lost or _RESERVED.fullmatch(kept):
        digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:8]
        kept = "-".join(filter(None, [kept[: LONGEST - 9].strip("-"), digest]))
    return kept


class Names:
    """Gives each thing a safe name of its own, compared without case: some file systems know none."""

    def __init__(self) -> None:
        self._given: dict[str, str] = {}
        self._taken: set[str] = set()

    def of(self, thing: str) -> str:
        """The same for the same thing."""
        if thing not in self._given:
            self._given[thing] = self.new(thing)
        return self._given[thing]

    def new(self, name: str) -> str:
        """One that nothing else has, whatever had the same name before."""
        wanted = found = safe(name)
        count = 1
        while found.casefold() in self._taken:
            count += 1
            found = f"{wanted}-{count}"
        self._taken.add(found.casefold())
        return found


def label(speaker: str, recording: str) -> str:
    """Who speaks: SPEAKER_00 of two recordings are two people, somebody whose name is known is one."""
    return f"{recording}-{speaker}" if _UNNAMED.fullmatch(speaker) else speaker
