"""The command line: ``python cli.py transcribe FILE...``, ``batch FOLDER...``, ``dataset FILE...``,
``finetune MANIFEST``, ``evaluate REF_DIR``, ``plot FILE``, ``models list|pull|verify|bundle``,
``keys create|list|revoke``.

Only what --help needs is imported here; the work is in ``commands/``.
"""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from commands.exits import EXIT_CODES, chosen_settings, end, exit_codes
from commands.learning import dataset, finetune
from errors import InvalidOption

if TYPE_CHECKING:
    from commands.transcribe import Transcriber

app = typer.Typer(
    help="Who said what, when: diarization and transcription on this machine.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

models = typer.Typer(
    help="The models that profiles need: see, fetch, check and pack them.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(models, name="models")

keys = typer.Typer(
    help="Who may call the service: it need not be stopped, and what is done here holds at once.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(keys, name="keys")

Count = Annotated[int | None, typer.Option(help="1 to 50.")]
Language = Annotated[
    str | None, typer.Option(parser=str.lower, metavar="CODE", help="Such as en or de; found out when not given.")
]
Profile = Annotated[str | None, typer.Option(help="Profile to run, instead of MODEL_CONFIG.")]
Profiles = Annotated[list[str] | None, typer.Option("--profile", metavar="NAME", help="Profile; may be given again.")]
Diarizer = Annotated[
    Literal["auto", "clustering", "sortformer", "nemotron"],
    typer.Option(help="Who tells voices apart, of those that the profile holds."),
]
Channels = Annotated[Literal["mix", "per_channel"], typer.Option(help="per_channel: each channel is one speaker.")]
Keyterm = Annotated[
    list[str] | None, typer.Option(metavar="PHRASE", help="Prefer it where words sound alike; may be given again.")
]
Words = Annotated[bool, typer.Option("--words", help="Put every word with its time into JSON, tables and TextGrids.")]
Identify = Annotated[
    bool, typer.Option("--identify", help="Call speakers whose voices the --server knows by their names.")
]
Server = Annotated[
    str | None, typer.Option(metavar="URL", help="Send the recordings to this service; no models are loaded here.")
]
Key = Annotated[
    str | None,
    typer.Option(envvar="DIARIZATION_API_KEY", help="API key for --server; better in the environment."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print results for machines.")]


@app.command(epilog=EXIT_CODES)
def transcribe(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Recordings: whatever ffmpeg reads.")],
    format: Annotated[
        list[str] | None,
        typer.Option(
            help="json, txt, md, html, srt, vtt, ass, csv, tsv, parquet, textgrid, rttm, seglst, ctm, stm or uem "
            "(docs/formats.md); may be given again. "
            "Default json, and txt where it is printed on a terminal."
        ),
    ] = None,
    num_speakers: Count = None,
    min_speakers: Count = None,
    max_speakers: Count = None,
    language: Language = None,
    channels: Channels = "mix",
    diarizer: Diarizer = "auto",
    keyterm: Keyterm = None,
    words: Words = False,
    profile: Profile = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write DIR/NAME.json, DIR/NAME.srt, ... for each FILE.")
    ] = None,
    as_json: AsJson = False,
    server: Server = None,
    identify: Identify = False,
    key: Key = None,
) -> None:
    """Transcribe recordings: who said what, when.

    The result is printed, or written to DIR with --out. --json prints one JSON object per FILE, one per line: its
    "result", or its "error".
    """
    with exit_codes(as_json):
        from commands.transcribe import Request
        from commands.transcribe import transcribe as run
        from pipeline.types import Options

        counts = num_speakers, min_speakers, max_speakers
        asked = _at(server, profile, identify)
        options = Options(language, *counts, channels, diarizer, tuple(keyterm or ()), asked, identify)
        on_terminal = out is None and not as_json and sys.stdout.isatty()
        chosen = tuple(dict.fromkeys(format or ["txt" if on_terminal else "json"]))
        request = Request(tuple(files), chosen, options, words=words, out=out, as_json=as_json)
        end(run(request, _remote(server, key) if server else _local(profile)))


@app.command(epilog=EXIT_CODES)
def batch(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="FOLDER_OR_GLOB...", help="Folders, quoted globs such as 'calls/**/*.wav', or files."),
    ],
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="For the results, summary.csv, and what is known to be done.")
    ],
    format: Annotated[
        list[str] | None, typer.Option(help="As of transcribe; several by commas, or given again. Default json.")
    ] = None,
    num_speakers: Count = None,
    min_speakers: Count = None,
    max_speakers: Count = None,
    language: Language = None,
    channels: Channels = "mix",
    diarizer: Diarizer = "auto",
    keyterm: Keyterm = None,
    words: Words = False,
    profile: Profile = None,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, max=32, help="So many recordings at once, by a service (default 4); here it is one."),
    ] = None,
    as_json: AsJson = False,
    server: Server = None,
    identify: Identify = False,
    key: Key = None,
) -> None:
    """Transcribe many recordings; the same command goes on where it was broken off.

    A recording whose content is done already, with the same options, is skipped. One that fails does not stop the
    rest, and is tried again the next time. --json prints the rows of summary.csv, one JSON object per line.
    """
    with exit_codes(as_json):
        from commands.batch import Request, profile_now
        from commands.batch import batch as run
        from commands.remote import open_remote
        from commands.session import open_session
        from pipeline.types import Options

        counts = num_speakers, min_speakers, max_speakers
        asked = _at(server, profile, identify)
        options = Options(language, *counts, channels, diarizer, tuple(keyterm or ()), asked, identify)
        chosen = tuple(dict.fromkeys(name.strip() for given in format or ["json"] for name in given.split(",")))
        settings = None if server else chosen_settings(profile)
        own = profile_now(settings) if settings else None
        request = Request(tuple(paths), chosen, options, out, jobs or (4 if server else 1), words, own, as_json)
        if settings:
            end(run(request, lambda bars: open_session(settings, bars)))
        else:
            end(run(request, lambda bars: open_remote(server or "", key, bars)))


