"""A diarizer that hears each recording once: what it heard is kept, and found again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pipeline.artefacts import Artefacts
from pipeline.clustering import Bounds
from pipeline.diarizer import Diarized
from pipeline.types import Audio

Progress = Callable[[float], None] | None


class Remembered:
    """A diarizer (pipeline/router.py) over the artefacts of one recording. name: of the diarizer, for its artefacts."""

    def __init__(self, diarizer: Any, name: str, artefacts: Artefacts) -> None:
        self._diarizer, self._name, self._artefacts = diarizer, name, artefacts
        if hasattr(diarizer, "limit"):
            self.limit: int = diarizer.limit

    def listen(self, audio: Audio, on_progress: Progress = None) -> Any:
        return self._once("speech", lambda: self._diarizer.listen(audio, on_progress))

    def embed(self, audio: Audio, heard: Any, on_progress: Progress = None) -> Any:
        return self._once("voices", lambda: self._diarizer.embed(audio, heard, on_progress), before=heard)

    def tell_apart(self, audio: Audio, heard: Any, bounds: Bounds, on_progress: Progress = None) -> Diarized:
        found = self._diarizer.tell_apart(audio, heard, bounds, on_progress)
        if found.heard is not None and found.heard is not heard:
            self._artefacts.save(f"voices-{self._name}", found.heard.arrays())
        return replace(found, heard=None)

    def _once(self, stage: str, hear: Callable[[], Any], before: Any = None) -> Any:
        """Nothing is kept where nothing was added, as by an end-to-end model."""
        name = f"{stage}-{self._name}"
        arrays = self._artefacts.load(name)
        if arrays is not None:
            return self._diarizer.restored(arrays) if arrays else before
        heard = hear()
        self._artefacts.save(name, {} if heard is before else heard.arrays())
        return heard
