"""What is to be drawn: plain data, checked, that goes to the process that draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from errors import InvalidOption
from pipeline.types import Turn

Kind = Literal["waveform", "spectrogram", "mel", "speakers", "all"]
Format = Literal["svg", "png", "pdf"]
Theme = Literal["light", "dark"]
KINDS: tuple[Kind, ...] = get_args(Kind)
FORMATS: tuple[Format, ...] = get_args(Format)
THEMES: tuple[Theme, ...] = get_args(Theme)
NEEDS_TURNS = ("speakers", "all")
NARROWEST, USUAL, WIDEST = 320, 1000, 4000  # hundredths of an inch, and of PNG the pixels


@dataclass(frozen=True)
class Order:
    """One picture. speakers: in the order of their lanes and colours; turns: of theirs, s; reference: turns to compare
    those with. It checks itself: raises InvalidOption."""

    kind: Kind
    format: Format = "svg"
    width: int = USUAL
    theme: Theme = "light"
    speakers: tuple[str, ...] = ()
    turns: tuple[Turn, ...] = ()
    reference: tuple[Turn, ...] | None = None

    def __post_init__(self) -> None:
        _check("kind", self.kind, KINDS)
        _check("format", self.format, FORMATS)
        _check("theme", self.theme, THEMES)
        if not NARROWEST <= self.width <= WIDEST:
            raise InvalidOption(f"width must be {NARROWEST} to {WIDEST}.", field="width")

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Order:
        reference = data["reference"]
        read = {"turns": _turns(data["turns"]), "reference": None if reference is None else _turns(reference)}
        return cls(**{**data, **read, "speakers": tuple(data["speakers"])})


def _check(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise InvalidOption(f"{name} must be one of {', '.join(known)}.", field=name)


def _turns(rows: Sequence[dict[str, Any]]) -> tuple[Turn, ...]:
    return tuple(Turn(**row) for row in rows)
