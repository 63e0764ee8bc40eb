from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from errors import TooManyUploads, UnknownUpload
from jobs.uploads import FORSAKEN, PATIENCE, Uploads
from tests.fakes import IN_TIME, files_below


@pytest.fixture
def uploads(tmp_path: Path) -> Uploads:
    """Two for each owner, for 100 s."""
    return Uploads(tmp_path, most=2, expiry=100)


def put(uploads: Uploads, text: str = "sound", owner: str = "ana12345") -> str:
    return uploads.receive(owner, lambda path: path.write_text(text))


def read(uploads: Uploads, id: str, owner: str = "ana12345") -> str:
    with uploads.held(owner, id) as path:
        return path.read_text()


def grow_old(folder: Path, seconds: float) -> None:
    for path in folder.glob("*/*"):
        os.utime(path, (time.time() - seconds,) * 2)


def test_what_was_sent_can_be_used_again_and_again_also_after_a_restart(uploads: Uploads, tmp_path: Path) -> None:
    id = put(uploads)
    assert read(uploads, id) == read(Uploads(tmp_path, 2, 100), id) == "sound"


@pytest.mark.parametrize("owner", ["", "bob12345"])
def test_nobody_else_has_it(uploads: Uploads, owner: str) -> None:
    id = put(uploads)
    with pytest.raises(UnknownUpload):
        read(uploads, id, owner)


@pytest.mark.parametrize("id", ["f" * 32, "", "..", "../ana12345/x", "\0"])
def test_what_is_not_there_is_unknown(uploads: Uploads, id: str) -> None:
    put(uploads)
    with pytest.raises(UnknownUpload):
        read(uploads, id)


def test_an_owner_has_so_many_and_others_have_theirs(uploads: Uploads) -> None:
    first = put(uploads)
    put(uploads)
    with pytest.raises(TooManyUploads) as refused:
        put(uploads)
    assert refused.value.retry_after > 0
    put(uploads, owner="")
    read(uploads, first)
    put(uploads)  # what was used makes room
    with pytest.raises(UnknownUpload):
        read(uploads, first)


def test_the_one_whose_use_is_longest_ago_goes_first(uploads: Uploads, tmp_path: Path) -> None:
    old, new = put(uploads, "old"), put(uploads, "new")
    read(uploads, new)
    grow_old(tmp_path, 50)
    read(uploads, old)
    put(uploads)
    assert read(uploads, old) == "old"
    with pytest.raises(UnknownUpload):
        read(uploads, new)


def test_one_that_nobody_came_back_for_makes_room_after_those_that_were_used(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path, most=2, expiry=10 * PATIENCE)
    forgotten, used = put(uploads), put(uploads)
    grow_old(tmp_path, PATIENCE + 1)
    read(uploads, used)
    waiting = put(uploads)
    assert {Path(name).name for name in files_below(tmp_path)} == {forgotten, waiting}
    last = put(uploads)
    assert {Path(name).name for name in files_below(tmp_path)} == {waiting, last}
    with pytest.raises(TooManyUploads):
        put(uploads)


def test_what_is_in_use_is_not_taken_away(uploads: Uploads, tmp_path: Path) -> None:
    first = put(uploads)
    read(uploads, first)
    put(uploads)
    with uploads.held("ana12345", first) as path:
        with pytest.raises(TooManyUploads):
            put(uploads)
        grow_old(tmp_path, 1000)
        uploads.sweep()
        assert path.exists()


def test_what_a_use_failed_with_leaves_it_unused(uploads: Uploads) -> None:
    first = put(uploads)
    put(uploads)
    with pytest.raises(ZeroDivisionError), uploads.held("ana12345", first):
        raise ZeroDivisionError
    with pytest.raises(TooManyUploads):
        put(uploads)


def test_those_on_their_way_count(uploads: Uploads) -> None:
    begun, end = threading.Barrier(3), threading.Event()

    def write(path: Path) -> None:
        path.touch()
        begun.wait(IN_TIME)
        end.wait(IN_TIME)

    threads = [threading.Thread(target=uploads.receive, args=("ana12345", write)) for _ in range(2)]
    for thread in threads:
        thread.start()
    begun.wait(IN_TIME)
    with pytest.raises(TooManyUploads):
        put(uploads)
    end.set()
    for thread in threads:
        thread.join(IN_TIME)
    with pytest.raises(TooManyUploads):
        put(uploads)


def test_what_breaks_off_leaves_nothing(uploads: Uploads, tmp_path: Path) -> None:
    def write(path: Path) -> None:
        path.write_text("half")
        raise ConnectionResetError

    for _ in range(3):
        with pytest.raises(ConnectionResetError):
            uploads.receive("ana12345", write)
    assert files_below(tmp_path) == []


def test_what_has_expired_or_was_never_finished_is_swept_away(uploads: Uploads, tmp_path: Path) -> None:
    put(uploads)
    used = put(uploads)
    read(uploads, used)
    (tmp_path / "ana12345" / f"{'a' * 32}.part").touch()
    grow_old(tmp_path, 99)
    uploads.sweep()
    assert len(files_below(tmp_path)) == 4
    grow_old(tmp_path, 101)
    read(uploads, used)  # which is a new beginning
    uploads.sweep()
    assert sorted(Path(name).suffix for name in files_below(tmp_path)) == ["", ".part", ".used"]
    grow_old(tmp_path, FORSAKEN + 1)
    uploads.sweep()
    assert files_below(tmp_path) == []


def test_a_mark_of_use_without_its_recording_is_swept_away(uploads: Uploads, tmp_path: Path) -> None:
    used = put(uploads)
    read(uploads, used)
    (tmp_path / "ana12345" / used).unlink()  # and then a kill
    uploads.sweep()
    assert files_below(tmp_path) == []


def test_a_use_that_is_over_is_forgotten(uploads: Uploads) -> None:
    id = put(uploads)
    with uploads.held("ana12345", id), uploads.held("ana12345", id):
        assert uploads.in_use == 1
    assert uploads.in_use == 0
