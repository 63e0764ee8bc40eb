"""The arithmetic floor: the operations of a stage, counted, over the rate at which this machine multiplies matrices.

``python -m benchmarks.floor`` writes it as JSON, in a process of its own: counting slows the networks down.
Operations are torch's count of matrix products and convolutions, two for each multiplication with its addition; all
else (norms, casts, spectra, clustering) is not counted, so no stage can reach its floor.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.nemo_recognisers import KINDS
from benchmarks.nemo_sides import OurDiarization, OurTranscription, read
from benchmarks.random_models import VOICES
from pipeline.lanes import Lanes
from pipeline.nemo_decoding import fastest
from pipeline.types import Span

_SIDE = 2048  # of the square matrices
_PERIOD = 1.0  # seconds of multiplying, of which the fastest product counts


@dataclass(frozen=True)
class Floor:
    """rates: {dtype: operations a second}; work: {side or kind: {stage: (dtype, operations for a second of audio)}}."""

    rates: dict[str, float]
    work: dict[str, dict[str, tuple[str, float]]]

    def seconds(self, of: str, stage: str) -> float | None:
        """The least seconds for a second of audio; None for a stage that is not counted."""
        if stage not in self.work.get(of, {}):
            return None
        dtype, count = self.work[of][stage]
        return count / self.rates[dtype]


def matrix_rate(dtype: torch.dtype, device: str = "cpu", side: int = _SIDE) -> float:
    """Operations a second in products of square matrices, on the threads that torch has."""
    a, b = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    fastest, begun = float("inf"), time.perf_counter()
    while time.perf_counter() - begun < _PERIOD or fastest == float("inf"):
        started = time.perf_counter()
        _ = a @ b
        if device != "cpu":
            torch.cuda.synchronize(device)
        fastest = min(fastest, time.perf_counter() - started)
    return 2 * side**3 / fastest


def operations(work: Callable[[], object]) -> int:
    """What ``work`` multiplies and adds in this thread."""
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops()


def measure(models: Path, clip: Path, kinds: Sequence[str], voices: bool, threads: int) -> Floor:
    """clip: a WAV of the length that a chunk of the recogniser has, or about it."""
    torch.set_num_threads(threads)
    dtypes = {"float32": torch.float32, "bfloat16": torch.bfloat16}
    rates = {name: matrix_rate(dtype) for name, dtype in dtypes.items()}
    work = diarization(models, clip) if voices else {}
    for kind in kinds:
        work[counted(kind, "fast")] = stages = transcription(models, clip, kind)
        work[counted(kind, "exact")] = {stage: ("float32", count) for stage, (_, count) in stages.items()}
    return Floor(rates, work)


def counted(part: str, precision: str) -> str:
    """The name in :class:`Floor` of what is carried out. part: VOICES or a kind; precision: "fast", or "exact", in
    which NeMo's runs."""
    if part == VOICES:
        return precision
    return part if precision == "fast" else f"{part}, {precision}"


def diarization(models: Path, clip: Path) -> dict[str, dict[str, tuple[str, float]]]:
    """Windows of speech and voices are heard in bfloat16, as NeMo's autocast has it; frames in float32.

    Voices are counted in NeMo's own layers, for both: our leaner ones carry out some convolutions uncounted.
    """
    exact, fast = (OurDiarization(models, precision, "cpu", Lanes()) for precision in ("exact", "fast"))
    audio = read(clip)
    spans = [Span(0.0, audio.duration)]
    voices = "bfloat16", operations(lambda: exact.embedder(audio, spans)) / audio.duration
    windows = "bfloat16", operations(lambda: exact.detector.spans(audio)) / audio.duration
    frames = "float32", operations(lambda: fast.detector.spans(audio)) / audio.duration
    return {"exact": {"speech": windows, "voices": voices}, "fast": {"speech": frames, "voices": voices}}


def transcription(models: Path, clip: Path, kind: str, device: str = "cpu") -> dict[str, tuple[str, float]]:
    """Counted on the CPU; device: where they are to run, which tells the precision."""
    side, duration = OurTranscription(models, kind, "cpu", Lanes()), read(clip).duration
    dtype = str(fastest(device)).removeprefix("torch.")
    return {"words": (dtype, operations(lambda: side.transcribe(clip)) / duration)}


def read_floor(file: Path) -> Floor:
    return Floor(**json.loads(file.read_text()))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.floor", description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--kinds", nargs="*", choices=KINDS, default=KINDS)
    parser.add_argument("--voices", action="store_true", help="speech and voices too")
    given = parser.parse_args()
    floor = measure(given.models, given.clip, given.kinds, given.voices, given.threads)
    given.target.write_text(json.dumps(asdict(floor)))


if __name__ == "__main__":
    main()
