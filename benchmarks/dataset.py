"""``python -m benchmarks.dataset [FILE...]``: does each clip say what its line in the data set says?

The data set is made as ``cli.py dataset`` makes it. Then each clip is recognised alone, and the words are compared with
those of the manifest. Without FILE: the dialogues, the conversations, and one in six of the voices.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audio_utils import load_audio
from benchmarks.recordings import find_audio, find_voices
from commands.dataset import Request, dataset
from evaluation.wer import WordErrors, normaliser, word_errors
from pipeline.recogniser import Recogniser, Spoken
from pipeline.types import Segment, Span, Transcript
from settings import Settings, load_settings

LIMIT = 0.15  # of the words
TOGETHER = 32  # clips


@dataclass(frozen=True)
class Checked:
    """One clip: what its line says and what was heard in it."""

    row: dict[str, Any]
    heard: Transcript

    @property
    def errors(self) -> WordErrors:
        end = float(self.row["duration"])
        said = Segment("", 0.0, end, str(self.row["text"]))
        heard = Segment("", 0.0, end, " ".join(word.text for word in self.heard.words))
        return word_errors([said], [heard], normaliser(self.row.get("lang")))


def check(folder: Path, recogniser: Recogniser, settings: Settings) -> list[Checked]:
    """Each clip of the data set in ``folder``, heard alone."""
    rows = [json.loads(line) for line in (folder / "manifest.json").read_text(encoding="utf-8").splitlines()]
    found = list[Checked]()
    for first in range(0, len(rows), TOGETHER):
        some = rows[first : first + TOGETHER]
        heard = recogniser.transcribe_all([_spoken(folder, row, settings) for row in some])
        found += [Checked(row, transcript) for row, transcript in zip(some, heard, strict=True)]
    return found


def _spoken(folder: Path, row: dict[str, Any], settings: Settings) -> Spoken:
    (audio,) = load_audio(folder / row["audio_filepath"], settings)
    return Spoken(audio, [Span(0.0, audio.duration)], row.get("lang"))


def pooled(checked: Sequence[Checked]) -> WordErrors:
    return sum((one.errors for one in checked), WordErrors())


def describe(checked: Sequence[Checked]) -> str:
    """A line for each recording, and one for all of them."""
    names = dict.fromkeys(one.row["recording"] for one in checked)
    groups = {name: [one for one in checked if one.row["recording"] == name] for name in names}
    rows = [_line(name, group) for name, group in groups.items()]
    return "\n".join([*rows, _line("TOTAL", checked)])


def _line(name: str, checked: Sequence[Checked]) -> str:
    errors, minutes = pooled(checked), sum(one.row["duration"] for one in checked) / 60
    rate = "-" if errors.rate is None else f"{100 * errors.rate:.1f} %"
    return f"{name:<20} {len(checked):4d} clips {minutes:6.1f} min {errors.words:6d} words  WER {rate:>7}"


def main(arguments: Sequence[str] | None = None) -> int:
    files = [Path(name) for name in (sys.argv[1:] if arguments is None else arguments)]
    settings = load_settings()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "set"
        dataset(Request(tuple(files or [*find_audio(), *find_voices()[::6]]), folder), settings)
        from pipeline.loading import choose_profile, load_models  # brings in torch and NeMo, seconds

        checked = check(folder, load_models(choose_profile(settings), settings).recogniser, settings)
    print(describe(checked))
    return int((pooled(checked).rate or 0.0) > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
