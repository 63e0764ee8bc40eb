"""``python -m benchmarks.random_models FOLDER``: the ``.nemo`` files that :mod:`benchmarks.nemo` measures.

In a process of its own, so that building them counts on neither side.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks import nemo_networks
from benchmarks.nemo_recognisers import KINDS, SHAPES, save_recogniser

VOICES = "voices"  # beside KINDS, what can be measured
WIDTHS = {"tiny": 64, "small": 1024, "real": 1024}  # of TitaNet: only tests have another than the published one


def save_models(folder: Path, size: str, parts: Sequence[str]) -> None:
    """parts: VOICES and names of KINDS. Writes titanet, window_vad and frame_vad, and one file for each recogniser."""
    if VOICES in parts:
        nemo_networks.titanet(WIDTHS[size]).save_to(str(folder / "titanet.nemo"))
        nemo_networks.window_marblenet().save_to(str(folder / "window_vad.nemo"))
        nemo_networks.frame_marblenet().save_to(str(folder / "frame_vad.nemo"))
    for kind in KINDS:
        if kind in parts:
            save_recogniser(kind, size, folder / f"{kind}.nemo")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.random_models", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sizes", choices=SHAPES, default="small")
    parser.add_argument("--parts", nargs="+", choices=(VOICES, *KINDS), default=(VOICES, *KINDS))
    given = parser.parse_args()
    save_models(given.folder, given.sizes, given.parts)


if __name__ == "__main__":
    main()
