"""How every command ends: its exit code, and one line of what went wrong."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from errors import DiarizationError, InputError

if TYPE_CHECKING:
    from settings import Settings

EXIT_CODES = """\b
Exit codes:
  0    all went well
  1    some file failed, the others are done
  2    the command itself is wrong
  3    nothing could be run, for example because a model is missing
  130  interrupted
"""


def chosen_settings(profile: str | None) -> Settings:
    """Those of the environment, with the profile that was typed. Raises InputError."""
    from settings import load_settings

    if profile and profile.endswith((".yaml", ".yml")):  # what is typed starts at the working folder, as FILE does
        profile = str(Path(profile).absolute())
    try:
        return load_settings(profile=profile) if profile else load_settings()
    except SystemExit as error:
        raise InputError(str(error)) from None


def end(all_well: bool) -> None:
    """Raises typer.Exit where something failed."""
    if not all_well:
        raise typer.Exit(1)


@contextmanager
def exit_codes(as_json: bool) -> Iterator[None]:
    """What is raised inside becomes one line on stderr, with ``as_json`` an object on stdout too, and an exit code."""
    try:
        yield
    except DiarizationError as error:
        _fail(error, as_json)
    except BrokenPipeError:  # whoever read the output has seen enough
        raise
    except OSError as error:  # such as a folder of the settings that cannot be written
        _fail(DiarizationError(f"{error.filename or 'System'}: {error.strerror or error}."), as_json)


def _fail(error: DiarizationError, as_json: bool) -> NoReturn:
    print(f"Error: {error.message}", file=sys.stderr)
    if as_json:
        print(json.dumps({"error": error.to_dict()}))
    raise typer.Exit(2 if isinstance(error, InputError) else 3)
