"""Where a run of fine-tuning is kept until it is done: one file beside the model that it makes."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from errors import DiarizationError, InvalidOption


@dataclass(frozen=True)
class Checkpoint:
    """of: what the run is made of (model, clips, plan), so that no other goes on with it."""

    path: Path
    of: str

    def save(self, state: dict[str, Any]) -> None:
        """It is there whole or as it was before. Raises DiarizationError where the disk refuses."""
        partial = self.path.with_name(f".{self.path.name}.partial")
        try:
            torch.save({"of": self.of, "state": state}, partial)
            os.replace(partial, self.path)
        except (OSError, RuntimeError) as error:  # torch's writer raises the latter on a full disk
            with suppress(OSError):
                partial.unlink()
            raise DiarizationError(f"{self.path.name} cannot be written: is the disk full?") from error

    def load(self) -> dict[str, Any]:
        """Raises InvalidOption where there is none, for one that is damaged, and for that of another run."""
        if not self.path.exists():
            raise InvalidOption(f"There is no {self.path.name} to go on from.", field="resume")
        try:
            held = torch.load(self.path, map_location="cpu", weights_only=True)
            of, state = held["of"], held["state"]
        except Exception as error:  # whatever a damaged file makes torch raise
            raise InvalidOption(f"{self.path.name} is damaged: remove it, and begin again.", field="resume") from error
        if of != self.of:
            raise InvalidOption(
                f"{self.path.name} is of another model, other clips or other options: give those again, or remove it.",
                field="resume",
            )
        return state

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
