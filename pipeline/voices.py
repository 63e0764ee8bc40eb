"""Voices: speech of one person -> one vector, and whether a clip holds one voice only.

Two networks make vectors (:class:`VoiceReader`): CAM++ of what the offline profile hears, and TitaNet of NVIDIA's. What
is done with them is the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage

from errors import SeveralVoices, VoiceTooShort
from pipeline.frames import runs
from pipeline.known import Voiceprint
from pipeline.types import Audio, Span, Turn

MIN_ENROLLED = 1.5  # seconds of speech below which a clip says too little of a voice
MIN_SECOND = 1.5  # seconds of speech that make another voice in a clip
ENOUGH = 60.0  # seconds of speech of one voice: more makes its vector no better
ONE_VOICE = 0.55  # how alike the parts of a clip are at least, by Marks.likeness
MIN_STRETCH = 0.5  # seconds that a stretch has at least, where turns are heard anew
LONGEST = 4.0  # seconds of a part of them: who else may speak in it is not looked for
_FRAME = 0.01  # s
Numbers = float | np.ndarray


@dataclass(frozen=True)
class Marks:
    """Of one network. same, short, other: in cosines, as in pipeline/clustering.py: the mean of one voice, how seconds
    lower it, and the mean of two voices. known, margin: by :meth:`likeness`, from when on a voice is that of somebody
    known, and by how much they must be ahead of anybody else."""

    known: float
    margin: float
    same: float
    short: float
    other: float

    def likeness(self, cosine: Numbers, a: Numbers, b: Numbers) -> np.ndarray:
        """About 1 for one voice and about 0 for two, of vectors made of ``a`` and of ``b`` seconds of speech."""
        expected = self.same / np.sqrt((1 + self.short / np.asarray(a)) * (1 + self.short / np.asarray(b)))
        return (np.asarray(cosine) - self.other) / np.maximum(expected - self.other, 0.1)


@dataclass(frozen=True, eq=False)
class Stretches:
    """Speech of a few seconds each. vectors: float32 (n, d), unit length; seconds: float (n,), spoken alone."""

    vectors: np.ndarray
    seconds: np.ndarray


@dataclass(frozen=True, eq=False)
class Voice:
    """vector: float32 (d,), unit length; seconds: of speech that it is the mean of."""

    vector: np.ndarray
    seconds: float


@dataclass(frozen=True, eq=False)
class Part:
    """A few seconds of one speaker. vector: float32 (d,), unit length; seconds: of it that nobody else speaks in."""

    span: Span
    vector: np.ndarray
    seconds: float


class VoiceReader(Protocol):
    """Makes vectors of speech. model: the network's key, which other weights do not have. Safe beside a call of the
    pipeline."""

    model: str
    marks: Marks

    def alone(self, audio: Audio) -> Stretches:
        """All that is said in a clip, but not where several speak at once."""
        ...

    def within(self, audio: Audio, spans: Sequence[Span]) -> Stretches:
        """What is said in these spans, which are in order and apart."""
        ...


def mean_voice(stretches: Stretches) -> Voice | None:
    """Weighted by the seconds; None where there are none."""
    total = float(stretches.seconds.sum())
    if total <= 0:
        return None
    mean = (stretches.vectors * stretches.seconds[:, None]).sum(0)
    return Voice((mean / max(float(np.linalg.norm(mean)), 1e-9)).astype(np.float32), total)


def voice_of(parts: Sequence[Part]) -> Voice | None:
    """Of the one speaker whose parts these are; None where there are none."""
    if not parts:
        return None
    return mean_voice(Stretches(np.array([one.vector for one in parts]), np.array([one.seconds for one in parts])))


def voiceprint(reader: VoiceReader, audio: Audio) -> Voiceprint:
    """Of the one person who speaks in a clip. Raises VoiceTooShort and SeveralVoices, with the seconds."""
    stretches = reader.alone(audio)
    voice = mean_voice(stretches)
    seconds = voice.seconds if voice else 0.0
    if voice is None or seconds < MIN_ENROLLED:
        least = f"at least {MIN_ENROLLED:g} s are needed"
        raise VoiceTooShort(f"The clip has {seconds:.1f} s of clean speech; {least}.", field="audio")
    other = second_voice(stretches, reader.marks)
    if other:
        shares = f"{seconds - other:.1f} s of one and {other:.1f} s of another"
        raise SeveralVoices(f"More than one voice speaks in the clip: {shares}.", field="audio")
    return Voiceprint(tuple(map(float, voice.vector)), reader.model, round(seconds, 2))


def voiceprints(
    reader: VoiceReader, clips: Sequence[Audio], known: Sequence[Voiceprint] = ()
) -> tuple[Voiceprint, ...]:
    """Of one person, who is also the one that is known by ``known``, as far as the same network made it. Raises as
    :func:`voiceprint`, naming the clip, also for one that is another person's."""
    prints = list[Voiceprint]()
    for number, clip in enumerate(clips, 1):
        others = [one for one in (*known, *prints) if one.model == reader.model]
        try:
            prints.append(_like(others, voiceprint(reader, clip), reader.marks))
        except (VoiceTooShort, SeveralVoices) as error:
            where = f"Clip {number}: " if len(clips) > 1 else ""
            raise type(error)(f"{where}{error.message}", field="audio") from None
    return tuple(prints)


