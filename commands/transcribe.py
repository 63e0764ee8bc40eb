"""``cli.py transcribe``: recordings in, files or standard output out; one bad recording does not stop the rest."""

from __future__ import annotations

import json
import sys
from collections import Counter
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import formats
from commands.output import make_folder, output_path, save, say, text_name
from errors import DiarizationError, InvalidOption
from formats.json import to_dict
from pipeline.types import Conversation, Options


class Transcriber(Protocol):
    """The pipeline in this process (commands/session.py), or a service (commands/remote.py)."""

    @property
    def lost(self) -> bool:
        """Whether it is gone, so that no other recording can be done either."""
        ...

    def transcribe(self, file: Path, options: Options, name: str) -> Conversation:
        """Shows its progress on a terminal. Raises DiarizationError, whatever went wrong."""
        ...


@dataclass(frozen=True)
class Request:
    """What the command line asks for; it checks itself. Without ``out`` there is one format, and it is printed."""

    files: tuple[Path, ...]
    formats: tuple[str, ...]
    options: Options
    words: bool = False
    out: Path | None = None
    as_json: bool = False

    def __post_init__(self) -> None:
        for fmt in self.formats:
            formats.find(fmt)
        if self.out is None and len(self.formats) > 1:
            raise InvalidOption("Several formats cannot share the output: add --out DIR.", field="format")
        if self.out is None and self.as_json and self.formats != ("json",):
            raise InvalidOption("--json prints JSON only: for files in another format add --out DIR.", field="format")
        for fmt in self.formats if self.out is None else ():
            self._check_printable(formats.find(fmt).NAME)
        _check_distinct(self.outputs)

    def _check_printable(self, fmt: str) -> None:
        if fmt in formats.BINARY and len(self.files) > 1:
            raise InvalidOption(f"Several files in {fmt} cannot share the output: add --out DIR.", field="out")
        if fmt in formats.BINARY and _on_terminal():
            raise InvalidOption(f"{fmt} is not for a terminal: add --out DIR, or > FILE.", field="out")

    @property
    def outputs(self) -> list[Path]:
        """Every file that will be written."""
        return [output_path(self.out, file, fmt) for file in self.files for fmt in self.formats] if self.out else []


def _on_terminal() -> bool:
    return sys.stdout.isatty()


def _check_distinct(paths: list[Path]) -> None:
    """Compared without case: some file systems know none."""
    twice = [name for name, count in Counter(path.name.casefold() for path in paths).items() if count > 1]
    if twice:
        raise InvalidOption(f"Two results would be written to {twice[0]}: rename an input.", field="out")


def transcribe(request: Request, opening: AbstractContextManager[Transcriber]) -> bool:
    """Whether every file went well. opening: entered once there is a place for results. Raises DiarizationError when
    nothing can be done at all."""
    if request.out:
        make_folder(request.out)
    with opening as session:
        outcomes = [_transcribe_one(session, file, request) for file in request.files]
    return all(outcomes)


def _transcribe_one(session: Transcriber, file: Path, request: Request) -> bool:
    try:
        conversation = session.transcribe(file, request.options, text_name(file))
        written = _save(conversation, file, request)
    except DiarizationError as error:
        _report_error(file, error, request)
        return False
    _report(conversation, file, written, request)
    return True


def _save(conversation: Conversation, file: Path, request: Request) -> list[Path]:
    if request.out is None:
        return []
    return [save(conversation, request.out, file, fmt, words=request.words) for fmt in request.formats]


def _report(conversation: Conversation, file: Path, written: list[Path], request: Request) -> None:
    for warning in conversation.warnings:
        say(f"{file}: warning: {warning}")
    if request.as_json:
        result = to_dict(conversation, words=request.words)
        _print_line(file, {"result": result, "written": [str(path) for path in written]})
    elif written:
        say(f"{file} -> {', '.join(str(path) for path in written)}")
    else:
        _print(conversation, file, request)


def _print(conversation: Conversation, file: Path, request: Request) -> None:
    if len(request.files) > 1:
        say(f"{file}:")
    rendered = formats.render(conversation, request.formats[0], name=text_name(file), words=request.words)
    if isinstance(rendered, bytes):
        sys.stdout.buffer.write(rendered)
        sys.stdout.flush()
    else:
        print(rendered, end="", flush=True)


def _report_error(file: Path, error: DiarizationError, request: Request) -> None:
    say(f"{file}: error: {error.message}")
    if request.as_json:
        _print_line(file, {"error": error.to_dict()})


def _print_line(file: Path, row: dict[str, Any]) -> None:
    """One object per line, in ASCII, so that neither a terminal's encoding nor a file name's bytes can spoil it."""
    print(json.dumps({"file": str(file), "name": text_name(file), **row}), flush=True)
