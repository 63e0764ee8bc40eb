"""The peer pair as a contender: ``python -m benchmarks.peer``, run by the Python of .venv-bench.

faster-whisper with its default settings and word times, then senko with its own; each word goes to the turn that it
overlaps most.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from pathlib import Path

from benchmarks.contender import Heard, compete, parser

Turn = tuple[str, float, float]
Word = tuple[str, float, float]  # text with the space before it, start, end


class Peer:
    """Both models in memory. Threads are given, because each would otherwise count the cores in its own way."""

    def __init__(self, whisper: Path, threads: int) -> None:
        # Imported here, because imports are part of what a start costs.
        import senko
        from faster_whisper import WhisperModel

        self._whisper = WhisperModel(str(whisper), device="cpu", compute_type="int8", cpu_threads=threads)
        # Its own warm-up compiles UMAP, which only recordings over 20 minutes need; the clip warms up the rest.
        self._senko = senko.Diarizer(device="cpu", warmup=False)
        self._senko.logical_cores = threads  # what it sets PyTorch to before it embeds
        self.models = {"words": "faster-whisper base int8", "voices": "senko"}

    def transcribe(self, wav: Path) -> Heard:
        times = [time.perf_counter()]
        words = self._words(wav)
        times.append(time.perf_counter())
        turns = self._turns(wav)
        times.append(time.perf_counter())
        segments = list(speaker_segments(words, turns))
        times.append(time.perf_counter())
        seconds = (after - before for before, after in pairwise(times))
        return Heard(turns, segments, dict(zip(("words", "voices", "merge"), seconds, strict=True)))

    def _words(self, wav: Path) -> list[Word]:
        segments, _ = self._whisper.transcribe(str(wav), word_timestamps=True)
        return [(word.word, float(word.start), float(word.end)) for part in segments for word in part.words or ()]

    def _turns(self, wav: Path) -> list[Turn]:
        found = self._senko.diarize(str(wav))
        rows = found["merged_segments"] if found else []
        return [(row["speaker"], float(row["start"]), float(row["end"])) for row in rows]


def speaker_segments(words: Sequence[Word], turns: Sequence[Turn]) -> Iterator[tuple[str, float, float, str]]:
    """What each speaker says in one go: (speaker, start, end, text)."""
    for speaker, spoken in groupby(words, key=lambda word: speaker_of(word, turns)):
        row = list(spoken)
        yield speaker, row[0][1], max(end for _, _, end in row), "".join(text for text, _, _ in row).strip()


def speaker_of(word: Word, turns: Sequence[Turn]) -> str:
    """Of the turn with the largest overlap; a word outside all of them goes to the nearest."""
    _, start, end = word
    overlaps = ((min(end, stop) - max(start, begin), speaker) for speaker, begin, stop in turns)
    return max(overlaps, default=(0.0, "SPEAKER_00"), key=lambda overlap: overlap[0])[1]


if __name__ == "__main__":
    arguments = parser()
    arguments.add_argument("--whisper", type=Path, required=True, help="folder of the CTranslate2 model")
    given = arguments.parse_args()
    compete(lambda: Peer(given.whisper, given.threads), given.warmup, given.files)
