"""What a model can write, and transcripts that are made to fit it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from errors import InputError
from training.manifest import Example

MOST = 0.2  # share of letters that may be unknown before the model is taken for one of another language
_APOSTROPHES = "'’ʼ‘`´"
_SHOWN = 20  # characters that a message lists


@dataclass(frozen=True)
class Fitted:
    """examples: what a model can learn from; unknown: characters that it cannot write, and how often they stand in the
    transcripts; left_out: examples that need a letter or digit of those, or that say nothing."""

    examples: tuple[Example, ...]
    unknown: Counter[str]
    left_out: int

    @property
    def warnings(self) -> list[str]:
        """Sentences for the user."""
        found = []
        if self.unknown:
            found.append(f"The model cannot write {_list(self.unknown)}; what is no letter or digit is dropped.")
        if self.left_out:
            found.append(f"{self.left_out} clips are left out, which need such letters or digits, or have no text.")
        return found


def fitted(examples: Iterable[Example], writes: Callable[[str], bool]) -> Fitted:
    """writes: whether the model knows a character. Capitals become small letters where it knows none. Raises InputError
    for transcripts that are not the model's to write."""
    rows = list(examples)
    letters = Counter(sign for row in rows for sign in row.text if not sign.isspace())
    known = {sign: writes(sign) for sign in {*letters, *(sign.lower() for sign in letters), "'"}}
    texts = [" ".join("".join(_sign(sign, known) for sign in row.text).split()) for row in rows]
    unknown = Counter(sign for text in texts for sign in text if not (sign.isspace() or known.get(sign, False)))
    if sum(count for sign, count in unknown.items() if sign.isalnum()) > MOST * max(1, letters.total()):
        raise InputError(f"The model cannot write {_list(unknown)}, and so not these transcripts: another language?")
    usable = [(row, text) for row, text in zip(rows, texts, strict=True) if _fits(text, unknown)]
    kept = [replace(row, text=_without(text, unknown)) for row, text in usable]
    kept = [row for row in kept if row.text]
    if not kept:
        raise InputError("The model can write none of the transcripts.")
    return Fitted(tuple(kept), unknown, len(rows) - len(kept))


def _sign(sign: str, known: dict[str, bool]) -> str:
    if sign.isspace():
        return " "
    if known[sign]:
        return sign
    like = "'" if sign in _APOSTROPHES else sign.lower()
    return like if known.get(like, False) else sign


def _fits(text: str, unknown: Counter[str]) -> bool:
    return not any(sign in unknown and sign.isalnum() for sign in text)


def _without(text: str, unknown: Counter[str]) -> str:
    """ "well-known" becomes two words, "don't" stays one."""
    gap = {sign: "" if sign in _APOSTROPHES else " " for sign in unknown}
    return " ".join("".join(gap.get(sign, sign) for sign in text).split())


def _list(unknown: Counter[str]) -> str:
    shown = ", ".join(f"{sign} ({count})" for sign, count in unknown.most_common(_SHOWN))
    return shown + (f" and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else "")
