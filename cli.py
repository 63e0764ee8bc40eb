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
from commands.judging import evaluate, plot
from commands.keeping import keys, models
from commands.learning import dataset, finetune
from commands.typed import AsJson, Count, Diarizer, Profile
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

app.add_typer(models, name="models")
app.add_typer(keys, name="keys")

Language = Annotated[
    str | None, typer.Option(parser=str.lower, metavar="CODE", help="Such as en or de; found out when not given.")
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


for command in (evaluate, plot, dataset, finetune):
    app.command(epilog=EXIT_CODES)(command)


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
