from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from commands.batch_manifest import FILE, Done, names, open_manifest
from commands.batch_sources import Source
from errors import InvalidOption

DONE = Done("/calls/a.wav", "a", "options", ["a.json"], 61.5, 5.0, 2, 120)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "a.json").touch()
    return tmp_path


def test_what_is_done_is_found_again_by_its_content(out: Path) -> None:
    with open_manifest(out) as manifest:
        manifest.add("1" * 64, DONE)
    with open_manifest(out) as manifest:
        assert manifest.find("1" * 64, "options") == DONE
        assert manifest.find("1" * 64, "others") is None
        assert manifest.find("2" * 64, "options") is None
        (out / "a.json").unlink()
        assert manifest.find("1" * 64, "options") is None


def test_the_name_of_another_recording_is_not_taken(out: Path) -> None:
    with open_manifest(out) as manifest:
        manifest.add("1" * 64, DONE)
        assert manifest.name(Source(Path("/calls/a.wav"), "a"), "1" * 64, ["json"]) == "a"
        assert manifest.name(Source(Path("/others/A.wav"), "A"), "2" * 64, ["json"]) == "A-22222222"
        assert manifest.name(Source(Path("/calls/b.wav"), "b"), "2" * 64, ["json"]) == "b"


@pytest.mark.parametrize(
    ("name", "ending", "taken"),
    [
        ("batch", "json", True),
        ("Batch", "json", True),
        ("batch", "srt", False),
        ("summary", "csv", True),
        ("summary", "json", False),
        ("monday/batch", "json", False),
    ],
)
def test_no_result_is_called_like_a_file_of_the_batch(out: Path, name: str, ending: str, taken: bool) -> None:
    with open_manifest(out) as manifest:
        found = manifest.name(Source(Path(f"/calls/{name}.wav"), name), "2" * 64, ["txt", ending])
    assert found == (f"{name}-22222222" if taken else name)


def test_two_names_whose_results_would_be_one_file_are_told_apart(out: Path) -> None:
    with open_manifest(out) as manifest:
        manifest.add("1" * 64, replace(DONE, results=["a.seglst.json"]))
        assert manifest.name(Source(Path("/calls/a.seglst.wav"), "a.seglst"), "2" * 64, ["json"]) == "a.seglst-22222222"


def test_a_recording_that_changed_replaces_what_it_was(out: Path) -> None:
    with open_manifest(out) as manifest:
        manifest.add("1" * 64, DONE)
        assert manifest.name(Source(Path("/calls/a.wav"), "a"), "2" * 64, ["json"]) == "a"
        manifest.add("2" * 64, replace(DONE, words=7))
        assert manifest.find("1" * 64, "options") is None


@pytest.mark.parametrize("text", ["", "[]", "{", '{"done": {"1": {}}}', '{"done": []}'])
def test_a_damaged_one_is_refused(out: Path, text: str) -> None:
    (out / FILE).write_text(text)
    with pytest.raises(InvalidOption, match=r"batch.json in --out is damaged"), open_manifest(out):
        pass


def test_two_batches_do_not_share_a_folder(out: Path) -> None:
    with open_manifest(out), pytest.raises(InvalidOption, match="Another batch"), open_manifest(out):
        pass


def test_what_a_kill_left_half_written_is_removed(out: Path) -> None:
    (out / "sub").mkdir()
    (out / "sub" / ".0123456789abcdef.partial").touch()
    (out / "sub" / ".rsync.partial").touch()
    with open_manifest(out):
        assert [path.name for path in (out / "sub").iterdir()] == [".rsync.partial"]
        assert (out / "a.json").exists()


def test_results_are_named_below_the_folder(out: Path) -> None:
    assert names([out / "sub" / "a.json"], out) == ["sub/a.json"]
