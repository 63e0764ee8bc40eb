"""How far the loading of a profile has come, stage by stage."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)

WAITING, LOADING, READY, FAILED = "waiting", "loading", "ready", "failed"
# on_loading(profile, {stage: one of the states above}), at the beginning and after each change.
OnLoading = Callable[[str, dict[str, str]], None]


class Loading:
    """``with loading("vad"):`` goes around what loads the model of that stage.

    Every change is reported, and the seconds that a model took are logged.
    """

    def __init__(self, profile: str, stages: Iterable[str], on_loading: OnLoading | None = None) -> None:
        self._profile, self._on_loading = profile, on_loading
        self._states = dict.fromkeys(stages, WAITING)
        self._set()

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        begun = time.perf_counter()
        self._set(**{stage: LOADING})
        try:
            yield
        except BaseException:
            self.fail(stage)
            raise
        self._set(**{stage: READY})
        log.info("Profile %s: %s ready after %.1f s", self._profile, stage, time.perf_counter() - begun)

    def fail(self, *stages: str) -> None:
        """These cannot be loaded; the error that says why is for the caller to raise."""
        self._set(**dict.fromkeys(stages, FAILED))

    def _set(self, **states: str) -> None:
        self._states |= states
        if self._on_loading:
            self._on_loading(self._profile, dict(self._states))
