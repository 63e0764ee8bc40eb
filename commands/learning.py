"""``dataset`` and ``finetune`` as they are typed. Only what --help needs is imported here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.exits import chosen_settings, end, exit_codes
from commands.typed import AsJson, Count, Profile


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
    profile: Profile = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the data set that is in DIR.")] = False,
    as_json: AsJson = False,
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


def finetune(
    manifest: Annotated[
        Path,
        typer.Argument(metavar="MANIFEST", help="NeMo's, such as `dataset` writes."),
    ],
    model: Annotated[
        str, typer.Option(metavar="NAME", help="A CTC model: a .nemo file, or a name as `models pull` takes it.")
    ],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The new .nemo file.")],
    validation: Annotated[
        Path | None, typer.Option(metavar="MANIFEST", help="Clips to be held out; a tenth of the first one without it.")
    ] = None,
    epochs: Annotated[int, typer.Option(help="How often each clip is heard.")] = 10,
    batch_seconds: Annotated[float, typer.Option(help="Of sound at a time, with its padding.")] = 60.0,
    lr: Annotated[float, typer.Option(help="The highest rate of learning.")] = 1e-4,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:0.")] = "auto",
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was not finished.")] = False,
    as_json: AsJson = False,
) -> None:
    """Fine-tune a CTC model of NVIDIA's, and say its WER on held-out clips before and after.

    The weights of the best epoch are written. FILE.checkpoint keeps the run until it is done; exit code 1 where no
    epoch was better than the model as it was.
    """
    with exit_codes(as_json):
        from commands.finetune import Request
        from commands.finetune import finetune as run
        from training.finetuning import Plan

        # What is typed starts at the working folder; what a profile says, in the project.
        name = str(Path(model).expanduser().absolute()) if model.endswith(".nemo") else model
        plan = Plan(epochs, batch_seconds, lr)
        end(run(Request(manifest, name, out, validation, plan, device, resume, as_json), chosen_settings(None)))
