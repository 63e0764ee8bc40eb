"""One request's work, as plain data that crosses a process or a database."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.known import KnownClip, KnownVoice
from pipeline.types import Options


@dataclass(frozen=True)
class Job:
    """What an executor runs.

    audio: the normalised WAV (16 kHz, 16-bit PCM), so many seconds long; name: the recording's name in the results;
    warnings: what was noticed on the way in, for the caller to read in the result; shelf: the folder where what its
    stages find is kept, if at all; relabel: nothing but its voices is to be told apart anew, from that shelf; enrol:
    its clips are of one voice, and nothing is wanted but what that is like; attempts: how often it was begun before and
    came to no end; known: voices whose speakers get their names; clips: more of them, normalised too.
    """

    id: str
    audio: Path
    options: Options
    name: str = "audio"
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0
    shelf: Path | None = None
    relabel: bool = False
    enrol: bool = False
    attempts: int = 0
    known: tuple[KnownVoice, ...] = ()
    clips: tuple[KnownClip, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "audio": str(self.audio),
            "options": self.options.to_dict(),
            "name": self.name,
            "warnings": list(self.warnings),
            "seconds": self.seconds,
            "shelf": str(self.shelf) if self.shelf else None,
            "relabel": self.relabel,
            "enrol": self.enrol,
            "known": [voice.to_dict() for voice in self.known],
            "clips": [clip.to_dict() for clip in self.clips],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Job:
        return cls(
            id=data["id"],
            audio=Path(data["audio"]),
            options=Options(**data["options"]),
            name=data["name"],
            warnings=tuple(data["warnings"]),
            seconds=data["seconds"],
            shelf=Path(data["shelf"]) if data["shelf"] else None,
            relabel=data["relabel"],
            enrol=data["enrol"],
            known=tuple(map(KnownVoice.from_dict, data["known"])),
            clips=tuple(map(KnownClip.from_dict, data["clips"])),
        )
