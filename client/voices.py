"""Known voices: whoever is known has their name in every recording that is sent with ``identify=True``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from urllib.parse import quote

from client.answers import form, pages, patient, read
from client.connection import Connection
from client.shapes import Speaker
from client.streams import File, counted

AnySpeaker = Speaker | str  # its id


class Voices:
    """``Client.voices``. Raises as the client does."""

    def __init__(self, calls: Connection) -> None:
        self._calls = calls

    def enrol(self, name: str, consent: str, *clips: File, profile: str | None = None) -> Speaker:
        """Somebody new. consent: what this person has agreed to; clips: of this voice and no other."""
        return self._heard("/speakers", clips, name=name, consent=consent, profile=profile)

    def extend(self, speaker: AnySpeaker, *clips: File, profile: str | None = None) -> Speaker:
        """More clips of somebody who is known."""
        return self._heard(f"{_at(speaker)}/clips", clips, profile=profile)

    def get(self, speaker: AnySpeaker) -> Speaker:
        return read(self._calls.request("GET", _at(speaker)), Speaker.read)

    def list(self) -> Iterator[Speaker]:
        """The newest first."""
        return pages(self._calls, "/speakers", "speakers", Speaker.read, {})

    def forget(self, speaker: AnySpeaker) -> None:
        """With all that was kept."""
        self._calls.request("DELETE", _at(speaker))

    def _heard(self, path: str, clips: Sequence[File], **fields: str | None) -> Speaker:
        with ExitStack() as opened:
            files = [("audio", opened.enter_context(counted(clip, None))) for clip in clips]
            sent = {"files": files, "data": form(fields), "timeout": patient(self._calls)}
            return read(self._calls.request("POST", path, **sent), Speaker.read)


def _at(speaker: AnySpeaker) -> str:
    return f"/speakers/{quote(speaker if isinstance(speaker, str) else speaker.id, safe='')}"
