"""The optional fields of a request -> what it asks for. A field may come in the form or in the query string."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar, cast

from werkzeug.datastructures import MultiDict

import formats
from errors import InvalidOption
from formats import Format
from pipeline.types import MAX_SPEAKERS, ChannelMode, DiarizerName, Options

FIELDS = (
    "num_speakers",
    "min_speakers",
    "max_speakers",
    "language",
    "channels",
    "diarizer",
    "keyterms",
    "profile",
    "identify",
    "words",
    "format",
)
_TRUE = ("true", "1", "yes", "on")
_FALSE = ("false", "0", "no", "off")
_MOST_WARNINGS = 10
T = TypeVar("T")


@dataclass(frozen=True)
class Asked:
    """What one request asks for: options of the work, and how its answer is written."""

    options: Options
    format: Format
    words: bool = False
    warnings: tuple[str, ...] = ()


def read_asked(fields: MultiDict[str, str], accept: str | None, further: Sequence[str] = ()) -> Asked:
    """Raises InvalidOption or UnknownFormat, naming the field. An empty field counts as not given. further: fields that
    somebody else reads."""
    options = Options(
        language=_read(fields, "language", str.lower),
        channels=cast(ChannelMode, _read(fields, "channels", str.lower) or "mix"),
        diarizer=cast(DiarizerName, _read(fields, "diarizer", str.lower) or "auto"),
        keyterms=phrases(fields.getlist("keyterms")),
        profile=_read(fields, "profile", str),
        identify=_read(fields, "identify", truth) or False,
    )
    return Asked(
        options=replace(options, **speaker_counts(fields)),
        format=formats.negotiate(_read(fields, "format", str), accept),
        words=_read(fields, "words", truth) or False,
        warnings=_unknown(fields, further),
    )


def speaker_counts(fields: MultiDict[str, str]) -> dict[str, int | None]:
    """num_speakers, min_speakers and max_speakers, for Options. Raises InvalidOption."""
    return {name: _read(fields, name, _count) for name in ("num_speakers", "min_speakers", "max_speakers")}


def _read(fields: MultiDict[str, str], name: str, parse: Callable[[str], T]) -> T | None:
    values = {value.strip() for value in fields.getlist(name)} - {""}
    if len(values) > 1:
        raise InvalidOption(f"{name} is given more than once, with different values.", field=name)
    try:
        return parse(values.pop()) if values else None
    except ValueError as error:
        raise InvalidOption(f"{name} must be {error}.", field=name) from None


def phrases(values: list[str]) -> tuple[str, ...]:
    """Phrases apart by commas or lines; the field may come more than once."""
    phrases = (" ".join(phrase.split()) for value in values for phrase in re.split(r"[,\n]", value))
    return tuple(dict.fromkeys(phrase for phrase in phrases if phrase))


def _count(text: str) -> int:
    if (found := whole(text)) is None:
        raise ValueError(f"a whole number from 1 to {MAX_SPEAKERS}")
    return found


def whole(text: str) -> int | None:
    """None for what is no whole number. Of JSON's numbers 3.0 is one too."""
    found = re.fullmatch(r"([0-9]{1,16})(?:\.0{1,16})?", text)
    return int(found[1]) if found else None


def truth(text: str) -> bool:
    """Raises ValueError, which says what it must be."""
    if text.lower() not in _TRUE + _FALSE:
        raise ValueError("true or false")
    return text.lower() in _TRUE


def text(fields: MultiDict[str, str], name: str) -> str | None:
    """None where it is not given. Raises InvalidOption."""
    return _read(fields, name, str)


def flag(fields: MultiDict[str, str], name: str, *, usually: bool = False) -> bool:
    """Raises InvalidOption. usually: where it is not given."""
    found = _read(fields, name, truth)
    return usually if found is None else found


def _unknown(fields: MultiDict[str, str], further: Sequence[str]) -> tuple[str, ...]:
    """A mistyped option must not pass in silence; an old client's extra field must not fail."""
    names = {name or "" for name in fields} - {*FIELDS, *further}  # a part of a form may lack its name
    told = tuple(f"Unknown field ignored: {plain(name)}" for name in sorted(names)[:_MOST_WARNINGS])
    return (
        told if len(told) == len(names) else (*told, f"Unknown fields ignored beyond these: {len(names) - len(told)}")
    )


def plain(name: str) -> str:
    """What a client called a field, safe in every header and body."""
    return re.sub(r"[^0-9A-Za-z_.\[\]-]", "?", name[:40]) or "(without a name)"