def _like(others: Sequence[Voiceprint], one: Voiceprint, marks: Marks) -> Voiceprint:
    vectors, seconds = np.array([other.vector for other in others]), np.array([other.seconds for other in others])
    before = mean_voice(Stretches(vectors, seconds)) if others else None
    if before is None:
        return one
    cosine = float(before.vector @ np.array(one.vector))
    if marks.likeness(cosine, before.seconds, one.seconds) < ONE_VOICE:
        raise SeveralVoices(f"Its {one.seconds:.1f} s of speech are not of the voice that is known.", field="audio")
    return one


def second_voice(stretches: Stretches, marks: Marks) -> float:
    """The seconds of a second voice in a clip, 0 where there is none: parted by likeness, the clip has two large parts
    that would not be taken for one person's."""
    if len(stretches.vectors) < 2:
        return 0.0
    alike = linkage(stretches.vectors, "average", metric="cosine")
    for parts in range(2, min(len(stretches.vectors), 5) + 1):  # an odd cough may be the first to be parted off
        labels = fcluster(alike, parts, "maxclust")
        found = [mean_voice(_part(stretches, labels == label)) for label in np.unique(labels)]
        voices = sorted((voice for voice in found if voice), key=lambda voice: -voice.seconds)[:2]
        if len(voices) == 2 and voices[1].seconds >= MIN_SECOND:
            cosine = float(voices[0].vector @ voices[1].vector)
            alike = marks.likeness(cosine, voices[0].seconds, voices[1].seconds)
            return voices[1].seconds if alike < ONE_VOICE else 0.0
    return 0.0


def _part(stretches: Stretches, chosen: np.ndarray) -> Stretches:
    return Stretches(stretches.vectors[chosen], stretches.seconds[chosen])


def completed(
    found: Mapping[str, Sequence[Part]], reader: VoiceReader, audio: Audio, turns: Sequence[Turn]
) -> dict[str, Sequence[Part]]:
    """The parts that a diarizer has heard, and what the other speakers of its turns say alone, heard anew."""
    missing = dict.fromkeys(turn.speaker for turn in turns if turn.speaker not in found)
    spans = _alone(turns, audio.duration) if missing else {}
    return {**found, **{speaker: _heard(reader, audio, _longest(spans[speaker])) for speaker in missing}}


def _heard(reader: VoiceReader, audio: Audio, spans: Sequence[Span]) -> list[Part]:
    cut = [part for span in spans for part in _cut(span)]
    heard = [(span, mean_voice(reader.within(audio, [span]))) for span in cut]
    return [Part(span, voice.vector, voice.seconds) for span, voice in heard if voice]


def _cut(span: Span) -> list[Span]:
    """Into equally long ones, none over LONGEST."""
    edges = np.linspace(span.start, span.end, int(np.ceil(span.duration / LONGEST)) + 1).tolist()
    return [Span(a, b) for a, b in pairwise(edges)]


def _alone(turns: Sequence[Turn], duration: float) -> dict[str, list[Span]]:
    """Where each speaker has a turn and nobody else has."""
    names = list(dict.fromkeys(turn.speaker for turn in turns))
    speaking = np.zeros((len(names), round(duration / _FRAME)), bool)
    for turn in turns:
        speaking[names.index(turn.speaker), round(turn.start / _FRAME) : round(turn.end / _FRAME)] = True
    single = speaking & (speaking.sum(0) == 1)
    spans = {name: runs(row) * _FRAME for name, row in zip(names, single, strict=True)}
    return {name: [Span(a, b) for a, b in rows.tolist() if b - a >= MIN_STRETCH] for name, rows in spans.items()}


def _longest(spans: Sequence[Span]) -> list[Span]:
    """The longest of them, ENOUGH seconds in all, in order of time."""
    kept, left = list[Span](), ENOUGH
    for span in sorted(spans, key=lambda span: -span.duration):
        if left >= MIN_STRETCH:
            kept.append(Span(span.start, min(span.end, span.start + left)))
            left -= kept[-1].duration
    return sorted(kept, key=lambda span: span.start)
