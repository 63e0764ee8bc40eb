"""``python -m benchmarks.offline``: this project beside faster-whisper + senko, and how it grows with the recording."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.comparison import Comparison, Growth
from benchmarks.environment import peer_python
from benchmarks.recordings import SAMPLES, Recording, cut, find_audio, join, prepare
from benchmarks.report import Report, comparison_tables, describe_machine, growth_table, machine_line, to_dict
from benchmarks.rounds import Arena, Contender, ContenderFailed
from errors import DiarizationError
from pipeline.lanes import cores
from pipeline.whisper_weights import whisper_folder
from settings import Settings, load_settings

WARMUP = 10.0  # s


@dataclass(frozen=True)
class Plan:
    """``files``: run ``rounds`` times; ``minutes``: lengths to join, ascending, each run ``growth_rounds`` times."""

    files: Sequence[Path]
    rounds: int = 3
    minutes: Sequence[float] = (5, 15, 60)
    growth_rounds: int = 1


def main() -> int:
    arguments = _parser().parse_args()
    try:
        if arguments.json:
            arguments.json.touch()  # better refused now than after an hour
        report = run(_plan(arguments), arguments.threads, arguments.against)
        if arguments.json:
            arguments.json.write_text(json.dumps(to_dict(report), indent=1) + "\n")
    except (DiarizationError, ContenderFailed, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.offline", description=__doc__)
    parser.add_argument("files", type=Path, nargs="*", metavar="FILE", help="recordings; default: samples/ and more")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every measurement there")
    parser.add_argument("--quick", action="store_true", help="the sample alone, one round, 1 and 5 minutes")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each file by each side; default: 3")
    parser.add_argument("--minutes", type=float, nargs="+", default=(5, 15, 60), help="lengths of the joined recording")
    parser.add_argument(
        "--against",
        choices=("peer", "itself"),
        default="peer",
        help="peer: faster-whisper + senko (default); itself: this project without its lanes and its allocator",
    )
    parser.add_argument("--threads", type=int, default=cores(), choices=range(1, 257), metavar="N", help="of each side")
    return parser


def _plan(arguments: argparse.Namespace) -> Plan:
    if arguments.quick:
        return Plan(arguments.files or sorted(SAMPLES.glob("*.flac")), rounds=1, minutes=(1, 5), growth_rounds=1)
    return Plan(arguments.files or find_audio(), arguments.rounds, sorted(arguments.minutes))


def run(plan: Plan, threads: int, against: str = "peer") -> Report:
    """Prints each part as soon as it is known. Raises DiarizationError for a file that is no audio, ContenderFailed."""
    settings = load_settings()
    contenders = _contenders(settings, against)
    machine = describe_machine(threads)
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder, "given"), Path(folder, "made")
        recordings = prepare(plan.files, given, settings)
        made.mkdir()
        shortest = min(recordings, key=lambda recording: recording.duration)
        arena = Arena(threads, cut(shortest, WARMUP, made / "warmup.wav").wav)
        comparison = Comparison(arena.alternate(contenders, recordings, plan.rounds), recordings)
        print(f"{machine_line(machine)}\n\n{comparison_tables(comparison)}\n", flush=True)
        growth = _grow(plan, arena, contenders[0], recordings, made)
        print(growth_table(growth), flush=True)
    return Report(machine, comparison, growth)


def _contenders(settings: Settings, against: str) -> tuple[Contender, Contender]:
    return ours(), without_lanes() if against == "itself" else peer(settings)


def ours() -> Contender:
    return Contender("this project", (sys.executable, "-m", "benchmarks.ours"))


def without_lanes() -> Contender:
    return Contender("without lanes", (*ours().command, "--without-lanes"))


def peer(settings: Settings) -> Contender:
    """In an environment of its own, with the very Whisper model that this project uses."""
    whisper = whisper_folder(settings.model_cache_dir)
    command = str(peer_python()), "-m", "benchmarks.peer", "--whisper", str(whisper)
    return Contender("faster-whisper + senko", command)


def _grow(plan: Plan, arena: Arena, contender: Contender, recordings: Sequence[Recording], folder: Path) -> Growth:
    lengths = [join(recordings, 60 * minutes, folder / f"{minutes:g}_minutes.wav") for minutes in plan.minutes]
    rounds = [[arena.run(contender, [length]) for length in lengths] for _ in range(plan.growth_rounds)]
    return Growth(list(zip(*rounds, strict=True)))


if __name__ == "__main__":
    sys.exit(main())
