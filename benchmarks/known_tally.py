"""What benchmarks/known_voices.py counts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tally:
    """People met. Of those who are known: named right, named as somebody else, and the rest; of strangers: named.
    ``among`` of the strangers sat among people who are known, and ``among_named`` of them were named."""

    known: int = 0
    right: int = 0
    wrong: int = 0
    strangers: int = 0
    named: int = 0
    among: int = 0
    among_named: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))

    def row(self) -> list[str]:
        shares = (self.right, self.wrong, self.known - self.right - self.wrong)
        own = [f"{count / max(1, self.known):.1%}" for count in shares]
        others = (self.named, self.strangers - self.named)
        return [*own, *(f"{count / max(1, self.strangers):.1%}" for count in others)]


HEADER = ("right name", "wrong name", "unknown", "strangers named", "strangers unknown")
