"""Through HTTP: tests/web/test_speakers.py."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from errors import EmptyAudio, InvalidEdit, RevisionChanged, Unfinished, UnknownJob
from jobs.conversations import Conversations, Current
from jobs.files import JobFiles
from jobs.record import JobRecord, NewJob
from jobs.revisions import Revisions
from jobs.store import JobStore
from pipeline.types import Conversation, Turn

TURNS = (Turn("SPEAKER_00", 0, 1), Turn("SPEAKER_01", 2, 3))
TWO = Conversation(turns=TURNS, speakers=("SPEAKER_00", "SPEAKER_01"), duration=4.0)
RENAME = {"edit": "rename", "speaker": "SPEAKER_01", "name": "Anna"}


@pytest.fixture
def files(tmp_path: Path) -> JobFiles:
    return JobFiles(tmp_path / "jobs")


@pytest.fixture
def done(engine: Engine, files: JobFiles) -> JobRecord:
    store = JobStore(engine)
    id = store.add(NewJob("one")).id
    files.new(id)
    job = store.claim()
    assert job is not None
    files.save_result(id, job.token, TWO)
    store.finish(job)
    record = store.get(id)
    assert record is not None
    return record


@pytest.fixture
def conversations(engine: Engine, files: JobFiles) -> Conversations:
    return Conversations(files, Revisions(engine))


def test_changes_follow_each_other_and_are_taken_back(
    conversations: Conversations, done: JobRecord, files: JobFiles
) -> None:
    assert conversations.current(done).conversation == TWO
    assert conversations.edit(done, [RENAME]).conversation.speakers == ("SPEAKER_00", "Anna")
    one = replace(TWO, turns=TWO.turns[1:], speakers=("SPEAKER_01",))
    assert conversations.relabel(done, lambda: one).conversation.speakers == ("Anna",)
    merged = conversations.edit(done, [{"edit": "rename", "speaker": "Anna", "name": "Tom"}])
    assert merged.conversation.speakers == ("Tom",)
    assert conversations.current(done) == merged
    assert len([*files.folder(done.id).glob("revision-*")]) == 3
    assert [conversations.undo(done).conversation.speakers for _ in range(3)] == [
        ("Anna",),
        ("SPEAKER_00", "Anna"),
        TWO.speakers,
    ]
    assert [*files.folder(done.id).glob("revision-*")] == []


def test_of_several_changes_none_is_made_if_one_cannot(conversations: Conversations, done: JobRecord) -> None:
    with pytest.raises(InvalidEdit) as refused:
        conversations.edit(done, [RENAME, RENAME])
    assert refused.value.field == "changes.1.speaker"
    assert conversations.current(done).revision == ""


def test_a_change_that_was_overtaken_is_not_made(conversations: Conversations, done: JobRecord) -> None:
    def overtaken() -> Conversation:
        conversations.edit(done, [RENAME])
        return TWO

    with pytest.raises(RevisionChanged):
        conversations.relabel(done, overtaken)
    assert conversations.current(done).conversation.speakers == ("SPEAKER_00", "Anna")
    with pytest.raises(RevisionChanged):
        conversations.edit(done, [RENAME], revision="")


def test_a_change_of_what_is_taken_back_meanwhile_is_not_made(
    conversations: Conversations, done: JobRecord, files: JobFiles
) -> None:
    seen = conversations.edit(done, [RENAME]).revision

    def taken_back() -> Conversation:
        conversations.undo(done)
        return TWO

    with pytest.raises(RevisionChanged):
        conversations.relabel(done, taken_back)
    assert conversations.current(done).conversation == TWO
    assert [*files.folder(done.id).glob("revision-*")] == []
    conversations.edit(done, [RENAME])
    with pytest.raises(RevisionChanged):
        conversations.edit(done, [RENAME], revision=seen)  # as many changes, but another one
    assert conversations.undo(done).conversation == TWO


def test_what_is_read_while_it_is_taken_back_is_the_conversation_before(
    conversations: Conversations, done: JobRecord, files: JobFiles, engine: Engine
) -> None:
    class Overtaken(JobFiles):
        def revision(self, id: str, revision: str) -> Conversation:
            conversations.undo(done)  # after the last revision was looked up
            return super().revision(id, revision)

    reader = Conversations(Overtaken(files.folder(done.id).parent), Revisions(engine))
    conversations.edit(done, [RENAME])
    assert reader.current(done) == Current(TWO, "")


def test_of_a_job_that_is_just_erased_nothing_is_known(
    conversations: Conversations, done: JobRecord, files: JobFiles
) -> None:
    files.remove(done.id)
    with pytest.raises(UnknownJob):
        conversations.current(done)
    with pytest.raises(UnknownJob):
        conversations.relabel(done, lambda: TWO)


def test_without_a_result_there_is_nothing_to_change(
    conversations: Conversations, engine: Engine, files: JobFiles
) -> None:
    record = JobStore(engine).add(NewJob("two"))
    with pytest.raises(Unfinished):
        conversations.edit(record, [RENAME])
    with pytest.raises(EmptyAudio):
        conversations.current(replace(record, error=EmptyAudio("Nothing.").to_dict()))
