"""A folder of labelled recordings: NAME.rttm, with NAME.seglst.json and audio called NAME where there are any."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from errors import InputError
from evaluation.annotations import Annotation, read_annotation

# Only to tell audio from labels in a folder; what can be decoded is for audio_utils to say.
_AUDIO = re.compile(
    r"\.(3gp|aac|ac3|aiff?|amr|asf|au|avi|caf|flac|m4[av]|mk[av]|mov|mp[234]|mpe?g|og[ag]|opus|ts|w64|wav|web[am]|wm[av])",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Recording:
    """One labelled recording; ``audio`` is None where only labels were found."""

    name: str
    folder: Path
    audio: Path | None

    def reference(self) -> Annotation:
        """Its labels. Raises InputError for a file that cannot be read."""
        return read_annotation(self.folder, self.name)


def find_recordings(folder: Path) -> list[Recording]:
    """Every NAME.rttm in ``folder``, by name. Raises InputError where there is none."""
    names = sorted(path.stem for path in folder.glob("*.rttm"))
    if not names:
        raise InputError(f"No NAME.rttm in {folder}.")
    sounds = {path.stem: path for path in sorted(folder.iterdir(), reverse=True) if _is_audio(path)}
    return [Recording(name, folder, sounds.get(name)) for name in names]


def _is_audio(path: Path) -> bool:
    return _AUDIO.fullmatch(path.suffix) is not None
