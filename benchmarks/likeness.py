"""``python -m benchmarks.likeness DIR...``: how alike two pieces of speech are, of one voice and of two, by length.

What ``pipeline.clustering`` is calibrated with, measured on labelled recordings: pieces in which the labels have one
person speak alone, each pair of them in the same recording and apart in time.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import torch

from audio_utils import load_audio
from benchmarks.report import align
from errors import DiarizationError
from evaluation.recordings import Recording, find_recordings
from pipeline.clustering import OTHER, SAME, SHORT
from pipeline.embeddings import VoiceEmbedder
from pipeline.frames import runs
from pipeline.lanes import cpu_lanes
from pipeline.offline_models import load_campplus
from pipeline.pieces import FEATURE_STEP, Piece
from pipeline.types import Turn
from settings import Settings, load_settings

LENGTHS = (0.6, 1.0, 2.0, 3.5)  # s
_MARGIN = 0.025  # s that the last feature frame reaches beyond its start


@dataclass(frozen=True)
class Pair:
    """Cosine of two pieces, the shorter and the longer length in s, and whether one person said both."""

    shorter: float
    longer: float
    same: bool
    cosine: float


def alone(turns: Sequence[Turn], duration: float) -> list[tuple[str, int, int]]:
    """Where one person speaks and nobody else: (speaker, first, last), last excluded, in feature frames."""
    names = sorted({turn.speaker for turn in turns})
    speaking = np.zeros((len(names), max(0, int((duration - _MARGIN) / FEATURE_STEP))), bool)
    for turn in turns:
        speaking[names.index(turn.speaker), round(turn.start / FEATURE_STEP) : round(turn.end / FEATURE_STEP)] = True
    single = speaking & (speaking.sum(0) == 1)
    return [(name, int(a), int(b)) for name, row in zip(names, single, strict=True) for a, b in runs(row)]


def pieces_of(turns: Sequence[Turn], duration: float, length: float) -> list[tuple[str, Piece]]:
    """Every stretch of :func:`alone` in pieces of exactly ``length`` s; what is left over is not used."""
    step = round(length / FEATURE_STEP)
    return [
        (name, Piece(0, start * FEATURE_STEP, (start + step) * FEATURE_STEP, np.arange(start, start + step), length))
        for name, first, last in alone(turns, duration)
        for start in range(first, last - step + 1, step)
    ]


def pairs_of(recording: Recording, embedder: VoiceEmbedder, settings: Settings) -> Iterable[Pair]:
    """Raises DiarizationError for a recording that is no audio."""
    if recording.audio is None:
        return
    (audio,) = load_audio(recording.audio, settings)
    turns = recording.reference().turns
    sets = {length: pieces_of(turns, audio.duration, length) for length in LENGTHS}
    vectors = {length: embedder(audio, [piece for _, piece in own]).vectors for length, own in sets.items() if own}
    for shorter, longer in product(vectors, LENGTHS[-1:]):
        if longer not in vectors:
            continue
        cosines = vectors[shorter] @ vectors[longer].T
        for i, (who, piece) in enumerate(sets[shorter]):
            for j, (other, partner) in enumerate(sets[longer]):
                if piece.end <= partner.start or (shorter != longer and partner.end <= piece.start):
                    yield Pair(shorter, longer, who == other, float(cosines[i, j]))


def expected(shorter: float, longer: float) -> float:
    """The mean cosine of one voice that ``pipeline.clustering`` reckons with."""
    return SAME / float(np.sqrt((1 + SHORT / shorter) * (1 + SHORT / longer)))


def table(pairs: Sequence[Pair]) -> str:
    rows = [["shorter, longer piece", "one voice", "reckoned", "two voices", "reckoned", "pairs"]]
    for shorter, longer in sorted({(pair.shorter, pair.longer) for pair in pairs}):
        cells = [pair for pair in pairs if (pair.shorter, pair.longer) == (shorter, longer)]
        one, two = ([pair.cosine for pair in cells if pair.same is same] for same in (True, False))
        known = f"{expected(shorter, longer):.2f}"
        rows.append(
            [f"{shorter:g} s, {longer:g} s", _spread(one), known, _spread(two), f"{OTHER:.2f}", str(len(cells))]
        )
    return align(rows)


def _spread(values: Sequence[float]) -> str:
    return f"{np.mean(values):.2f} ± {np.std(values):.2f}" if values else "-"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.likeness", description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+", metavar="DIR", help="folders of NAME.rttm and audio")
    given = parser.parse_args()
    settings = load_settings()
    try:
        lanes = cpu_lanes(settings.cpu_threads)
        torch.set_num_threads(lanes.threads)
        embedder = VoiceEmbedder(load_campplus(), lanes=lanes)
        for folder in given.folders:
            found = [pair for item in find_recordings(folder) for pair in pairs_of(item, embedder, settings)]
            print(f"{folder.name}: mean cosine ± its standard deviation\n{table(found)}\n", flush=True)
    except (DiarizationError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
