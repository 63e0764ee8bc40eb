"""Files that come within a text, as RFC 2397 has it: ``data:audio/wav;base64,...``."""

from __future__ import annotations

import base64

from errors import InvalidOption

LONGEST = 16 * 1024 * 1024  # characters: two minutes of one channel, 48 kHz and 16 bit
_LONGEST_HEAD = 200  # characters before the data
_SOUND = ("audio/", "video/", "application/ogg", "application/octet-stream")
_ESCAPED = {"%2b": "+", "%2B": "+", "%2f": "/", "%2F": "/", "%3d": "=", "%3D": "="}  # what base64 has and URLs may not
_SPACE = dict.fromkeys(map(ord, " \t\r\n"))


def sound_in(url: str, field: str) -> bytes:
    """What it holds, which says of itself that it is sound. Raises InvalidOption with that field."""
    if len(url) > LONGEST:
        raise InvalidOption(f"A data URL may have {LONGEST} characters.", field=field)
    head, comma, text = url.partition(",")
    scheme, _, kind = head.strip().lower().partition(":")
    if not comma or scheme != "data" or len(head) > _LONGEST_HEAD:
        raise InvalidOption("A data URL begins with data: and has a comma before its data.", field=field)
    if not kind.strip().startswith(_SOUND):
        raise InvalidOption("The data URL is not audio.", field=field)
    if kind.rpartition(";")[2].strip() != "base64":
        raise InvalidOption("The data URL is not base64.", field=field)
    if not (data := _decoded(text, field)):
        raise InvalidOption("The data URL is empty.", field=field)
    return data


def _decoded(text: str, field: str) -> bytes:
    """Recordings are long: what takes several times their size as a list of parts is done on the whole text."""
    text = text.translate(_SPACE) if text.isascii() else text
    for escaped, character in _ESCAPED.items():
        text = text.replace(escaped, character)
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:  # characters beyond ASCII too
        raise InvalidOption("The data URL is not base64.", field=field) from None
