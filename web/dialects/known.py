"""The dialects that are spoken here, by their addresses: what an error looks like there, and how a key is sent.

Errors come up before any route is known, too, so the address alone decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from flask import has_request_context, request
from pydantic import BaseModel

from dialects import assemblyai, deepgram, openai, whisper_asr
from dialects.refusal import Refusal
from web.schemas.assemblyai import AssemblyAIError
from web.schemas.deepgram import DeepgramError
from web.schemas.error import Error
from web.schemas.openai import OpenAIError
from web.schemas.whisper_asr import WhisperError

_OURS = re.compile(r"\b(?:(?:num|min|max)_speakers|keyterms|per_channel)\b|^(?:language|profile)(?= must)")
_BAD_REQUEST = MappingProxyType({409: 400, 415: 400, 422: 400})


@dataclass(frozen=True)
class Dialect:
    """One way of calling this service.

    places: its addresses, and all below them. error, schema: an error's body, and its description. statuses: by ours
    (web/errors.py), where they differ. fields: its names, by those of our fields, None for one that it has not. kinds:
    of Authorization that hold a key, the usual one first; "" is the key alone. schemes: the same for /openapi.json
    (web/routes.py). keys_unasked: its clients send a key wherever they call; one that is none of ours then counts as
    none where none is needed.
    """

    places: tuple[str, ...]
    error: Callable[[Refusal], dict[str, Any]]
    schema: type[BaseModel]
    statuses: Mapping[int, int] = field(default_factory=dict)
    fields: Mapping[str, str | None] = field(default_factory=dict)
    kinds: tuple[str, ...] = ("Bearer",)
    schemes: tuple[str, ...] = ("bearer", "header")
    keys_unasked: bool = True

    def status(self, ours: int) -> int:
        return self.statuses.get(ours, ours)

    def field(self, ours: str | None) -> str | None:
        """Of "known.0" it is the name of known."""
        return self.fields.get((ours or "").partition(".")[0], ours)

    def worded(self, message: str) -> str:
        """A message about our fields, by its names for them. What is a word of everyday English too is none."""
        return _OURS.sub(lambda found: self.fields.get(found[0]) or found[0], message)

    def key(self, authorization: str) -> str | None:
        """The key in that header. One of another kind is between the client and a proxy: None."""
        kind, _, text = authorization.strip().partition(" ")
        if kind.lower() in (known.lower() for known in self.kinds if known):
            return text.strip()
        return authorization.strip() or None if "" in self.kinds else None

    @property
    def form(self) -> str:
        """How to send a key, for people."""
        return f"Authorization: {self.kinds[0]} KEY".replace("  ", " ")

    @property
    def challenge(self) -> str:
        """Of WWW-Authenticate."""
        return f'{self.kinds[0] or "Key"} realm="API key"'


def _own(refusal: Refusal) -> dict[str, Any]:
    return {"error": {"code": refusal.code, "message": refusal.message, "field": refusal.field}}


OWN = Dialect(places=("",), error=_own, schema=Error, schemes=("bearer", "header", "cookie"), keys_unasked=False)
OPENAI = Dialect(
    places=("/v1",),
    error=openai.error,
    schema=OpenAIError,
    statuses=_BAD_REQUEST,
    fields={"audio": "file", "profile": "model", "keyterms": "keywords", "known": "known_speaker_references"},
)
WHISPER_ASR = Dialect(
    places=("/asr", "/detect-language"),
    error=whisper_asr.error,
    schema=WhisperError,
    statuses=MappingProxyType({400: 422}),
    fields={"audio": "audio_file", "profile": None},  # which is MODEL_CONFIG's
    keys_unasked=False,
)
DEEPGRAM = Dialect(
    places=("/v1/listen",),
    error=deepgram.error,
    schema=DeepgramError,
    statuses=_BAD_REQUEST,
    fields={"profile": "model", "keyterms": "keyterm", "channels": "multichannel", "per_channel": "multichannel"},
    kinds=("Token", "Bearer"),
    schemes=("token", "bearer", "header"),
)
ASSEMBLYAI = Dialect(
    places=("/v2",),
    error=assemblyai.error,
    schema=AssemblyAIError,
    statuses=_BAD_REQUEST,
    fields={
        "num_speakers": "speakers_expected",
        "min_speakers": "min_speakers_expected",
        "max_speakers": "max_speakers_expected",
        "channels": "multichannel",
        "per_channel": "multichannel",
        "keyterms": "keyterms_prompt",
        "language": "language_code",
        "profile": "speech_model",
    },
    kinds=("", "Bearer"),
    schemes=("key", "bearer", "header"),
)
DIALECTS = (OWN, OPENAI, WHISPER_ASR, DEEPGRAM, ASSEMBLYAI)
_PLACES = {place: dialect for dialect in DIALECTS for place in dialect.places}


def dialect_of(path: str) -> Dialect:
    """By the longest of the places that it lies at or below."""
    while path not in _PLACES:
        path = path.rpartition("/")[0]
    return _PLACES[path]


def current_dialect() -> Dialect:
    """That of this request; ours beside any."""
    return dialect_of(request.path) if has_request_context() else OWN
