"""The cookie that holds an API key for the page, so that its audio, event streams and downloads need no header.

Browsers add it by themselves, so it counts only where the browser says that a page of this very server asks, or the
person at it; that it is SameSite keeps it from other sites, and this from other ports and sibling names as well.
"""

from __future__ import annotations

from flask import Response, request

from keys.key import KeyRecord
from web.pages import is_from_own_page

NAME = "diarization_key"
LONGEST = 30 * 86_400  # s that a browser keeps it; a key that expires sooner goes sooner


def key_in_cookie(*, writes: bool) -> str | None:
    """The key, if it counts. Browsers tell the origin of all that ``writes``; of the rest older ones tell nothing."""
    text, own = request.cookies.get(NAME), is_from_own_page()
    return text if (not writes if own is None else own) else None


def give_cookie(response: Response, text: str, key: KeyRecord) -> None:
    left = LONGEST if key.expires_at is None else max(0, int(key.expires_at - key.read_at))
    response.set_cookie(NAME, text, max_age=min(LONGEST, left), **_attributes())


def take_cookie(response: Response) -> None:
    response.delete_cookie(NAME, **_attributes())


def _attributes() -> dict:
    """A proxy in front may speak TLS; the page's own origin then tells of it."""
    secure = request.is_secure or request.headers.get("Origin", "").startswith("https://")
    return {"path": "/", "secure": secure, "httponly": True, "samesite": "Strict"}
