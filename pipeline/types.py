"""The values that flow through the house. Frozen; seconds from the start of the recording; half-open intervals.

Only :class:`Audio`, :class:`Recording` and :class:`Voiceprints` hold arrays and none leaves the processor: everything
else is plain data that crosses a thread, a process or a database with ``to_dict`` / ``from_dict``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

import numpy as np

from errors import InvalidOption
from pipeline.known import Identity, KnownVoice
from pipeline.languages import LANGUAGES

SAMPLE_RATE = 16_000

# on_progress(stage, fraction): stage is one of nemo_processor.STAGES, fraction runs from 0 to 1 within it.
OnProgress = Callable[[str, float], None]


# on_segments(segments): segments of the conversation that are final, each once and in order.
OnSegments = Callable[[Sequence["Segment"]], None]


def _check_interval(start: float, end: float) -> None:
    if not (math.isfinite(start) and math.isfinite(end) and 0 <= start <= end):
        raise ValueError(f"not an interval: [{start}, {end})")


class Samples(Protocol):
    """Numbers in a row, in memory (an array) or not; a slice of them is an array."""

    @property
    def ndim(self) -> int: ...

    @property
    def dtype(self) -> Any: ...

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __len__(self) -> int: ...

    def __getitem__(self, key: slice, /) -> np.ndarray: ...


@dataclass(frozen=True, eq=False)
class Audio:
    """Mono sound. samples: float32 (n,) in [-1, 1] at 16 kHz."""

    samples: Samples
    name: str = "audio"
    sample_rate: int = SAMPLE_RATE

    def __post_init__(self) -> None:
        if self.samples.ndim != 1 or self.samples.dtype != np.float32:
            raise ValueError(f"samples must be float32 (n,), not {self.samples.dtype} {self.samples.shape}")

    @property
    def duration(self) -> float:
        return len(self.samples) / self.sample_rate

    def cut(self, start: float, end: float) -> np.ndarray:
        """The samples of [start, end) s, clamped to the recording."""
        first = max(0, round(start * self.sample_rate))
        return self.samples[first : max(first, round(end * self.sample_rate))]


@dataclass(frozen=True)
class Span:
    """A stretch of time without a speaker: speech, or a region to transcribe."""

    start: float
    end: float

    def __post_init__(self) -> None:
        _check_interval(self.start, self.end)

    @property
    def duration(self) -> float:
        return self.end - self.start


@dataclass(frozen=True)
class Word:
    """One written word. ``interpolated`` marks a time that the recogniser did not give."""

    text: str
    start: float
    end: float
    confidence: float | None = None
    speaker: str | None = None
    speaker_confidence: float | None = None
    overlap: bool = False
    interpolated: bool = False

    def __post_init__(self) -> None:
        _check_interval(self.start, self.end)


@dataclass(frozen=True)
class Transcript:
    """Words in time order; language as BCP-47, or None where nothing was said; warnings: for the caller;
    language_confidence: 0-1, where the language was told from the sound."""

    words: tuple[Word, ...] = ()
    language: str | None = None
    warnings: tuple[str, ...] = ()
    language_confidence: float | None = None


@dataclass(frozen=True, eq=False)
class Voiceprints:
    """vectors: float32 (n, d) of unit length; spans[i] is where vectors[i] was heard."""

    vectors: np.ndarray
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Turn:
    """One speaker speaks. Turns of different speakers may overlap."""

    speaker: str
    start: float
    end: float

    def __post_init__(self) -> None:
        _check_interval(self.start, self.end)


@dataclass(frozen=True)
class Segment:
    """What one speaker said in one go."""

    speaker: str
    start: float
    end: float
    text: str
    words: tuple[Word, ...] = ()

    def __post_init__(self) -> None:
        _check_interval(self.start, self.end)


@dataclass(frozen=True)
class Conversation:
    """Who said what, when: the one result that every format is rendered from.

    ``turns`` is what the voices say (speech without words included); ``segments`` is what was written down.
    ``models`` maps a stage to the model that ran, ``timings`` a stage to its seconds. ``channels``: who speaks on each
    channel, where each had one speaker; empty for one without speech. ``identities``: who of the known voices each
    speaker is, where that was asked for. ``language_confidence``: 0-1, where the language was told from the sound.
    """

    segments: tuple[Segment, ...] = ()
    turns: tuple[Turn, ...] = ()
    speakers: tuple[str, ...] = ()
    duration: float = 0.0
    language: str | None = None
    models: dict[str, str] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    identities: tuple[Identity, ...] = ()
    language_confidence: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Not by ``asdict``, which takes ten times as long for an hour's words."""
        segments = [{**vars(segment), "words": [{**vars(word)} for word in segment.words]} for segment in self.segments]
        turns = [{**vars(turn)} for turn in self.turns]
        return {**vars(self), "segments": segments, "turns": turns, "identities": list(map(asdict, self.identities))}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Conversation:
        def segment(row: dict[str, Any]) -> Segment:
            return Segment(**{**row, "words": tuple(Word(**word) for word in row["words"])})

        return cls(
            **{
                **data,
                "segments": tuple(segment(row) for row in data["segments"]),
                "turns": tuple(Turn(**row) for row in data["turns"]),
                "speakers": tuple(data["speakers"]),
                "warnings": tuple(data["warnings"]),
                "channels": tuple(data.get("channels", ())),  # which results of earlier versions lack
                "identities": tuple(map(Identity.from_dict, data.get("identities", ()))),
            }
        )


