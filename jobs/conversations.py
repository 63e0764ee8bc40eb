"""The conversations that came out of jobs, as they were made and as people have changed them since."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

import errors
from jobs.files import JobFiles
from jobs.record import JobRecord
from jobs.revisions import Change, Revisions, changed_meanwhile
from jobs.states import State
from pipeline.edits import edited, with_names_of
from pipeline.types import Conversation

_GIVEN = re.compile(r"(?!SPEAKER_\d+$)")  # the beginning of a name that a person gave
Edit = Callable[[Conversation], Conversation]


@dataclass(frozen=True)
class Current:
    """revision: its id; empty for the conversation as it was made."""

    conversation: Conversation
    revision: str


class Conversations:
    """Every revision has a file of its own, so that nothing is computed when it is read.

    Changes name the revision that they were meant for, or None for whichever there is. Raises Unfinished for a job that
    is not done, what a failed job failed with, RevisionChanged, and UnknownJob for one that is just erased.
    """

    def __init__(self, files: JobFiles, revisions: Revisions) -> None:
        self._files, self._revisions = files, revisions

    def current(self, record: JobRecord) -> Current:
        check_done(record)
        revision = self._revisions.last(record.id)
        while True:
            try:
                return self._read(record, revision)
            except FileNotFoundError:
                missing, revision = revision, self._revisions.last(record.id)
                if revision == missing:  # else it was just taken back
                    raise _gone() from None

    def _read(self, record: JobRecord, revision: str) -> Current:
        if revision:
            return Current(self._files.revision(record.id, revision), revision)
        return Current(self._files.result(record.id, record.token), "")

    def edit(self, record: JobRecord, changes: list[Change], revision: str | None = None) -> Current:
        """changes: as :func:`pipeline.edits.edited` takes them; together they are one revision. Raises InvalidEdit."""
        return self._revised(record, revision, changes, lambda before: _all(before, changes))

    def relabel(self, record: JobRecord, make: Callable[[], Conversation], revision: str | None = None) -> Current:
        """The conversation that ``make`` returns takes its place; names that people gave go to whoever speaks then."""
        return self._revised(record, revision, [], lambda before: with_names_of(before, make(), _GIVEN))

    def undo(self, record: JobRecord, revision: str | None = None) -> Current:
        """Raises NothingToUndo."""
        last = self._at(record, revision).revision
        self._revisions.drop(record.id, last)
        self._files.remove_revision(record.id, last)
        return self.current(record)

    def _revised(self, record: JobRecord, revision: str | None, changes: list[Change], edit: Edit) -> Current:
        current = self._at(record, revision)
        made = Current(edit(current.conversation), uuid4().hex)
        try:
            self._files.save_revision(record.id, made.revision, made.conversation)
        except FileNotFoundError:
            raise _gone() from None
        try:
            self._revisions.add(record.id, current.revision, made.revision, changes)
        except BaseException:
            self._files.remove_revision(record.id, made.revision)
            raise
        return made

    def _at(self, record: JobRecord, revision: str | None) -> Current:
        current = self.current(record)
        if revision not in (None, current.revision):
            raise changed_meanwhile()
        return current


def check_done(record: JobRecord) -> None:
    """Raises Unfinished for a job that has no result, and what a failed job failed with."""
    if record.error:
        raise errors.from_dict(record.error)
    if record.state is not State.DONE:
        raise errors.Unfinished(f"The job has no result: it is {record.state}.")


def _gone() -> errors.UnknownJob:
    return errors.UnknownJob("There is no such job any more.")


def _all(conversation: Conversation, changes: list[Change]) -> Conversation:
    for index, change in enumerate(changes):
        try:
            conversation = edited(conversation, change)
        except errors.InvalidEdit as error:
            raise errors.InvalidEdit(error.message, field=f"changes.{index}.{error.field}") from None
    return conversation
