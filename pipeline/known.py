"""Known voices: what a service knows of people's voices, and what it makes of that in a recording. Plain data."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from errors import InvalidOption

LONGEST_NAME = 100  # characters
# A warning of the result.
UNABLE = ("Voices cannot be identified: the profile has no model for speaker_embeddings, so speakers have no names.",)
# Of a speaker who is not named; see pipeline/conversation.py.
_LABEL = re.compile(r"SPEAKER_\d+")

# Why a voice has no name: it says too little, it is like none that is known, it is like two of them, or the one it is
# like speaks elsewhere in the recording.
Reason = Literal["too_short", "too_unlike", "too_close", "taken"]


@dataclass(frozen=True)
class Voiceprint:
    """A voice as one network hears it. vector: of unit length; model: the network's key, since vectors of two networks
    have nothing to do with each other; seconds: of speech that it was heard in."""

    vector: tuple[float, ...]
    model: str
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Voiceprint:
        return cls(tuple(data["vector"]), data["model"], data["seconds"])


@dataclass(frozen=True)
class KnownVoice:
    """Somebody's voice, as several clips or networks may know it."""

    name: str
    prints: tuple[Voiceprint, ...]

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "prints": [one.to_dict() for one in self.prints]}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> KnownVoice:
        return cls(data["name"], tuple(map(Voiceprint.from_dict, data["prints"])))


@dataclass(frozen=True)
class KnownClip:
    """A clip in which somebody of this name speaks, and nobody else. audio: a file, as it was sent or normalised."""

    name: str
    audio: Path

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "audio": str(self.audio)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> KnownClip:
        return cls(data["name"], Path(data["audio"]))


@dataclass(frozen=True)
class Candidate:
    """Somebody known, and how like the voice is: about 1 for one person, about 0 for two."""

    name: str
    score: float


@dataclass(frozen=True)
class Identity:
    """Who a speaker of a conversation is. speaker: as it calls them; name: of the known voice, or None, and why; score:
    of the best one, None where nothing was compared; seconds: of the speech that was compared, spoken alone."""

    speaker: str
    name: str | None
    score: float | None = None
    runner_up: Candidate | None = None
    seconds: float = 0.0
    reason: Reason | None = None

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Identity:
        rival = data["runner_up"]
        return cls(**{**data, "runner_up": Candidate(**rival) if rival else None})


def checked_name(name: str, field: str = "name") -> str:
    """The name, composed (NFC) and with single spaces. Raises InvalidOption for what no known voice may be called: a
    name is printed in every format, and must not look like the label of somebody without one."""
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if not (0 < len(name) <= LONGEST_NAME and name.isprintable()):
        raise InvalidOption(f"A name has 1 to {LONGEST_NAME} printable characters.", field=field)
    if is_label(name.upper().replace(" ", "_")):
        raise InvalidOption("SPEAKER_ and a number is what speakers without a name are called.", field=field)
    return name


def is_label(name: str) -> bool:
    """Whether this is what speakers without a name are called."""
    return _LABEL.fullmatch(name) is not None