ChannelMode = Literal["mix", "per_channel"]
DiarizerName = Literal["auto", "clustering", "sortformer", "nemotron"]
MAX_SPEAKERS = 50
MAX_KEYTERMS, MAX_KEYTERM = 100, 100  # phrases, characters


@dataclass(frozen=True)
class Options:
    """What one request asks for; it checks itself. A None leaves the choice to the recording.

    language: one of pipeline.languages.LANGUAGES ("en", "de", "haw"); num/min/max_speakers: 1..50;
    channels: "mix" averages them, "per_channel" gives every channel one speaker; diarizer: who tells voices apart,
    of those that the profile holds; "auto" leaves that to pipeline/router.py; keyterms: phrases that the recogniser
    should prefer among what sounds alike, where it can; profile: the name of one that the service offers
    (jobs/service.py), whose models do the work; identify: speakers whose voices the caller has made known get their
    names; only_language: what is spoken is all that is asked.
    """

    language: str | None = None
    num_speakers: int | None = None
    min_speakers: int | None = None
    max_speakers: int | None = None
    channels: ChannelMode = "mix"
    diarizer: DiarizerName = "auto"
    keyterms: tuple[str, ...] = ()
    profile: str | None = None
    identify: bool = False
    only_language: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "keyterms", tuple(self.keyterms))  # plain data has lists
        if len(self.keyterms) > MAX_KEYTERMS or any(len(term) > MAX_KEYTERM for term in self.keyterms):
            sentence = f"keyterms may hold {MAX_KEYTERMS} phrases of {MAX_KEYTERM} characters each."
            raise InvalidOption(sentence, field="keyterms")
        for name in ("num_speakers", "min_speakers", "max_speakers"):
            _check_count(name, getattr(self, name))
        low, high = self.min_speakers or 1, self.max_speakers or MAX_SPEAKERS
        if low > high:
            raise InvalidOption("min_speakers is larger than max_speakers.", field="min_speakers")
        if self.num_speakers and not low <= self.num_speakers <= high:
            raise InvalidOption("num_speakers lies outside min_speakers..max_speakers.", field="num_speakers")
        if self.channels not in ("mix", "per_channel"):
            raise InvalidOption("channels must be 'mix' or 'per_channel'.", field="channels")
        if self.channels == "per_channel" and (self.num_speakers or self.min_speakers or self.max_speakers):
            raise InvalidOption("per_channel gives every channel one speaker: leave the counts out.", field="channels")
        if self.diarizer not in (known := get_args(DiarizerName)):
            raise InvalidOption(f"diarizer must be one of {', '.join(known)}.", field="diarizer")
        if self.channels == "per_channel" and self.diarizer != "auto":
            raise InvalidOption("per_channel needs no diarizer: leave it out.", field="diarizer")
        if self.language is not None and self.language not in LANGUAGES:
            known = ", ".join(LANGUAGES)
            raise InvalidOption(f"language must be one of {known}; leave it out to have it found.", field="language")

    def to_dict(self) -> dict[str, Any]:
        return {item.name: getattr(self, item.name) for item in fields(self)}


def _check_count(name: str, value: int | None) -> None:
    if value is not None and not 1 <= value <= MAX_SPEAKERS:
        raise InvalidOption(f"{name} must be a whole number from 1 to {MAX_SPEAKERS}.", field=name)


@dataclass(frozen=True, eq=False)
class Recording:
    """What is to be processed. channels: one mixed recording, or one microphone for each speaker; shelf: the folder
    where what its stages find is kept, and found again, if at all; known: voices whose speakers get their names; clips:
    (name, sound) of more of them, not yet read."""

    channels: Sequence[Audio]
    options: Options
    on_progress: OnProgress | None = None
    on_segments: OnSegments | None = None
    shelf: Path | None = None
    known: Sequence[KnownVoice] = ()
    clips: Sequence[tuple[str, Audio]] = ()
