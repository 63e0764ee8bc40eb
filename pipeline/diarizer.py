"""Diarization on one screen: who speaks when, without a word being recognised."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.artefacts import Arrays
from pipeline.clustering import Bounds, centroids_of, cluster, similarity
from pipeline.embeddings import VoiceEmbedder
from pipeline.overlap import Overlap
from pipeline.pieces import LONGEST, Piece, cut_pieces, halve
from pipeline.segmentation import FRAME, LocalActivity, Segmenter
from pipeline.tracklets import Tracklet, link
from pipeline.turns import draw_turns, speech_probability
from pipeline.types import Audio, Span, Turn
from pipeline.vad import SpeechDetector, speech_spans

DOUBT = 0.5  # a piece whose best two voices are closer than this may hold both of them
MIN_DOUBTFUL = 2.0  # seconds alone that make it worth a second look
_SHORTEST_CUT = 0.5  # seconds: pieces are never cut finer to reach a given number of speakers


@dataclass(frozen=True, eq=False)
class Heard:
    """detected: MarbleNet's speech probability, float32 (20 ms frames,); local: who of three nearby speakers speaks;
    vectors: of the pieces that all of it is cut into, float32 (pieces, d), once they are known."""

    detected: np.ndarray
    local: LocalActivity
    vectors: np.ndarray | None = None

    def arrays(self) -> Arrays:
        vectors = {} if self.vectors is None else {"vectors": self.vectors}
        return {"detected": self.detected, **self.local.arrays(), **vectors}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Heard:
        return cls(arrays["detected"], LocalActivity.from_arrays(arrays), arrays.get("vectors"))


@dataclass(frozen=True)
class Diarized:
    """turns: by start, their speakers named "0", "1", ...; speech: the stretches worth transcribing; warnings: what
    the caller should know of how they were found."""

    turns: tuple[Turn, ...]
    speech: tuple[Span, ...]
    warnings: tuple[str, ...] = ()


class Diarizer:
    """Owns the three networks that listen to voices."""

    restored = staticmethod(Heard.from_arrays)

    def __init__(self, detector: SpeechDetector, segmenter: Segmenter, embedder: VoiceEmbedder) -> None:
        self._detector, self._segmenter, self._embedder = detector, segmenter, embedder

    def listen(self, audio: Audio, on_progress: Callable[[float], None] | None = None) -> Heard:
        """Where there is speech, and by how many at a time."""
        return Heard(self._detector(audio), self._segmenter(audio, on_progress))

    def embed(self, audio: Audio, heard: Heard, on_progress: Callable[[float], None] | None = None) -> Heard:
        """With what its voices are like."""
        pieces = cut_pieces(link(heard.local), audio.duration)
        return replace(heard, vectors=self._embedder(audio, pieces, on_progress).vectors)

    def tell_apart(
        self, audio: Audio, heard: Heard, bounds: Bounds, on_progress: Callable[[float], None] | None = None
    ) -> Diarized:
        """heard: as :meth:`embed` gives it; what it lacks is embedded here."""
        tracklets = link(heard.local)
        pieces = self._pieces(tracklets, audio, bounds)
        vectors = heard.vectors
        if vectors is None or len(vectors) != len(pieces):  # cut finer than usual
            vectors = self._embedder(audio, pieces, on_progress).vectors
        labels = cluster(vectors, pieces, Overlap(heard.local, tracklets), bounds)
        pieces, labels = self._second_look(audio, tracklets, pieces, vectors, labels, bounds.low)
        speech = speech_probability(heard.local, heard.detected)
        turns = draw_turns(heard.local, speech, tracklets, pieces, labels, audio.duration)
        return Diarized(tuple(turns), tuple(speech_spans(speech, FRAME, audio.duration) if turns else ()))

    @staticmethod
    def _pieces(tracklets: Sequence[Tracklet], audio: Audio, bounds: Bounds) -> list[Piece]:
        """Pieces, cut finer where the caller knows of more speakers than there are pieces."""
        longest = LONGEST
        pieces = cut_pieces(tracklets, audio.duration)
        while pieces and len(pieces) < bounds.low and longest > _SHORTEST_CUT:
            longest /= 2
            pieces = cut_pieces(tracklets, audio.duration, longest)
        return pieces

    def _second_look(
        self,
        audio: Audio,
        tracklets: Sequence[Tracklet],
        pieces: list[Piece],
        vectors: np.ndarray,
        labels: np.ndarray,
        low: int,
    ) -> tuple[list[Piece], np.ndarray]:
        """Pieces torn between two voices are cut in two; where the halves disagree, each keeps its own voice. A voice
        that was nothing but such a piece is gone then, unless fewer than ``low`` would be left."""
        seconds = np.array([piece.seconds for piece in pieces])
        clean = np.array([piece.clean for piece in pieces])
        if labels.max(initial=0) == 0:
            return pieces, labels
        centroids, weight = centroids_of(vectors, np.maximum(clean, 1e-3), labels)
        likeness = similarity(vectors, centroids, seconds, weight)
        own = np.take_along_axis(likeness, labels[:, None], 1)[:, 0]
        np.put_along_axis(likeness, labels[:, None], -np.inf, 1)
        doubtful = np.flatnonzero((clean >= MIN_DOUBTFUL) & (own - likeness.max(1) < DOUBT))
        cuts = [(int(i), halve(pieces[i], tracklets[pieces[i].tracklet])) for i in doubtful]
        halves = [half for _, cut in cuts if cut for half in cut]
        if not halves:
            return pieces, labels
        heard = self._embedder(audio, halves).vectors
        voices = similarity(heard, centroids, np.array([half.seconds for half in halves]), weight).argmax(1)
        torn = [i for i, cut in cuts if cut]
        pieces, voice_of = list(pieces), labels.tolist()
        for index, (left, right), (first, second) in zip(
            torn, zip(halves[::2], halves[1::2], strict=True), voices.reshape(-1, 2), strict=True
        ):
            lost = voice_of[index] not in (first, second) and voice_of.count(voice_of[index]) == 1
            if first != second and not (lost and len(set(voice_of)) <= low):
                pieces[index], voice_of[index] = left, first
                pieces.append(right)
                voice_of.append(second)
        return pieces, np.unique(voice_of, return_inverse=True)[1]
