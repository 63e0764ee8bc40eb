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


@dataclass(frozen=True)
class Current:
    """revision: 0 as it was made, and one more for each change."""

    conversation: Conversation
    revision: int


class Conversations:
    """Changes name the revision that they were meant for, or None for whichever there is. Raises Unfinished for a job
    that is not done, what a failed job failed with, and RevisionChanged."""

    def __init__(self, files: JobFiles, revisions: Revisions) -> None:
        self._files, self._revisions = files, revisions

    def current(self, record: JobRecord) -> Current:
        check_done(record)
        made = self._revisions.of(record.id)
        return Current(self._replayed(record, made), len(made))

    def edit(self, record: JobRecord, changes: list[Change], revision: int | None = None) -> Current:
        """changes: as :func:`pipeline.edits.edited` takes them; together they are one revision. Raises InvalidEdit."""
        return self._revised(record, revision, lambda before: (_all(before, changes), changes))

    def relabel(self, record: JobRecord, make: Callable[[], Conversation], revision: int | None = None) -> Current:
        """The conversation that ``make`` returns takes its place; names that people gave go to whoever speaks then."""

        def replace(before: Conversation) -> tuple[Conversation, list[Change]]:
            after = with_names_of(before, make(), _GIVEN)
            name = uuid4().hex
            self._files.save_conversation(record.id, name, after)
            return after, [{"instead": name}]

        return self._revised(record, revision, replace)

    def undo(self, record: JobRecord, revision: int | None = None) -> Current:
        """Raises NothingToUndo."""
        current = self._at(record, revision)
        self._revisions.drop(record.id, current.revision)
        return self.current(record)

    def _revised(
        self,
        record: JobRecord,
        revision: int | None,
        change: Callable[[Conversation], tuple[Conversation, list[Change]]],
    ) -> Current:
        current = self._at(record, revision)
        conversation, changes = change(current.conversation)
        self._revisions.add(record.id, current.revision + 1, changes)
        return Current(conversation, current.revision + 1)

    def _at(self, record: JobRecord, revision: int | None) -> Current:
        current = self.current(record)
        if revision not in (None, current.revision):
            raise changed_meanwhile()
        return current

    def _replayed(self, record: JobRecord, made: list[list[Change]]) -> Conversation:
        """From the last conversation that took the place of the one before."""
        first = max((i for i, changes in enumerate(made) if "instead" in changes[0]), default=-1)
        if first < 0:
            conversation = self._files.result(record.id, record.token)
        else:
            conversation = self._files.conversation(record.id, made[first][0]["instead"])
        for changes in made[first + 1 :]:
            conversation = _all(conversation, changes)
        return conversation


def check_done(record: JobRecord) -> None:
    """Raises Unfinished for a job that has no result, and what a failed job failed with."""
    if record.error:
        raise errors.from_dict(record.error)
    if record.state is not State.DONE:
        raise errors.Unfinished(f"The job has no result: it is {record.state}.")


def _all(conversation: Conversation, changes: list[Change]) -> Conversation:
    for index, change in enumerate(changes):
        try:
            conversation = edited(conversation, change)
        except errors.InvalidEdit as error:
            raise errors.InvalidEdit(error.message, field=f"changes.{index}.{error.field}") from None
    return conversation
