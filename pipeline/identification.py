"""Who of the known voices a recording's speakers are: an open set, in which nobody is a real answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.known import Candidate, Identity, KnownVoice, Reason, Voiceprint
from pipeline.voices import Marks, Voice

MIN_SECONDS = 1.0  # of speech alone: less does not tell whose voice it is
LEAST = 2.5  # seconds that shorter speech is taken for: it is not to be believed sooner because it is short


@dataclass(frozen=True, eq=False)
class Comparable:
    """Voices that one network knows. names: one of each; vectors: float32 (n, d), unit length; seconds: float (n,), of
    speech that each was made of; others: how many known voices it does not know."""

    names: tuple[str, ...] = ()
    vectors: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    seconds: np.ndarray = field(default_factory=lambda: np.zeros(0))
    others: int = 0


def comparable(voices: Sequence[KnownVoice], model: str) -> Comparable:
    """What the network with this key knows of them; those of one name are one."""
    prints = dict[str, list[Voiceprint]]()
    for voice in voices:
        prints.setdefault(voice.name, []).extend(one for one in voice.prints if one.model == model)
    own = {name: found for name, found in prints.items() if found}
    if not own:
        return Comparable(others=len(prints))
    vectors = np.array([_mean(found) for found in own.values()], np.float32)
    seconds = np.array([sum(one.seconds for one in found) for found in own.values()])
    return Comparable(tuple(own), vectors, seconds, len(prints) - len(own))


def _mean(prints: Sequence[Voiceprint]) -> np.ndarray:
    """Weighted by seconds."""
    mean = (np.array([one.vector for one in prints]) * np.array([[one.seconds] for one in prints])).sum(0)
    return mean / max(float(np.linalg.norm(mean)), 1e-9)


def identify(
    voices: Mapping[str, Voice], known: Comparable, marks: Marks, speakers: Sequence[str] = ()
) -> list[Identity]:
    """Who each speaker is: those of ``speakers`` first, of whom some may have said too little for a voice.

    A speaker can only be the known voice that they are most like. Where two speakers claim one name, the better match
    has it: the other may be the same person told apart by mistake, or anybody, but is nobody else who is known.
    """
    found = {speaker: _judged(speaker, voices.get(speaker), known, marks) for speaker in [*speakers, *voices]}
    claims = sorted((one for one in found.values() if one.name), key=lambda one: -(one.score or 0.0))
    holders = dict[str, str]()
    for claim in claims:
        holders.setdefault(claim.name or "", claim.speaker)
    return [one if one.name is None or holders[one.name] == one.speaker else _taken(one) for one in found.values()]


def likenesses(voice: Voice, known: Comparable, marks: Marks) -> np.ndarray:
    """How like each of the known voices it is, by :meth:`pipeline.voices.Marks.likeness`: float (n,)."""
    lengths = np.maximum(known.seconds, LEAST), max(voice.seconds, LEAST)
    return marks.likeness(known.vectors @ voice.vector, *lengths)


def _judged(speaker: str, voice: Voice | None, known: Comparable, marks: Marks) -> Identity:
    """By this voice alone."""
    seconds = round(voice.seconds, 2) if voice else 0.0
    if voice is None or not known.names:
        return Identity(speaker, None, seconds=seconds, reason="too_short" if seconds < MIN_SECONDS else "too_unlike")
    scores: list[float] = likenesses(voice, known, marks).tolist()
    ranked = sorted(zip(scores, known.names, strict=True), reverse=True)
    (best, name), rival = ranked[0], Candidate(ranked[1][1], round(ranked[1][0], 3)) if ranked[1:] else None
    reason = _refusal(seconds, best, ranked[1][0] if rival else -np.inf, marks)
    return Identity(speaker, None if reason else name, round(best, 3), rival, seconds, reason)


def _refusal(seconds: float, best: float, second: float, marks: Marks) -> Reason | None:
    if seconds < MIN_SECONDS:
        return "too_short"
    if best < marks.known:
        return "too_unlike"
    return "too_close" if best - second < marks.margin else None


def _taken(claim: Identity) -> Identity:
    return Identity(claim.speaker, None, claim.score, claim.runner_up, claim.seconds, "taken")
