"""Conversation -> text, or bytes. One module per format; to add one, write the module and name it in ``FORMATS``."""

from __future__ import annotations

from typing import Protocol

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from errors import UnknownFormat
from formats import ass, csv, ctm, json, markdown, parquet, report, rttm, seglst, srt, stm, textgrid, tsv, txt, uem, vtt
from pipeline.types import Conversation


class Format(Protocol):
    """What a module of this package offers. ``words`` asks for single words where the format can hold them."""

    @property
    def NAME(self) -> str: ...

    @property
    def MIMETYPE(self) -> str: ...

    @property
    def EXTENSION(self) -> str: ...

    def render(self, conversation: Conversation, *, name: str = "audio", words: bool = False) -> str | bytes: ...


_MODULES: tuple[Format, ...] = (
    *(json, txt, markdown, report, srt, vtt, ass),  # to be read
    *(csv, tsv, parquet, textgrid),  # to be worked with
    *(rttm, seglst, ctm, stm, uem),  # to be scored
)
BINARY = frozenset({parquet.NAME})  # those that render bytes
FORMATS: dict[str, Format] = {module.NAME: module for module in _MODULES}


def find(name: str) -> Format:
    """The format called ``name``, upper or lower case. Raises UnknownFormat, which lists the known ones."""
    known = FORMATS.get(name.strip().lower())
    if known is None:
        raise UnknownFormat(f"format must be one of: {', '.join(FORMATS)}.", field="format")
    return known


def render(conversation: Conversation, fmt: str, *, name: str = "audio", words: bool = False) -> str | bytes:
    """``conversation`` in the format called ``fmt``; ``name`` is the recording's. Raises UnknownFormat."""
    return find(fmt).render(conversation, name=name, words=words)


def negotiate(format_field: str | None, accept: str | None) -> Format:
    """The format that a request asks for: by its ``format`` field, else by its Accept header, else JSON.

    An Accept header that names nothing we have gets JSON too, not 406: the seed's clients send whatever their HTTP
    library sends by default. The report comes by its name alone: every browser asks for HTML first. An empty field
    counts as none. Raises UnknownFormat for a field that names no format.
    """
    if format_field and format_field.strip():
        return find(format_field)
    accepted = parse_accept_header(accept, MIMEAccept)
    types = [fmt.MIMETYPE for fmt in FORMATS.values() if fmt is not report]
    chosen = accepted.best_match(types, default=json.MIMETYPE)
    return next(fmt for fmt in FORMATS.values() if chosen == fmt.MIMETYPE)
