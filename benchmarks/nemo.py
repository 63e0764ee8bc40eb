"""``python -m benchmarks.nemo``: this project beside NeMo's own ClusteringDiarizer and transcribe(), stage by stage.

All hear the same sound through the same ``.nemo`` files: random weights of the published shapes, whose detectors take
everything for speech, so that both sides have the same to do. Peak memory is that of a process with its loaders.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.comparison import Comparison, Growth
from benchmarks.floor import Floor, read_floor
from benchmarks.nemo_recognisers import KINDS
from benchmarks.nemo_report import Measured, Pair, growth_summary, pair_table, to_dict
from benchmarks.nemo_sides import RECOGNISERS
from benchmarks.random_models import VOICES
from benchmarks.recordings import SAMPLES, Recording, join, prepare
from benchmarks.report import describe_machine, growth_table, machine_line
from benchmarks.rounds import Arena, Contender, ContenderFailed
from errors import DiarizationError
from pipeline.lanes import cores
from settings import ROOT, load_settings

WARMUP, COUNTED = 10.0, 30.0  # s: heard first by every process; whose operations are counted


@dataclass(frozen=True)
class Plan:
    """parts: VOICES and kinds of recognisers. seconds: of sound in each round; minutes: lengths to grow through."""

    files: Sequence[Path]
    parts: Sequence[str] = (VOICES, *KINDS)
    sizes: str = "small"
    seconds: float = 120.0
    rounds: int = 2
    minutes: Sequence[float] = (20, 180)


def main() -> int:
    arguments = _parser().parse_args()
    plan = Plan(
        arguments.files or sorted(SAMPLES.glob("*.flac")), arguments.parts, arguments.sizes, arguments.seconds,
        arguments.rounds, sorted(arguments.minutes),
    )  # fmt: skip
    try:
        if arguments.json:
            arguments.json.touch()  # better refused now than after an hour
        measured = run(plan, arguments.threads)
        if arguments.json:
            arguments.json.write_text(json.dumps(to_dict(measured), indent=1) + "\n")
    except (DiarizationError, ContenderFailed, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.nemo", description=__doc__)
    parser.add_argument("files", type=Path, nargs="*", metavar="FILE", help="recordings to join; default: samples/")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every measurement there")
    parser.add_argument("--parts", nargs="+", choices=(VOICES, *KINDS), default=(VOICES, *KINDS))
    parser.add_argument(
        "--sizes", choices=("tiny", "small", "real"), default="small",
        help="recognisers: small (default) or real (120 and 600 million weights); TitaNet is the large one; "
        "tiny: all of them, to see the command work",
    )  # fmt: skip
    parser.add_argument("--seconds", type=float, default=120.0, help="of sound in each round; default: 120")
    parser.add_argument("--rounds", type=int, default=2, help="runs of each side; default: 2")
    parser.add_argument("--minutes", type=float, nargs="*", default=(20, 180), help="lengths to grow through; or none")
    parser.add_argument("--threads", type=int, default=cores(), choices=range(1, 257), metavar="N", help="of each side")
    return parser


def run(plan: Plan, threads: int) -> Measured:
    """Prints each part as soon as it is known. Raises DiarizationError for a file that is no audio, ContenderFailed."""
    machine = describe_machine(threads)
    print(machine_line(machine), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        models, made = Path(folder, "models"), Path(folder, "made")
        models.mkdir()
        made.mkdir()
        recordings = prepare(plan.files, Path(folder, "given"), load_settings())
        _tool("random_models", models, "--sizes", plan.sizes, "--parts", *plan.parts)
        floor = _floor(plan, models, join(recordings, COUNTED, made / "counted.wav"), threads)
        arena = Arena(threads, join(recordings, WARMUP, made / "warmup.wav").wav)
        heard = [join(recordings, plan.seconds, made / "recording.wav")]
        pairs: dict[str, Pair] = {}
        for part in plan.parts:
            for pair in _compare(arena, models, part, heard, plan.rounds):
                print(f"\n{pair_table(pair, floor)}", flush=True)
                pairs[pair.name] = pair
        growth = _grow(plan, arena, models, recordings, made)
        return Measured(machine, plan.sizes, floor, pairs, growth)


def side(name: str, models: Path, kind: str = "ctc") -> Contender:
    command = sys.executable, "-m", "benchmarks.nemo_sides", "--side", name, "--models", str(models), "--kind", kind
    return Contender(name, command)


def _compare(arena: Arena, models: Path, part: str, recordings: Sequence[Recording], rounds: int) -> list[Pair]:
    """Ours in each precision beside NeMo's. Sides take turns, and both are compared with the same run of NeMo's."""
    if part == VOICES:
        ours, theirs, kind = {"fast": "fast", "exact": "exact"}, "nemo", "ctc"
    else:
        ours, theirs, kind = RECOGNISERS, "transcribe", part
    sides = [side(name, models, kind) for name in (*ours, theirs)]
    runs = [[arena.run(each, recordings) for each in sides] for _ in range(rounds)]
    return [
        Pair(part, precision, Comparison([(row[index], row[-1]) for row in runs], recordings))
        for index, precision in enumerate(ours.values())
    ]


def _grow(plan: Plan, arena: Arena, models: Path, recordings: Sequence[Recording], folder: Path) -> dict[str, Growth]:
    """Ours alone, as it is served: what NeMo's sides would need for three hours is more than a machine has. Where there
    are voices and words, both together in one process, too."""
    lengths = [join(recordings, 60 * minutes, folder / f"{minutes:g}_minutes.wav") for minutes in plan.minutes]
    grown: dict[str, Growth] = {}
    kinds = [part for part in plan.parts if part != VOICES]
    own = {kind: side("recogniser", models, kind) for kind in kinds}
    if VOICES in plan.parts:
        own["fast"] = side("fast", models)
        own |= {f"service, {kind}": side("service", models, kind) for kind in kinds}
    for name, contender in own.items() if lengths else ():
        grown[name] = Growth([[arena.run(contender, [length])] for length in lengths])
        print(f"\n{growth_table(grown[name])}\n{growth_summary(name, grown[name])}", flush=True)
    return grown


def _floor(plan: Plan, models: Path, clip: Recording, threads: int) -> Floor:
    target = models / "floor.json"
    kinds = [part for part in plan.parts if part != VOICES]
    voices = ["--voices"] if VOICES in plan.parts else []
    _tool("floor", clip.wav, target, "--models", models, "--threads", threads, *voices, "--kinds", *kinds)
    return read_floor(target)


def _tool(module: str, *arguments: object) -> None:
    """Runs a module of this package in a process of its own, quietly. Raises ContenderFailed with its last words."""
    command = [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": "", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8")
    if done.returncode:
        raise ContenderFailed("\n".join(done.stderr.splitlines()[-15:]))


if __name__ == "__main__":
    sys.exit(main())