@app.command(epilog=EXIT_CODES)
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


@app.command(epilog=EXIT_CODES)
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

        request = Request(file, kind, out or Path(f"{file.stem}.png"), reference, conversation, width, theme)
        end(run(request, chosen_settings(profile), _local(profile)))


@models.command("list", epilog=EXIT_CODES)
def list_models(
    profile: Profiles = None,
    hash: Annotated[bool, typer.Option("--hash", help="Compute the SHA-256 of large files too.")] = False,
    as_json: AsJson = False,
) -> None:
    """What each profile needs, where it lies, and what is missing; exit code 1 where a --profile lacks something."""
    with exit_codes(as_json):
        from commands.models import list_models as run

        end(run(profile or (), chosen_settings(None), hashed=hash, as_json=as_json))


@models.command(epilog=EXIT_CODES)
def pull(
    model: Annotated[
        list[str] | None, typer.Argument(help="OWNER/NAME of Hugging Face, or a name of NVIDIA's catalogue.")
    ] = None,
    profile: Profiles = None,
    force: Annotated[bool, typer.Option("--force", help="Fetch again what is there already.")] = False,
    as_json: AsJson = False,
) -> None:
    """Download models; goes on where it broke off. Without names: those of the profile in MODEL_CONFIG."""
    with exit_codes(as_json):
        from commands.models import PullRequest, pull_models

        request = PullRequest(tuple(model or ()), tuple(profile or ()), force=force, as_json=as_json)
        end(pull_models(request, chosen_settings(None)))


@models.command(epilog=EXIT_CODES)
def bundle(
    dir: Annotated[Path, typer.Argument(metavar="DIR", help="New folder.")],
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Put all that a profile needs into one folder, for a machine without network."""
    with exit_codes(as_json):
        from commands.models import bundle_models

        end(bundle_models(dir, chosen_settings(profile), as_json=as_json))


@models.command(epilog=EXIT_CODES)
def verify(
    dir: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="A bundle; without it, where models are pulled to.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check every file against SHA256SUMS; exit code 1 where one is damaged, missing or not listed."""
    with exit_codes(as_json):
        from commands.models import verify as run

        end(run(dir, chosen_settings(None), as_json=as_json))


@keys.command(epilog=EXIT_CODES)
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose it is, or what for; for you to read.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="jobs:read, jobs:write, metrics or admin (all of it, and everybody's jobs); may be given again. "
            "Default jobs:read and jobs:write."
        ),
    ] = None,
    days: Annotated[float | None, typer.Option(help="So many days from now it expires; never where not given.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it, this once: only its SHA-256 is kept."""
    with exit_codes(as_json):
        from commands.keys import create as run

        end(run(name, scope or ["jobs:read", "jobs:write"], days, chosen_settings(None), as_json=as_json))


@keys.command("list", epilog=EXIT_CODES)
def list_keys(as_json: AsJson = False) -> None:
    """Every key that was made, without the keys themselves."""
    with exit_codes(as_json):
        from commands.keys import list_keys as run

        end(run(chosen_settings(None), as_json=as_json))


@keys.command(epilog=EXIT_CODES)
def revoke(id: Annotated[str, typer.Argument(metavar="ID")], as_json: AsJson = False) -> None:
    """Refuse a key from now on."""
    with exit_codes(as_json):
        from commands.keys import revoke as run

        end(run(id, chosen_settings(None), as_json=as_json))


app.command(epilog=EXIT_CODES)(dataset)
app.command(epilog=EXIT_CODES)(finetune)


def _at(server: str | None, profile: str | None, identify: bool) -> str | None:
    """The profile that a service is asked for: it has some of its own on offer, while here it is a setting."""
    if identify and not server:
        raise InvalidOption("--identify needs --server: it is a service that knows voices.", field="identify")
    return profile if server else None


def _local(profile: str | None) -> AbstractContextManager[Transcriber]:
    from commands.session import open_session

    return open_session(chosen_settings(profile))


def _remote(server: str, key: str | None) -> AbstractContextManager[Transcriber]:
    from commands.remote import open_remote

    return open_remote(server, key)


if __name__ == "__main__":
    app()
