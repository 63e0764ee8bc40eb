"""Conversations that are finished already: which JSON belongs to which recording, and what it says."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from errors import InputError, InvalidOption
from formats.json import from_dict
from pipeline.types import Conversation


def matched(files: Sequence[Path], given: Sequence[Path]) -> dict[Path, Path]:
    """{recording: JSON}, by NAME: NAME.json belongs to NAME.flac; a folder stands for all NAME.json in it. A single
    JSON belongs to a single recording, whatever they are called. Raises InvalidOption for one that belongs to none, or
    that two recordings could claim."""
    if len(files) == len(given) == 1 and not given[0].is_dir():
        return {files[0]: given[0]}
    wanted = Counter(file.stem for file in files)
    found: dict[str, Path] = {}
    for path in _listed(given, wanted):
        if wanted[path.stem] != 1 or path.stem in found:
            count = "no FILE" if not wanted[path.stem] else "more than one FILE or --conversation"
            raise InvalidOption(f"{path.name}: {count} is called {path.stem}.", field="conversation")
        found[path.stem] = path
    return {file: found[file.stem] for file in files if file.stem in found}


def _listed(given: Sequence[Path], wanted: Counter[str]) -> Iterator[Path]:
    for path in given:
        if not path.is_dir():
            yield path
            continue
        inside = [path / f"{name}.json" for name in wanted if (path / f"{name}.json").is_file()]
        if not inside:
            raise InvalidOption(f"{path.name} holds no NAME.json of any FILE.", field="conversation")
        yield from inside


def read_conversation(path: Path) -> Conversation:
    """What ``transcribe --format json --words`` or ``GET /jobs/<id>/result?words=true`` wrote. Raises InputError, which
    names the file."""
    try:
        conversation = from_dict(json.loads(path.read_text(encoding="utf-8-sig")))
    except OSError as error:
        raise InputError(f"{path.name} cannot be read: {error.strerror}.") from None
    except (LookupError, TypeError, ValueError, AttributeError):
        raise InputError(f"{path.name} is not a conversation of this program.") from None
    if any(not segment.words for segment in conversation.segments):
        raise InputError(f"{path.name} has no words with times: make it with --words.")
    return conversation
