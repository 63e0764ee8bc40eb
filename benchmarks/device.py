"""``python -m benchmarks.device``: the NeMo profiles on one device, a GPU where there is one.

Random weights of the published shapes (as :mod:`benchmarks.nemo`) hear 10 minutes and 3 hours: real-time factor, share
of the arithmetic floor in the precision that the device runs in, how busy the device was, and memory on it; then the
recogniser once more at several batch sizes.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from benchmarks.floor import diarization, matrix_rate, transcription
from benchmarks.nemo_recognisers import KINDS
from benchmarks.nemo_sides import OurDiarization, OurTranscription
from benchmarks.random_models import VOICES, save_models
from benchmarks.recordings import SAMPLES, Recording, join, prepare
from benchmarks.report import align, describe_machine, machine_line
from errors import DiarizationError
from pipeline.lanes import Lanes, cores, cpu_lanes
from pipeline.nemo_models import quiet_nemo
from settings import load_settings

_COUNTED = 30.0  # s of sound whose operations are counted
_EVERY = 0.1  # s between two looks at the device

Load = Callable[[], OurDiarization | OurTranscription]


@dataclass(frozen=True)
class Row:
    """floor: the least seconds; busy: share of the time; memory: bytes at the most. None where it is not known."""

    what: str
    minutes: float
    seconds: float
    floor: float
    busy: float | None
    memory: int | None


class Watch:
    """``with Watch(device) as watch``: how busy the device is, and its memory; nothing of either on a CPU."""

    def __init__(self, device: str) -> None:
        self._device, self._cuda = device, device.startswith("cuda")
        self._ended, self._seen = threading.Event(), list[float]()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        if self._cuda:
            torch.cuda.reset_peak_memory_stats(self._device)
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._cuda:
            self._thread.join()

    @property
    def busy(self) -> float | None:
        return statistics.mean(self._seen) if self._seen else None

    @property
    def memory(self) -> int | None:
        return torch.cuda.max_memory_allocated(self._device) if self._cuda else None

    def _look(self) -> None:
        while not self._ended.wait(_EVERY):
            try:
                self._seen.append(torch.cuda.utilization(self._device) / 100)
            except (ModuleNotFoundError, RuntimeError):  # needs nvidia-ml-py and a driver that tells
                return


def measure(what: str, load: Load, recordings: Sequence[Recording], device: str, least: float) -> list[Row]:
    """A row for each recording, the shortest heard once before. least: seconds of the floor for a second of sound."""
    system, rows = load(), list[Row]()
    system.transcribe(recordings[0].wav)
    for recording in recordings:
        with Watch(device) as watch:
            begun = time.perf_counter()
            system.transcribe(recording.wav)
            seconds = time.perf_counter() - begun
        floor = least * recording.duration
        rows.append(Row(what, recording.duration / 60, seconds, floor, watch.busy, watch.memory))
    return rows


def floors(models: Path, clip: Path, kinds: Sequence[str], device: str) -> dict[str, float]:
    """{VOICES or a kind: least seconds for a second of sound}: operations as counted on the CPU, over the device's rate
    in the precision that it runs them in."""
    rates = {"float32": matrix_rate(torch.float32, device), "bfloat16": matrix_rate(torch.bfloat16, device)}
    work = {VOICES: diarization(models, clip)["fast"]}
    work |= {kind: transcription(models, clip, kind, device) for kind in kinds}
    return {name: sum(count / rates[kind] for kind, count in stages.values()) for name, stages in work.items()}


def table(rows: Sequence[Row]) -> str:
    head = ["what", "minutes", "s", "times real time", "share of floor", "busy", "memory, MB"]
    return align([head, *map(_cells, rows)])


def _cells(row: Row) -> list[str]:
    speed = f"{60 * row.minutes / row.seconds:.0f}"
    busy = "-" if row.busy is None else f"{100 * row.busy:.0f} %"
    memory = "-" if row.memory is None else f"{row.memory / 1024**2:.0f}"
    share = f"{100 * row.floor / row.seconds:.0f} %"
    return [row.what, f"{row.minutes:g}", f"{row.seconds:.1f}", speed, share, busy, memory]


def run(given: argparse.Namespace, folder: Path) -> None:
    models, made = folder / "models", folder / "made"
    models.mkdir()
    made.mkdir()
    recordings = prepare(given.files or sorted(SAMPLES.glob("*.flac")), folder / "given", load_settings())
    save_models(models, given.sizes, (VOICES, *given.kinds))
    lengths = [join(recordings, 60 * minutes, made / f"{minutes:g}_minutes.wav") for minutes in given.minutes]
    least = floors(models, join(recordings, _COUNTED, made / "counted.wav").wav, given.kinds, given.device)
    lanes = cpu_lanes() if given.device == "cpu" else Lanes(1, cores())
    torch.set_num_threads(lanes.threads)

    def voices() -> OurDiarization:
        return OurDiarization(models, "fast", given.device, lanes)

    def words(kind: str, batch: float = 0.0) -> Load:
        return lambda: OurTranscription(models, kind, given.device, lanes, batch_seconds=batch)

    print(table(measure(VOICES, voices, lengths, given.device, least[VOICES])), flush=True)
    for kind in given.kinds:
        print(table(measure(kind, words(kind), lengths, given.device, least[kind])), flush=True)
        for batch in given.batches:
            what = f"{kind}, {batch:g} s at once"
            print(table(measure(what, words(kind, batch), lengths[:1], given.device, least[kind])), flush=True)


def main() -> int:
    given = _parser().parse_args()
    quiet_nemo("ERROR")
    name = torch.cuda.get_device_name(given.device) if given.device.startswith("cuda") else "cpu"
    print(f"{name}; {machine_line(describe_machine(cores()))}", flush=True)
    try:
        with tempfile.TemporaryDirectory() as folder:
            run(given, Path(folder))
    except DiarizationError as error:
        print(f"error: {error.message}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.device", description=__doc__)
    parser.add_argument("files", type=Path, nargs="*", metavar="FILE", help="recordings to join; default: samples/")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--kinds", nargs="*", choices=KINDS, default=KINDS, help="of recognisers")
    parser.add_argument("--sizes", choices=("tiny", "small", "real"), default="real")
    parser.add_argument("--minutes", type=float, nargs="+", default=(10.0, 180.0))
    parser.add_argument("--batches", type=float, nargs="*", default=(60.0, 120.0, 480.0, 960.0), help="s, tried too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
