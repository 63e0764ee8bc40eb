"""``evaluate`` and ``plot`` as they are typed. Only what --help needs is imported here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from commands.exits import chosen_settings, end, exit_codes
from commands.typed import AsJson, Diarizer, Profile


def evaluate(
    ref_dir: Annotated[
        Path,
        typer.Argument(
            exists=True,
            file_okay=False,
            help="Folder of NAME.rttm, NAME.seglst.json where words are known, and audio called NAME.",
        ),
    ],
    hyp: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            exists=True,
            file_okay=False,
            help="Score DIR/NAME.rttm and DIR/NAME.seglst.json; run nothing.",
        ),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(
            parser=str.lower,
            metavar="CODE",
            help="Language of all recordings; also chooses how words are normalised (default: English).",
        ),
    ] = None,
    num_speakers_from_reference: Annotated[
        bool, typer.Option("--num-speakers-from-reference", help="Tell the pipeline how many people speak.")
    ] = False,
    diarizer: Diarizer = "auto",
    profile: Profile = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Keep the hypotheses in DIR.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare with references: DER, speaker counts, WER and cpWER, for each recording and in total."""
    with exit_codes(as_json):
        from commands.evaluate import Request
        from commands.evaluate import evaluate as run
        from pipeline.types import Options

        options = Options(language=language, diarizer=diarizer)
        request = Request(ref_dir, options, hyp, out, num_speakers_from_reference, as_json)
        end(run(request, chosen_settings(profile)))


def plot(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A recording: whatever ffmpeg reads.")],
    kind: Annotated[
        Literal["waveform", "spectrogram", "mel", "speakers", "all"],
        typer.Option(help="What is drawn; all: one above the other, on the same time."),
    ] = "all",
    out: Annotated[
        Path | None, typer.Option(metavar="PICTURE", help="A .png, .svg or .pdf; NAME.png here where not given.")
    ] = None,
    reference: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Who speaks when in truth: drawn beside it, errors in colours.")
    ] = None,
    conversation: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Who speaks when, in RTTM, JSON or SegLST; without it that is found out."),
    ] = None,
    width: Annotated[int, typer.Option(help="320 to 4000; 360 for a phone, 700 for a printed page.")] = 1000,
    theme: Annotated[Literal["light", "dark"], typer.Option(help="The ground it is drawn on.")] = "light",
    profile: Profile = None,
) -> None:
    """Draw a recording: its waveform, its spectrum in dB, and who speaks when."""
    with exit_codes(as_json=False):
        from commands.plot import Request
        from commands.plot import plot as run
        from commands.session import open_session

        request = Request(file, kind, out or Path(f"{file.stem}.png"), reference, conversation, width, theme)
        settings = chosen_settings(profile)
        end(run(request, settings, open_session(settings)))
