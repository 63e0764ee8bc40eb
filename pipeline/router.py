"""Which diarizer hears a recording: what is asked for and what is found, against what each model can tell apart.

An end-to-end model hears overlap and short turns best, but only as many speakers as it has outputs (its ``limit``);
clustering has no limit. So with ``diarizer=auto`` a model goes first, and clustering is asked where the model cannot
do what is asked for or may have missed somebody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from errors import ArtefactsExpired, InvalidOption
from pipeline.artefacts import Artefacts
from pipeline.clustering import Bounds
from pipeline.diarizer import Diarized
from pipeline.remembered import Remembered
from pipeline.types import Audio

CLUSTERING = "clustering"
# Name in options and profiles -> in sentences; the one that goes first where several are there comes first.
NAMES = {"nemotron": "Nemotron 3 Diarization", "sortformer": "Sortformer", CLUSTERING: "clustering"}
# Seconds that make a speaker more than a stray sound: only a limit full of such speakers is doubted, and only voices
# with so much to say are counted against it.
WELL_ACTIVE = 2.0
Progress = Callable[[float], None] | None


class Diarizer(Protocol):
    """What tells voices apart; see ``pipeline/diarizer.py``. :meth:`tell_apart` gets what :meth:`listen` heard and
    :meth:`embed` added, so that another number of speakers costs no second hearing. Both can be kept: they have
    ``arrays()``, of which ``restored(arrays)`` makes them again. One that cannot tell apart any number has an int
    ``limit``."""

    def listen(self, audio: Audio, on_progress: Progress = None) -> Any: ...

    def embed(self, audio: Audio, heard: Any, on_progress: Progress = None) -> Any: ...

    def tell_apart(self, audio: Audio, heard: Any, bounds: Bounds, on_progress: Progress = None) -> Diarized: ...


class Router:
    """Holds the diarizers of one profile by their names in :data:`NAMES`; at least one."""

    def __init__(self, diarizers: Mapping[str, Diarizer]) -> None:
        self._diarizers = {name: diarizers[name] for name in NAMES if name in diarizers}

    @property
    def names(self) -> tuple[str, ...]:
        """The one that goes first comes first."""
        return tuple(self._diarizers)

    def over(self, artefacts: Artefacts) -> Router:
        """For one recording, whose diarizers find again what they have heard of it before."""
        return Router({name: Remembered(one, name, artefacts) for name, one in self._diarizers.items()})

    def choose(self, wanted: str, bounds: Bounds) -> Route:
        """wanted: "auto" or a name. Raises InvalidOption for a diarizer that the profile does not hold."""
        if wanted == "auto":
            return self._auto(bounds)
        if wanted not in self._diarizers:
            there = ", ".join(["auto", *self._diarizers])
            raise InvalidOption(f"The diarizer {wanted} is not loaded here; there is {there}.", field="diarizer")
        return Route(wanted, self._diarizers[wanted], None, _beyond(wanted, self._diarizers[wanted], bounds))

    def _auto(self, bounds: Bounds) -> Route:
        """The first that can tell as many apart as are asked for, or else the one that comes nearest to it."""
        names = list(self._diarizers)
        able = [name for name in names if _limit(self._diarizers[name]) >= bounds.low]
        name = able[0] if able else max(names, key=lambda name: _limit(self._diarizers[name]))
        instead = "" if name == names[0] else f", so {NAMES[name]} was used"
        notes = _beyond(names[0], self._diarizers[names[0]], bounds, instead)
        second = self._diarizers.get(CLUSTERING) if name != CLUSTERING else None
        return Route(name, self._diarizers[name], second, notes)


@dataclass(frozen=True)
class Route:
    """The way of one recording: ``first`` listens, and ``second``, clustering, where ``first`` may be wrong. notes:
    for the warnings of the result. To be used as any diarizer."""

    name: str
    first: Diarizer
    second: Diarizer | None = None
    notes: tuple[str, ...] = ()

    def listen(self, audio: Audio, on_progress: Progress = None) -> Any:
        return self.first.listen(audio, on_progress)

    def tell_apart(self, audio: Audio, heard: Any, bounds: Bounds, on_progress: Progress = None) -> Diarized:
        report = None if self.second else on_progress
        heard = self.first.embed(audio, heard, report)
        own = self.first.tell_apart(audio, heard, bounds, report)
        own = replace(own, warnings=(*self.notes, *own.warnings))
        doubt = self._doubt(own, bounds)
        if doubt is None:
            return own
        if self.second is None:
            return _with_note(own, f"{doubt.sentence}; there may be more.")
        try:
            other = self._second_opinion(self.second, audio, bounds, on_progress)
        except ArtefactsExpired:  # nobody asked for it the first time
            return _with_note(own, f"{doubt.sentence}; there may be more.")
        if _speakers(other, doubt.seconds) <= _speakers(own, doubt.seconds):
            return _with_note(own, f"{doubt.sentence}; clustering found no more.")
        return _with_note(other, f"{doubt.sentence}; clustering found {_speakers(other)} and was used.")

    def _doubt(self, own: Diarized, bounds: Bounds) -> _Doubt | None:
        """Why there may be more speakers than ``first`` found, if it seems so."""
        found, limit, name = _speakers(own), _limit(self.first), NAMES[self.name]
        if self.second is not None and 0 < found < bounds.low:
            return _Doubt(f"{name} found only {found} of the {bounds.low} speakers asked for", 0.0)
        if bounds.low <= limit < bounds.high and _speakers(own, WELL_ACTIVE) == limit:
            return _Doubt(f"{name} found {found} speakers, as many as it can tell apart", WELL_ACTIVE)
        return None

    @staticmethod
    def _second_opinion(second: Diarizer, audio: Audio, bounds: Bounds, on_progress: Progress) -> Diarized:
        """A tenth of the progress is finding speech, the rest is telling voices apart."""
        report = on_progress or (lambda fraction: None)
        heard = second.listen(audio, lambda fraction: report(fraction / 10))
        heard = second.embed(audio, heard, lambda fraction: report(0.1 + 0.9 * fraction))
        return second.tell_apart(audio, heard, bounds)


@dataclass(frozen=True)
class _Doubt:
    """seconds: what a speaker has to say to count where two diarizers are compared."""

    sentence: str
    seconds: float


def _limit(diarizer: Diarizer) -> float:
    return getattr(diarizer, "limit", float("inf"))


def _beyond(name: str, diarizer: Diarizer, bounds: Bounds, instead: str = "") -> tuple[str, ...]:
    """The sentence about more speakers asked for than the diarizer can tell apart, if it is so."""
    if bounds.low <= _limit(diarizer):
        return ()
    limit = f"{NAMES[name]} tells at most {_limit(diarizer)} apart"
    return (f"{bounds.low} speakers were asked for, but {limit}{instead}.",)


def _speakers(diarized: Diarized, at_least: float = 0.0) -> int:
    """Speakers with so many seconds of turns."""
    seconds: dict[str, float] = {}
    for turn in diarized.turns:
        seconds[turn.speaker] = seconds.get(turn.speaker, 0.0) + turn.end - turn.start
    return sum(value >= at_least for value in seconds.values())


def _with_note(diarized: Diarized, note: str) -> Diarized:
    return replace(diarized, warnings=(*diarized.warnings, note))
