"""A running service in place of models of one's own: ``cli.py transcribe --server URL``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from client import ApiError, Client, Unreachable
from commands.progress import Bars, stage_bars
from errors import DiarizationError, InvalidOption, MissingAudio, ModelError, from_dict
from formats import json
from pipeline.types import Conversation, OnProgress, Options

PATIENCE = 120.0  # s: recordings that do not yet find room in its queue wait


class RemoteSession:
    """Has recordings transcribed by a service, from several threads if need be. lost: it could not be reached."""

    def __init__(self, client: Client, bars: Bars | None = None) -> None:
        self._client, self._bars, self.lost = client, bars or stage_bars, False

    def transcribe(self, file: Path, options: Options, name: str) -> Conversation:
        """Shows its progress on a terminal. Raises DiarizationError. An interruption cancels the job."""
        asked = _asked(options)
        with _in_our_words(), self._bars(name) as on_progress:
            try:
                return _conversation(self._diarize(file, asked, on_progress or (lambda stage, fraction: None)))
            except Unreachable:
                self.lost = True
                raise

    def _diarize(self, file: Path, asked: dict[str, Any], on_progress: OnProgress) -> dict[str, Any]:
        try:
            return self._client.diarize(
                file,
                words=True,
                on_upload=lambda sent, total: on_progress("upload", sent / total),
                on_progress=lambda job: on_progress("service", job.percent / 100),
                **asked,
            ).raw
        except OSError:
            raise MissingAudio("The audio file does not exist or cannot be read.") from None


@contextmanager
def open_remote(url: str, key: str | None, bars: Bars | None = None) -> Iterator[RemoteSession]:
    """Raises InvalidOption for what cannot be the address of a service, or a key; DiarizationError where it cannot be
    reached, does not let us in, or has no models."""
    try:
        client = Client(url, key, patience=PATIENCE)
    except ValueError as error:
        raise InvalidOption(str(error), field="server") from None
    with client:
        with _in_our_words():
            status = client.status()
            next(client.jobs(page=1), None)  # so a wrong key is refused before anything is sent
        if status["status"] == "error":
            raise ModelError(" ".join(status["errors"]))
        yield RemoteSession(client, bars)


def _asked(options: Options) -> dict[str, Any]:
    if any("," in term for term in options.keyterms):
        raise InvalidOption("A service takes keyterms apart at commas: leave them out.", field="keyterms")
    return {name: value for name, value in options.to_dict().items() if value}


def _conversation(row: dict[str, Any]) -> Conversation:
    try:
        return json.from_dict(row)
    except (LookupError, TypeError, ValueError):
        raise DiarizationError("The result of the service cannot be understood.") from None


@contextmanager
def _in_our_words() -> Iterator[None]:
    """What the client raises, as the error that it would be here."""
    try:
        yield
    except ApiError as error:
        raise from_dict({"code": error.code, "message": error.message, "field": error.field}) from None
    except Unreachable as error:
        raise DiarizationError(str(error)) from None
