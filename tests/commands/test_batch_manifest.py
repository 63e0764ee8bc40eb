from __future__ import annotations

import resource
import signal
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from commands.batch_manifest import FILE, KEPT, Done, Manifest, kept_path, open_manifest
from commands.batch_sources import Source
from errors import DiarizationError, InvalidOption

DONE = Done("/calls/a.wav", "a", "options", {"json": "a.json"}, False, 61.5, 5.0, 2, 120)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "a.json").touch()
    return tmp_path


def name_of(manifest: Manifest, source: Source, sha256: str, endings: Sequence[str]) -> str:
    with manifest.name(source, sha256, endings) as name:
        return name


def test_what_is_done_is_found_again_by_its_content(out: Path) -> None:
    with open_manifest(out) as manifest:
        manifest.add("1" * 64, DONE)
    with open_manifest(out) as manifest:
        assert manifest.find("1" * 64, "options") == DONE
        assert manifest.find("1" * 64, "others") is None
        assert manifest.find("2" * 64, "options") is None


def test_the_name_of_another_recording_is_not_taken(out: Path) -> None:
    with open_manifest(out) as manifest:
        manifest.add("1" * 64, DONE)
        assert name_of(manifest, Source(Path("/calls/a.wav"), "a"), "1" * 64, ["json"]) == "a"
        assert name_of(manifest, Source(Path("/others/A.wav"), "A"), "2" * 64, ["json"]) == "A-22222222"
        assert name_of(manifest, Source(Path("/calls/b.wav"), "b"), "2" * 64, ["json"]) == "b"


@pytest.mark.parametrize(
    ("name", "ending", "taken"),
    [
        ("batch", "jsonl", True),
        ("batch", "json", False),
        ("summary", "csv", True),
        ("Summary", "csv", True),
        ("summary", "json", False),
        ("monday/summary", "csv", False),
    ],
)
def test_no_result_is_called_like_a_file_of_the_batch(out: Path, name: str, ending: str, taken: bool) -> None:
    with open_manifest(out) as manifest:
        found = name_of(manifest, Source(Path(f"/calls/{name}.wav"), name), "2" * 64, ["txt", ending])
    assert found == (f"{name}-22222222" if taken else name)


def test_two_names_whose_results_would_be_one_file_are_told_apart(out: Path) -> None:
    with open_manifest(out) as manifest:
        manifest.add("1" * 64, replace(DONE, results={"seglst": "a.seglst.json"}))
        other = Source(Path("/calls/a.seglst.wav"), "a.seglst")
        assert name_of(manifest, other, "2" * 64, ["json"]) == "a.seglst-22222222"


def test_what_is_being_written_is_not_given_to_another_one(out: Path) -> None:
    plain, other = Source(Path("/calls/x.wav"), "x"), Source(Path("/calls/x.seglst.wav"), "x.seglst")
    with open_manifest(out) as manifest:
        held = ExitStack()
        assert held.enter_context(manifest.name(plain, "1" * 64, ["json", "seglst.json"])) == "x"
        assert name_of(manifest, other, "2" * 64, ["json", "seglst.json"]) == "x.seglst-22222222"
        with pytest.raises(OSError, match="full"), held:
            raise OSError("full")
        assert name_of(manifest, other, "2" * 64, ["json", "seglst.json"]) == "x.seglst"


def test_a_name_that_is_told_apart_is_not_taken_either(out: Path) -> None:
    with open_manifest(out) as manifest:
        manifest.add("1" * 64, DONE)
        manifest.add("3" * 64, replace(DONE, file="/calls/b.wav", name="a-22222222", results={}))
        found = name_of(manifest, Source(Path("/others/a.wav"), "a"), "2" * 64, ["json"])
    assert found == "a-22222222-22222222"


def test_a_recording_that_changed_replaces_what_it_was(out: Path) -> None:
    with open_manifest(out) as manifest:
        manifest.add("1" * 64, DONE)
        assert name_of(manifest, Source(Path("/calls/a.wav"), "a"), "2" * 64, ["json"]) == "a"
        manifest.add("2" * 64, replace(DONE, words=7))
        assert manifest.find("1" * 64, "options") is None


def test_a_line_is_added_for_each_and_the_last_one_holds(out: Path) -> None:
    with open_manifest(out) as manifest:
        for sha256 in ("1", "2", "1"):
            manifest.add(sha256 * 64, replace(DONE, words=int(sha256)))
        assert len((out / FILE).read_bytes().splitlines()) == 3
    with open_manifest(out) as manifest:
        assert len((out / FILE).read_bytes().splitlines()) == 1
        assert manifest.find("2" * 64, "options") is None
        assert manifest.find("1" * 64, "options") == replace(DONE, words=1)


def test_a_line_that_a_kill_broke_off_counts_as_none(out: Path) -> None:
    with open_manifest(out) as manifest:
        manifest.add("1" * 64, DONE)
        manifest.add("2" * 64, replace(DONE, name="b", results={}))
    (out / FILE).write_bytes((out / FILE).read_bytes()[:-5])
    with open_manifest(out) as manifest:
        assert manifest.find("1" * 64, "options") == DONE
        assert manifest.find("2" * 64, "options") is None
        manifest.add("3" * 64, replace(DONE, name="c", results={}))
    with open_manifest(out) as manifest:
        assert manifest.find("3" * 64, "options")


def test_what_is_no_longer_done_is_not_kept(out: Path) -> None:
    (out / KEPT).mkdir()
    for sha256 in ("1" * 64, "2" * 64):
        kept_path(out, sha256, "options").touch()
    with open_manifest(out) as manifest:
        manifest.add("1" * 64, DONE)
    with open_manifest(out):
        assert [*(out / KEPT).iterdir()] == [kept_path(out, "1" * 64, "options")]


def test_a_full_disk_leaves_whole_lines(out: Path) -> None:
    with open_manifest(out) as manifest:
        manifest.add("1" * 64, DONE)
        before, limits = (out / FILE).read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
        ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 10, limits[1]))
            with pytest.raises(DiarizationError, match=r"batch\.jsonl cannot be written: File too large"):
                manifest.add("2" * 64, DONE)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            signal.signal(signal.SIGXFSZ, ignored)
        assert (out / FILE).read_bytes() == before
        assert manifest.find("2" * 64, "options") is None


@pytest.mark.parametrize("text", ["[]\n", "{\n", '{"sha256": "1"}\n', '"done"\n', "\n"])
def test_a_damaged_one_is_refused(out: Path, text: str) -> None:
    (out / FILE).write_text(text)
    with pytest.raises(InvalidOption, match=r"batch.jsonl in --out is damaged"), open_manifest(out):
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
