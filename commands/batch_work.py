"""One batch at work: each recording in its turn, whatever becomes of the others."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from itertools import chain

from commands.batch_board import Board, Row
from commands.batch_manifest import Done, Manifest
from commands.batch_results import Results
from commands.batch_sources import Source, sha256
from commands.output import say
from commands.progress import Bars
from commands.transcribe import Transcriber
from errors import DiarizationError, StorageError
from formats.timed import timed_words
from logging_setup import traceback_without_message
from pipeline.types import Conversation, Options

log = logging.getLogger(__name__)

Opening = Callable[[Bars], AbstractContextManager[Transcriber]]


@dataclass(frozen=True)
class Item:
    """A recording; sha256: of its content."""

    source: Source
    sha256: str

    @property
    def file(self) -> str:
        return str(self.source.file)


class Work:
    """options: of the recordings; digest: of all that a conversation depends on, beside its recording; jobs: how many
    recordings at once."""

    def __init__(
        self, options: Options, digest: str, jobs: int, manifest: Manifest, results: Results, board: Board
    ) -> None:
        self._options, self._digest, self._jobs = options, digest, jobs
        self._manifest, self._results, self._board = manifest, results, board
        self._copies: list[tuple[Item, Item]] = []  # each with the first of its content

    def do(self, opening: Opening, sources: Sequence[Source]) -> None:
        """Until all are done or no other one can be, as without room on the disk. opening: entered only where there is
        something to hear. An interruption takes back what is under way and leaves the rest waiting."""
        try:
            self._hear(opening, sources)
            self._settle()
        finally:
            self._end_copies()

    def _settle(self) -> None:
        """Where all were come to. What the disk refuses is left to the next batch: all recordings are done."""
        try:
            if not self._board.stopped.is_set():
                self._manifest.settle()
        except DiarizationError as error:
            say(error.message)

    def _hear(self, opening: Opening, sources: Sequence[Source]) -> None:
        items = self._new(sources)
        first = next(items, None)
        if first is None:
            return
        with opening(self._board.bars) as session:
            if self._jobs == 1:  # in this very thread, where Ctrl-C arrives
                for item in chain([first], items):
                    self._one(session, item)
            else:
                self._together(session, chain([first], items))

    def _together(self, session: Transcriber, items: Iterable[Item]) -> None:
        """The first are under way while the next are read."""
        with ThreadPoolExecutor(self._jobs) as pool:
            try:
                tasks = [pool.submit(self._one, session, item) for item in items]
                wait(tasks)
            except BaseException:
                self._board.stopped.set()
                pool.shutdown(cancel_futures=True)
                raise
        for task in tasks:
            if not isinstance(error := task.exception(), KeyboardInterrupt | None):
                raise error

    def _new(self, sources: Sequence[Source]) -> Iterator[Item]:
        """What is to be heard, each as its turn comes; the rest is on the board, or a copy."""
        found: dict[str, Item] = {}
        for source in sources:
            if self._board.stopped.is_set():
                return
            if (item := self._read(source)) is None:
                continue
            first = found.setdefault(item.sha256, item)
            if first is not item:
                self._copies.append((item, first))
            elif not self._heard_before(item):
                yield item

    def _end_copies(self) -> None:
        """As the first of their content ended, which is known last of all; those of one that did not end wait."""
        ended = {row.file: row for row in self._board.rows}
        for item, first in self._copies:
            if row := ended.get(first.file):
                self._board.ended(_copied(item, row))

    def _read(self, source: Source) -> Item | None:
        try:
            content = sha256(source.file)
        except OSError as error:
            self._failed(source, f"It cannot be read: {error.strerror}.")
            return None
        self._manifest.lies(content, source.file)
        return Item(source.told_apart(content), content)

    def _heard_before(self, item: Item) -> bool:
        """Whether it was; formats that are new are then written of what was kept."""
        done = self._manifest.find(item.sha256, self._digest)
        if done is None:
            return False
        missing = self._results.missing(done)
        if not missing:
            self._board.ended(_row(item, done, "skipped"))
            return True
        conversation = self._results.kept(item.sha256, self._digest)
        if conversation is None:
            return False
        with self._ending(item.source):
            self._write_again(item, done, conversation, missing)
        return True

    def _write_again(self, item: Item, done: Done, conversation: Conversation, missing: Sequence[str]) -> None:
        named = replace(item.source, name=done.name)
        with self._name(named, item, missing) as name:
            results, digests = self._results.write(conversation, name, named.file, missing)
            if done.words_in == self._results.words:
                results, digests = done.results | results, done.digests | digests
            done = replace(done, results=results, digests=digests, words_in=self._results.words)
            self._manifest.add(item.sha256, done)
        self._board.ended(_row(item, done, "done"))

    def _one(self, session: Transcriber, item: Item) -> None:
        if self._board.stopped.is_set():
            return
        with self._ending(item.source, session):
            begun = time.monotonic()
            conversation = session.transcribe(item.source.file, self._options, _plain(item.source.name))
            done = self._save(conversation, item, begun)
            self._board.ended(_row(item, done, "done"))

    @contextmanager
    def _ending(self, source: Source, session: Transcriber | None = None) -> Iterator[None]:
        """What goes wrong inside is the end of this recording; of the others too where none can be done any more."""
        try:
            yield
        except DiarizationError as error:
            self._failed(source, error.message)
            if isinstance(error, StorageError) or (session and session.lost):
                say("No other recording can be done now. The same command goes on from here.")
                self._board.stopped.set()
        except Exception as error:
            log.error("Unexpected error\n%s", traceback_without_message(error))
            self._failed(source, f"Unexpected error: {type(error).__name__}.")

    def _failed(self, source: Source, why: str) -> None:
        self._board.ended(Row(str(source.file), source.name, "failed", error=why))

    def _save(self, conversation: Conversation, item: Item, begun: float) -> Done:
        asked = self._results.formats
        self._results.keep(conversation, item.sha256, self._digest)
        with self._name(item.source, item, asked) as name:
            results, digests = self._results.write(conversation, name, item.source.file, asked)
            done = Done(
                file=str(item.source.file.absolute()),
                name=name,
                options=self._digest,
                results=results,
                digests=digests,
                words_in=self._results.words,
                audio_seconds=round(conversation.duration, 3),
                seconds=round(time.monotonic() - begun, 1),
                speakers=len(conversation.speakers),
                words=sum(len(timed_words(segment)) for segment in conversation.segments),
            )
            self._manifest.add(item.sha256, done)
        return done

    def _name(self, source: Source, item: Item, asked: Sequence[str]) -> AbstractContextManager[str]:
        return self._manifest.name(source, item.sha256, self._results.endings(asked))


def _plain(name: str) -> str:
    """A file name may hold bytes that are no text."""
    return name.encode("utf-8", "replace").decode()


def _copied(item: Item, first: Row) -> Row:
    same = f"the same recording as {first.file}"
    if first.state == "failed":
        return Row(item.file, item.source.name, "failed", error=f"{same}, which failed: {first.error}")
    return Row(item.file, item.source.name, "copy", error=same)


def _row(item: Item, done: Done, state: str) -> Row:
    return Row(item.file, done.name, state, done.audio_seconds, done.seconds, done.speakers, done.words)
