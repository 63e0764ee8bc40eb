"""Whether this process is alive, and whether it can do its work: two questions, and a supervisor acts differently on
each."""

from __future__ import annotations

import shutil
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from executors.base import Executor
from jobs.dispatcher import Dispatcher
from jobs.store import JobStore
from settings import Settings


class Health:
    """ffmpeg: its version, or empty. Both answers are sentences for the client, and nothing where all is well."""

    def __init__(
        self, settings: Settings, executor: Executor, store: JobStore, dispatcher: Dispatcher, ffmpeg: str
    ) -> None:
        self._settings, self._executor, self._store = settings, executor, store
        self._dispatcher, self._ffmpeg = dispatcher, ffmpeg

    def stopped(self) -> list[str]:
        """Threads that should run and do not: only a new process helps. Looks at nothing outside of this one."""
        threads = {"dispatcher": self._dispatcher.alive, "worker's supervisor": self._executor.state().alive}
        return [f"The {name} has stopped." for name, alive in threads.items() if not alive]

    def missing(self) -> list[str]:
        """What work needs and does not have now."""
        ffmpeg = [] if self._ffmpeg else ["ffmpeg was not found."]
        return [*self.stopped(), *self._models(), *ffmpeg, *self._database(), *self._disks()]

    def _models(self) -> list[str]:
        state = self._executor.state()
        if state.ready:
            return []
        return ["The models cannot be loaded; see /status." if state.errors else "The models are loading."]

    def _database(self) -> list[str]:
        try:
            self._store.check_writable()
        except SQLAlchemyError:
            return ["The table of jobs cannot be reached or written."]
        return []

    def _disks(self) -> list[str]:
        folders = {"DATA_DIR": self._settings.data_dir, "TEMP_AUDIO_DIR": self._settings.temp_audio_dir}
        return [fault for name, folder in folders.items() if (fault := self._full(name, folder))]

    def _full(self, name: str, folder: Path) -> str:
        try:
            free = shutil.disk_usage(folder).free
        except OSError:
            return f"{name} cannot be read."
        least = self._settings.min_free_mb
        return f"{name} has less than {least} MiB free." if free < least * 2**20 else ""
