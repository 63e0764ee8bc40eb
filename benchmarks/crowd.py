"""``python -m benchmarks.crowd``: short recordings that wait, processed together beside one after another.

A profile hears pieces of the given recordings, and NVIDIA's recognisers hear them with random weights of the published
shapes. Both ways take turns, in one process with the models loaded.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from statistics import median

from audio_utils import load_audio
from benchmarks.nemo_recognisers import KINDS, save_recogniser
from benchmarks.recordings import find_audio
from benchmarks.report import align, describe_machine, machine_line
from errors import DiarizationError, InputError
from pipeline.lanes import Lanes, cores, cpu_lanes
from pipeline.recogniser import Recogniser, Spoken
from pipeline.types import Audio, Options, Recording, Span
from settings import Settings, load_settings

Way = Callable[[Sequence[Audio]], object]  # hears all of them at once


@dataclass(frozen=True)
class Row:
    """Seconds for all the recordings, in each round: one after another, and ``at_once`` of them together."""

    system: str
    length: float
    at_once: int
    alone: tuple[float, ...]
    together: tuple[float, ...]

    @property
    def ratios(self) -> list[float]:
        return sorted(alone / together for alone, together in zip(self.alone, self.together, strict=True))


def compare(system: str, way: Way, clips: Sequence[Audio], at_once: int, rounds: int) -> Row:
    way(clips[:1])  # the first call of a library pays for what it keeps
    times = [(_seconds(way, clips, 1), _seconds(way, clips, at_once)) for _ in range(rounds)]
    alone, together = zip(*times, strict=True)
    return Row(system, clips[0].duration, at_once, alone, together)


def _seconds(way: Way, clips: Sequence[Audio], at_once: int) -> float:
    begun = time.perf_counter()
    for first in range(0, len(clips), at_once):
        way(clips[first : first + at_once])
    return time.perf_counter() - begun


def cut_clips(recordings: Sequence[Audio], length: float, count: int) -> list[Audio]:
    """The first ``count`` pieces of ``length`` s, going round the recordings; fewer where they are too short."""
    pieces = [_pieces(one, length) for one in recordings]
    return [piece for around in zip_longest(*pieces) for piece in around if piece][:count]


def _pieces(recording: Audio, length: float) -> list[Audio]:
    samples = round(length * recording.sample_rate)
    count = len(recording.samples) // samples if samples > 0 else 0
    return [Audio(recording.cut(index * length, (index + 1) * length)) for index in range(count)]


def enough_clips(recordings: Sequence[Audio], length: float, count: int, at_once: int) -> list[Audio]:
    """As :func:`cut_clips`. Raises InputError for fewer than ``at_once``: they could not be processed together."""
    clips = cut_clips(recordings, length, count)
    if len(clips) < at_once:
        raise InputError(f"{at_once} clips of {length:g} s are needed; --clips and the recordings give {len(clips)}.")
    return clips


def pipeline(settings: Settings) -> Way:
    from nemo_processor import load_processor

    processor = load_processor(settings)

    def hear(clips: Sequence[Audio]) -> object:
        return processor.process_all([Recording([clip], Options()) for clip in clips])

    return hear


def recogniser(kind: str, size: str, lanes: Lanes) -> Way:
    from pipeline.nemo_asr import NemoRecogniser, load_asr, sized
    from pipeline.parameters import AsrParameters

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"{kind}.nemo")
        save_recogniser(kind, size, file)
        return everything(NemoRecogniser(load_asr(file), sized(AsrParameters(), "cpu"), lanes=lanes))


def everything(model: Recogniser) -> Way:
    """All of each clip is speech."""

    def hear(clips: Sequence[Audio]) -> object:
        return model.transcribe_all([Spoken(clip, [Span(0.0, clip.duration)]) for clip in clips])

    return hear


def table(rows: Sequence[Row]) -> str:
    head = ["system", "clip, s", "at once", "alone, s", "together, s", "times as fast"]
    return align([head, *map(_cells, rows)])


def _cells(row: Row) -> list[str]:
    low, high = row.ratios[0], row.ratios[-1]
    ratio = f"{median(row.ratios):.2f} ({low:.2f}-{high:.2f})"
    times = f"{median(row.alone):.1f}", f"{median(row.together):.1f}"
    return [row.system, f"{row.length:g}", str(row.at_once), *times, ratio]


def main() -> int:
    given = _parser().parse_args()
    settings = load_settings(profile=given.profile, cpu_threads=given.threads)
    print(machine_line(describe_machine(given.threads)), flush=True)
    try:
        recordings = [load_audio(file, settings)[0] for file in given.files or find_audio()]
        clips = [enough_clips(recordings, length, given.clips, max(given.at_once)) for length in given.lengths]
        systems = [(given.profile, pipeline(settings))]  # sets the threads, too
        lanes = cpu_lanes(given.threads)
        systems += [(f"{kind}, {given.sizes}", recogniser(kind, given.sizes, lanes)) for kind in given.kinds]
    except DiarizationError as error:
        print(f"error: {error.message}", file=sys.stderr)
        return 1
    rows = [
        compare(name, way, some, at_once, given.rounds)
        for name, way in systems
        for some in clips
        for at_once in given.at_once
    ]
    print(table(rows))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crowd", description=__doc__)
    parser.add_argument("files", type=Path, nargs="*", metavar="FILE", help="default: as benchmarks.offline takes")
    parser.add_argument("--profile", default="offline")
    parser.add_argument("--kinds", nargs="*", choices=KINDS, default=KINDS, help="of recognisers; or none")
    parser.add_argument("--sizes", choices=("tiny", "small", "real"), default="real")
    parser.add_argument("--lengths", type=float, nargs="+", default=(5.0, 10.0, 30.0), help="of the clips, s")
    parser.add_argument("--at-once", type=int, nargs="+", default=(2, 4, 8), help="clips processed together")
    parser.add_argument("--clips", type=int, default=8, help="in each round, or as many as there are; default: 8")
    parser.add_argument("--rounds", type=int, default=3, help="default: 3")
    parser.add_argument("--threads", type=int, default=cores(), choices=range(1, 257), metavar="N")
    return parser


if __name__ == "__main__":
    sys.exit(main())
