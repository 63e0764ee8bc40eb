"""``dataset`` and ``finetune`` as they are typed. Only what --help needs is imported here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.exits import chosen_settings, end, exit_codes

Count = Annotated[int | None, typer.Option(help="1 to 50.")]


def dataset(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Recordings: whatever ffmpeg reads.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="New folder, or an empty one.")],
    rate: Annotated[int, typer.Option(help="Hz of the clips.")] = 22_050,
    shortest: Annotated[float, typer.Option("--min", help="Seconds of the shortest clip.")] = 1.0,
    longest: Annotated[float, typer.Option("--max", help="Seconds of the longest clip.")] = 30.0,
    min_confidence: Annotated[
        float, typer.Option(help="0 to 1: how sure the recogniser must be of a phrase's words, on average.")
    ] = 0.7,
    denoise: Annotated[bool, typer.Option("--denoise", help="Take steady noise out of the clips.")] = False,
    trim: Annotated[bool, typer.Option("--trim", help="Leave 0.05 s of silence at their edges, not 0.25 s.")] = False,
    validation: Annotated[
        float, typer.Option(metavar="SHARE", help="Share of all seconds that is set apart in validation_manifest.json.")
    ] = 0.0,
    conversation: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="PATH",
            help="NAME.json of `transcribe --words`, for the FILE called NAME, or a folder of them: nothing is "
            "recognised again. May be given again.",
        ),
    ] = None,
    num_speakers: Count = None,
    min_speakers: Count = None,
    max_speakers: Count = None,
    language: Annotated[
        str | None, typer.Option(parser=str.lower, metavar="CODE", help="Such as en; found out when not given.")
    ] = None,
    profile: Annotated[str | None, typer.Option(help="Profile to run, instead of MODEL_CONFIG.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the data set that is in DIR.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print results for machines.")] = False,
) -> None:
    """Cut recordings into clips of one voice each, with their words: WAVs, metadata.csv, manifests, report.json.

    Clips in which others speak, that are clipped, or that the recogniser was not sure of are left out; the table says
    how many, and why.
    """
    with exit_codes(as_json):
        from commands.dataset import Request
        from commands.dataset import dataset as run
        from corpora.cutting import Rules
        from pipeline.types import Options

        options = Options(language, num_speakers, min_speakers, max_speakers)
        rules = Rules(shortest, longest, min_confidence, trim)
        request = Request(
            tuple(files), out, options, rules, rate, denoise, validation, tuple(conversation or ()), force, as_json
        )
        end(run(request, chosen_settings(profile)))
