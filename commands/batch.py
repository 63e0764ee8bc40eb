"""``cli.py batch``: many recordings, here or through a service; what is done stays done, whatever ends it."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path

import formats
from commands.batch_board import Board, Row, shown, totals, write_summary
from commands.batch_manifest import Done, Manifest, names, open_manifest
from commands.batch_sources import Source, find_sources, sha256
from commands.output import make_folder, say, text_name, write_whole
from commands.progress import Bars
from commands.transcribe import Transcriber
from errors import DiarizationError, InvalidOption, StorageError
from formats.timed import timed_words
from pipeline.types import Conversation, Options

Opening = Callable[[Bars], AbstractContextManager[Transcriber]]


@dataclass(frozen=True)
class Request:
    """What the command line asks for; it checks itself. jobs: how many recordings a service gets at once; in this
    process it is 1. profile: that is run here, None for a service."""

    paths: tuple[str, ...]
    formats: tuple[str, ...]
    options: Options
    out: Path
    jobs: int
    words: bool = False
    profile: str | None = None
    as_json: bool = False

    def __post_init__(self) -> None:
        for fmt in self.formats:
            formats.find(fmt)
        if self.profile and self.jobs > 1:
            message = "One recording has every core here already: --jobs above 1 is for a service (--server)."
            raise InvalidOption(message, field="jobs")

    @property
    def digest(self) -> str:
        """Of all that a result depends on, beside the recording."""
        asked = [self.options.to_dict(), self.profile, self.words, sorted(fmt.lower() for fmt in self.formats)]
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


@dataclass(frozen=True)
class Item:
    source: Source
    sha256: str

    @property
    def file(self) -> str:
        return str(self.source.file)


def batch(request: Request, opening: Opening) -> bool:
    """Whether every recording went well. opening: entered only where there is something to do. Raises DiarizationError
    when nothing can be done at all."""
    sources = find_sources(request.paths)
    make_folder(request.out)
    with open_manifest(request.out) as manifest:
        board = Board(len(sources))
        try:
            with shown(board):
                work = Work(request, manifest, board)
                work.do(opening, work.new(sources))
        finally:
            rows = _all_rows(board.rows, sources)
            _tell(rows, request)
    return all(row.state in ("done", "skipped", "copy") for row in rows)


def _all_rows(ended: Sequence[Row], sources: Sequence[Source]) -> list[Row]:
    """In the order of the sources, with those that were not come to."""
    known = {row.file: row for row in ended}
    return [known.get(str(one.file)) or Row(str(one.file), one.name, "waiting") for one in sources]


def _tell(rows: Sequence[Row], request: Request) -> None:
    for row in rows if request.as_json else ():
        print(json.dumps(asdict(row)), flush=True)
    try:
        say(f"{totals(rows)}: {write_summary(rows, request.out)}")
    except DiarizationError as error:
        say(f"{totals(rows)}. {error.message}")


class Work:
    """One batch."""

    def __init__(self, request: Request, manifest: Manifest, board: Board) -> None:
        self._request, self._manifest, self._board = request, manifest, board

    def new(self, sources: Sequence[Source]) -> list[Item]:
        """What is still to be done; the rest is on the board."""
        found: dict[str, Item] = {}
        for source in sources:
            try:
                item = Item(source, sha256(source.file))
            except OSError as error:
                row = Row(str(source.file), source.name, "failed", error=f"It cannot be read: {error.strerror}.")
                self._board.ended(row)
                continue
            if first := found.get(item.sha256):
                row = Row(item.file, source.name, "copy", error=f"the same recording as {first.file}")
                self._board.ended(row)
            elif done := self._manifest.find(item.sha256, self._request.digest):
                self._board.ended(_row(item, done, "skipped"))
            found.setdefault(item.sha256, item)
        ended = {row.file for row in self._board.rows}
        return [item for item in found.values() if item.file not in ended]

    def do(self, opening: Opening, items: Sequence[Item]) -> None:
        """Until all are done or no other one can be, as without room on the disk. An interruption takes back what is
        under way and leaves the rest waiting."""
        if not items:
            return
        with opening(self._board.bars) as session, ThreadPoolExecutor(self._request.jobs) as pool:
            if self._request.jobs == 1:  # in this very thread, where Ctrl-C arrives
                for item in items:
                    self._one(session, item)
                return
            tasks = [pool.submit(self._one, session, item) for item in items]
            try:
                wait(tasks)
            except BaseException:
                self._board.stopped.set()
                pool.shutdown(cancel_futures=True)
                raise
            for task in tasks:
                if not isinstance(error := task.exception(), KeyboardInterrupt | None):
                    raise error

    def _one(self, session: Transcriber, item: Item) -> None:
        if self._board.stopped.is_set():
            return
        begun = time.monotonic()
        try:
            conversation = session.transcribe(item.source.file, self._request.options, _plain(item.source.name))
            done = self._save(conversation, item, begun)
            self._manifest.add(item.sha256, done)
        except DiarizationError as error:
            self._board.ended(Row(item.file, item.source.name, "failed", error=error.message))
            if session.lost or isinstance(error, StorageError):
                say("No other recording can be done now. The same command goes on from here.")
                self._board.stopped.set()
        else:
            self._board.ended(_row(item, done, "done"))

    def _save(self, conversation: Conversation, item: Item, begun: float) -> Done:
        endings = [formats.find(fmt).EXTENSION for fmt in self._request.formats]
        name, written = self._manifest.name(item.source, item.sha256, endings), list[Path]()
        for fmt, ending in zip(self._request.formats, endings, strict=True):
            path = self._request.out / f"{name}.{ending}"
            rendered = formats.render(conversation, fmt, name=text_name(Path(item.file)), words=self._request.words)
            _make_parent(path)
            write_whole(path, rendered if isinstance(rendered, bytes) else rendered.encode())
            written.append(path)
        return Done(
            file=str(item.source.file.absolute()),
            name=name,
            options=self._request.digest,
            results=names(written, self._request.out),
            audio_seconds=round(conversation.duration, 3),
            seconds=round(time.monotonic() - begun, 1),
            speakers=len(conversation.speakers),
            words=sum(len(timed_words(segment)) for segment in conversation.segments),
        )


def _plain(name: str) -> str:
    """A file name may hold bytes that are no text."""
    return name.encode("utf-8", "replace").decode()


def _make_parent(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{path.parent} cannot be made: {error.strerror}.") from None


def _row(item: Item, done: Done, state: str) -> Row:
    return Row(item.file, done.name, state, done.audio_seconds, done.seconds, done.speakers, done.words)
