"""Files that come within a text, as RFC 2397 has it: ``data:audio/wav;base64,...``."""

from __future__ import annotations

import base64
import re
from urllib.parse import unquote_to_bytes

from errors import InvalidOption

_URL = re.compile(r"data:(?P<kind>[^;,]*)(?:;[^;,]*)*?(?P<base64>;\s*base64)?,(?P<data>.*)", re.S | re.I)
_SOUND = ("audio/", "video/", "application/ogg", "application/octet-stream")


def sound_in(url: str, field: str) -> bytes:
    """What it holds, which says of itself that it is sound. Raises InvalidOption with that field."""
    found = _URL.fullmatch(url.strip())
    if found is None:
        raise InvalidOption("A data URL begins with data: and has a comma before its data.", field=field)
    if not found["kind"].strip().lower().startswith(_SOUND):
        raise InvalidOption("The data URL is not audio.", field=field)
    data = unquote_to_bytes(found["data"])
    if found["base64"]:
        data = _decoded(data, field)
    if not data:
        raise InvalidOption("The data URL is empty.", field=field)
    return data


def _decoded(data: bytes, field: str) -> bytes:
    try:
        return base64.b64decode(b"".join(data.split()), validate=True)
    except ValueError:
        raise InvalidOption("The data URL is not base64.", field=field) from None
