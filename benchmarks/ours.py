"""This project as a contender: ``python -m benchmarks.ours``, run by :mod:`benchmarks.rounds`.

It decodes each file with ffmpeg as it would an upload, which the peers are spared.
"""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks.contender import Heard, compete, parser


class Ours:
    """The offline profile, with the audio brought in as for any other recording."""

    def __init__(self, threads: int) -> None:
        # Imported here, because imports are part of what a start costs.
        from audio_utils import load_audio
        from nemo_processor import load_processor
        from pipeline.types import Options
        from settings import load_settings

        self._settings = load_settings(profile="offline", cpu_threads=threads)
        self._load_audio, self._options = load_audio, Options()
        self._processor = load_processor(self._settings)
        self.models = self._processor.models

    def transcribe(self, wav: Path) -> Heard:
        begun = time.perf_counter()
        audio = self._load_audio(wav, self._settings)
        decoding = time.perf_counter() - begun
        conversation = self._processor.process(audio, self._options)
        return Heard(
            turns=[(turn.speaker, turn.start, turn.end) for turn in conversation.turns],
            segments=[(part.speaker, part.start, part.end, part.text) for part in conversation.segments],
            stages={"audio": decoding, **conversation.timings},
        )


def without_lanes() -> None:
    """From now on models are loaded as libraries would have it: every layer on all threads, memory as it comes."""
    from pipeline import loading
    from pipeline.lanes import Lanes

    loading.cpu_lanes = lambda threads: Lanes(1, threads)
    loading.keep_freed_memory = lambda: False


if __name__ == "__main__":
    arguments = parser()
    arguments.add_argument("--without-lanes", action="store_true")
    given = arguments.parse_args()
    if given.without_lanes:
        without_lanes()
    compete(lambda: Ours(given.threads), given.warmup, given.files)
