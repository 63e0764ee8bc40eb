"""``models`` and ``keys`` as they are typed. Only what --help needs is imported here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.exits import EXIT_CODES, chosen_settings, end, exit_codes
from commands.typed import AsJson, Profile

models = typer.Typer(
    help="The models that profiles need: see, fetch, check and pack them.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    rich_markup_mode=None,
)
keys = typer.Typer(
    help="Who may call the service: it need not be stopped, and what is done here holds at once.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    rich_markup_mode=None,
)

Profiles = Annotated[list[str] | None, typer.Option("--profile", metavar="NAME", help="Profile; may be given again.")]


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
