"""Speakers as letters: A to Z, then AA, AB and so on."""

from __future__ import annotations

import string
from collections.abc import Collection, Iterable


def letter(index: int) -> str:
    """index: from 0."""
    before, own = divmod(index, len(string.ascii_uppercase))
    return (letter(before - 1) if before else "") + string.ascii_uppercase[own]


class Letters:
    """The label of each speaker: a known one keeps its name, the others get letters in the order in which they are
    asked for. No letter is anybody's name."""

    def __init__(self, known: Collection[str] = ()) -> None:
        self._known, self._labels, self._next = known, dict[str, str](), 0

    def __call__(self, speaker: str) -> str:
        if speaker not in self._labels:
            self._labels[speaker] = speaker if speaker in self._known else self._free()
        return self._labels[speaker]

    def _free(self) -> str:
        while (found := letter(self._next)) in self._known:
            self._next += 1
        self._next += 1
        return found


def letters(speakers: Iterable[str], known: Collection[str] = ()) -> Letters:
    """For a conversation's speakers, in their order."""
    made = Letters(known)
    for speaker in speakers:
        made(speaker)
    return made
