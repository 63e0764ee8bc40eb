"""The real processor, watched: a test sees which recordings come together, and can let them wait."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from executors.base import Outcome
from logging_setup import job_id
from nemo_processor import NeMoProcessor, warm_processor
from pipeline.readiness import OnLoading
from pipeline.types import Recording
from settings import Settings


class WatchedProcessor:
    """Writes a line for each call into ``folder/company``: the ids of the jobs, with commas. Begins its work once
    ``folder/hold`` is not there."""

    def __init__(self, processor: NeMoProcessor, folder: Path) -> None:
        self._processor, self._folder = processor, folder
        self.profile, self.models, self.together = processor.profile, processor.models, processor.together

    def process_all(self, recordings: Sequence[Recording]) -> list[Outcome]:
        with (self._folder / "company").open("a") as file:
            file.write(f"{job_id.get()}\n")
        while (self._folder / "hold").exists():
            time.sleep(0.02)
        return self._processor.process_all(recordings)


def load(settings: Settings, on_loading: OnLoading) -> WatchedProcessor:
    return WatchedProcessor(warm_processor(settings, on_loading), settings.log_dir.parent)
