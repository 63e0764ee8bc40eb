"""The networks that tell apart voices in a recording, asked for the voice of one person: see pipeline/voices.py."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.clustering import OTHER, SAME, SHORT
from pipeline.diarizer import Heard
from pipeline.embeddings import VoiceEmbedder
from pipeline.pieces import FEATURE_CENTRE, FEATURE_STEP, LONGEST, Piece, cut_pieces
from pipeline.segmentation import Segmenter, frame_at
from pipeline.titanet import SpeakerEmbedder
from pipeline.tracklets import link
from pipeline.turns import SPEECH, speech_probability
from pipeline.types import Audio, Span
from pipeline.vad import SpeechDetector
from pipeline.voices import Marks, Stretches
from pipeline.window_vad import WindowDetector

# docs/accuracy.md has the measurements.
CAMPPLUS = Marks(known=0.71, margin=0.05, same=SAME, short=SHORT, other=OTHER)
# Not measured, but reckoned from what is published: NeMo takes a cosine of 0.4 for two clips of one person. Of clips of
# 6 s each this is one of 0.5: somebody is to be told from many, and not from one.
TITANET = Marks(known=0.62, margin=0.05, same=0.85, short=0.8, other=0.1)
_METHOD = b"1"  # how vectors are made: with another one, those of before are another network's


def model_key(name: str, weights: Path) -> str:
    """Of a network in this file: its name, and what stands for its weights."""
    with weights.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.sha256(_METHOD))
    return f"{name}@{digest.hexdigest()[:12]}"


class PieceReader:
    """CAM++ over what segmentation-3.0 and MarbleNet hear."""

    marks = CAMPPLUS

    def __init__(self, detector: SpeechDetector, segmenter: Segmenter, embedder: VoiceEmbedder, model: str) -> None:
        self._detector, self._segmenter, self._embedder, self.model = detector, segmenter, embedder, model

    def alone(self, audio: Audio) -> Stretches:
        """The pieces that the diarizer hears, where they are speech and one person's."""
        heard = Heard(self._detector(audio), self._segmenter(audio))
        speech = speech_probability(heard.local, heard.detected) > SPEECH
        pieces = [
            piece
            for piece in cut_pieces(link(heard.local), audio.duration)
            if piece.clean and speech[_grid(piece, len(speech))].mean() > SPEECH
        ]
        return self._read(audio, pieces)

    def within(self, audio: Audio, spans: Sequence[Span]) -> Stretches:
        return self._read(audio, [piece for span in spans for piece in _pieces(span, audio.duration)])

    def _read(self, audio: Audio, pieces: Sequence[Piece]) -> Stretches:
        return Stretches(self._embedder(audio, pieces).vectors, np.array([piece.seconds for piece in pieces]))


def _grid(piece: Piece, frames: int) -> np.ndarray:
    """The frames of the common grid in a piece."""
    return np.minimum(frame_at(FEATURE_CENTRE + FEATURE_STEP * piece.frames), frames - 1)


def _pieces(span: Span, duration: float) -> list[Piece]:
    """Equally long ones, none over LONGEST."""
    last = int((min(span.end, duration) - 2 * FEATURE_CENTRE) / FEATURE_STEP) + 1
    frames = np.arange(round(span.start / FEATURE_STEP), last)
    parts = np.array_split(frames, max(1, round(np.ceil(len(frames) * FEATURE_STEP / LONGEST))))
    times = [(part[0] * FEATURE_STEP, (part[-1] + 1) * FEATURE_STEP, part) for part in parts if len(part)]
    return [Piece(0, float(start), float(end), part, len(part) * FEATURE_STEP) for start, end, part in times]


class WindowReader:
    """TitaNet over the longest windows of its profile, in the speech that the profile's detector finds."""

    marks = TITANET

    def __init__(self, detector: SpeechDetector | WindowDetector, embedder: SpeakerEmbedder, model: str) -> None:
        self._detector, self._embedder, self.model = detector, embedder, model

    def alone(self, audio: Audio) -> Stretches:
        """Where two speak at once nobody here can tell."""
        return self.within(audio, self._detector.spans(audio))

    def within(self, audio: Audio, spans: Sequence[Span]) -> Stretches:
        """Windows overlap, so each stands for its share of the spans."""
        scale = self._embedder.longest(audio, spans)
        if scale is None:
            return Stretches(np.zeros((0, 0), np.float32), np.zeros(0))
        vectors, times = scale.vectors.numpy(), scale.times.numpy()
        lengths = (times[:, 1] - times[:, 0]).astype(float)
        shares = lengths * (sum(span.duration for span in spans) / max(float(lengths.sum()), 1e-9))
        return Stretches(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), shares)
