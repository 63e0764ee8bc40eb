"""The processors that the worker holds: one for each profile that was asked for, as many as MAX_LOADED_PROFILES."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from executors.base import Outcome, Processor
from pipeline.allocator import release_memory, settle
from pipeline.known import Voiceprint
from pipeline.on_offer import check_profiles
from pipeline.readiness import LOADING, WAITING, OnLoading
from pipeline.types import Conversation, Recording
from settings import Settings

log = logging.getLogger(__name__)

Load = Callable[[Settings, OnLoading], Processor]


class LoadedProfiles:
    """Itself a processor: the profile that a job's options name does the work, and is loaded first if need be.

    ``profile`` is the one that MODEL_CONFIG came to; it has the work of jobs that name none, and ``models`` and
    ``together`` are its own. Where there is no room, the profile that was not used for longest is unloaded.
    """

    def __init__(self, load: Load, settings: Settings, tell: Callable[[dict[str, Any]], None]) -> None:
        """load: makes the processor of ``settings.profile``, as ``nemo_processor.warm_processor`` does; tell: gets the
        message of kind "loading" (executors/worker.py) at each change. Raises ModelError."""
        self._load, self._settings, self._tell = load, settings, tell
        self._held: dict[str, Processor] = {}  # the least recently used comes first
        self._order = threading.Lock()
        self._readiness: dict[str, str] = {}
        self.profile, self.usable = "", True
        check_profiles(settings)
        processor = self._loaded(settings)
        self.profile, self.models, self.together = processor.profile, processor.models, processor.together
        self._hold(self.profile, processor)

    def process_all(self, recordings: Sequence[Recording]) -> list[Outcome]:
        """As the processor of the profile that each one's options name; those of one profile that follow each other
        go together. ModelError for those whose profile cannot be loaded."""
        groups = groupby(recordings, lambda recording: self._true_name(recording.options.profile))
        return [outcome for name, group in groups for outcome in self._outcomes(name, [*group])]

    def _outcomes(self, name: str, recordings: Sequence[Recording]) -> list[Outcome]:
        try:
            processor = self.choose(name)
        except Exception as error:
            return [error] * len(recordings)
        return processor.process_all(recordings)

    def relabel(self, recording: Recording) -> Conversation:
        return self.choose(recording.options.profile).relabel(recording)

    def enrol(self, recording: Recording) -> Sequence[Voiceprint]:
        return self.choose(recording.options.profile).enrol(recording)

    def held(self, name: str | None) -> Processor | None:
        """The processor of that profile if its models are in memory. Safe from any thread."""
        with self._order:
            return self._held.get(self._true_name(name))

    def choose(self, name: str | None) -> Processor:
        """The processor of that profile, None being MODEL_CONFIG's. Raises ModelError.

        Whoever keeps it keeps its models in memory. Without those of MODEL_CONFIG this object is not ``usable`` any
        more: then a new process should try, and say that it cannot, if it cannot.
        """
        name = self._true_name(name)
        with self._order:
            if name in self._held:
                self._held[name] = self._held.pop(name)
                return self._held[name]
        try:
            return self._hold(name, self._loaded(self._settings_of(name)))
        except Exception:
            self.usable = name != self.profile
            settle()
            raise

    def _true_name(self, name: str | None) -> str:
        return self.profile if name in (None, self._settings.profile_name) else str(name)

    def _settings_of(self, name: str) -> Settings:
        """MODEL_CONFIG may be a path, which only the settings know; what "auto" came to at the start remains."""
        if name == self.profile and self._settings.profile != "auto":
            return self._settings
        return self._settings.model_copy(update={"profile": name})

    def _loaded(self, settings: Settings) -> Processor:
        self._report()  # from here on the parent counts LOAD_TIMEOUT, not JOB_TIMEOUT
        release_memory()  # of a load that failed, for one
        processor = self._load(settings, self._note)
        self._make_room()
        return processor

    def _note(self, profile: str, stages: dict[str, str]) -> None:
        """Room is made when the first model is read, and not before: a profile that is not on this machine must not
        cost the others their place."""
        if LOADING in stages.values():
            self._make_room()
        self.profile = self.profile or profile
        if profile == self.profile:
            self._readiness = stages
        self._report()

    def _make_room(self) -> None:
        while len(self._held) >= self._settings.max_loaded_profiles:
            name = next(iter(self._held))
            del self._held[name]
            if name == self.profile:
                self._readiness = dict.fromkeys(self._readiness, WAITING)
            release_memory()
            log.info("Profile %s unloaded", name)

    def _hold(self, name: str, processor: Processor) -> Processor:
        self._held[name] = processor
        settle()
        self._report()
        return processor

    def _report(self) -> None:
        if self.profile:
            state = {"profile": self.profile, "readiness": self._readiness, "loaded": sorted(self._held)}
            self._tell({"kind": "loading", **state})
