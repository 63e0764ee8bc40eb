from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from errors import ArtefactsExpired
from pipeline.artefacts import Complete, NoArtefacts, Shelf, transcript_arrays, transcript_of
from pipeline.types import Transcript, Word

ARRAYS = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array(["x"]), "c": np.array(0.5)}


def same(found: dict[str, np.ndarray] | None) -> bool:
    assert found is not None
    return found.keys() == ARRAYS.keys() and all(np.array_equal(found[name], ARRAYS[name]) for name in ARRAYS)


def test_what_was_saved_is_found_again_by_whoever_has_the_same_models(tmp_path: Path) -> None:
    Shelf(tmp_path / "stages", "models").save("words", ARRAYS)
    assert same(Shelf(tmp_path / "stages", "models").load("words"))
    assert Shelf(tmp_path / "stages", "models").load("speech") is None
    assert Shelf(tmp_path / "stages", "other models").load("words") is None
    assert [path.name for path in (tmp_path / "stages").iterdir()] == ["words.npz"]


@pytest.mark.parametrize("size", [0, 10, 200])
def test_a_file_that_was_cut_off_is_as_none(tmp_path: Path, size: int) -> None:
    shelf = Shelf(tmp_path, "models")
    shelf.save("words", ARRAYS)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:size])
    assert shelf.load("words") is None
    shelf.save("words", ARRAYS)
    assert same(shelf.load("words"))


def test_a_damaged_file_is_as_none(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, "models")
    shelf.save("words", {"a": np.zeros(10_000, np.uint8)})
    (path,) = tmp_path.iterdir()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))
    assert shelf.load("words") is None


def test_a_place_that_cannot_be_written_costs_no_result(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "nowhere" / "below"):
        shelf = Shelf(folder, "models")
        shelf.save("words", ARRAYS)
        assert shelf.load("words") is None


def test_what_must_be_there_and_is_not_has_expired(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, "models")
    shelf.save("words", ARRAYS)
    assert same(Complete(shelf).load("words"))
    for kept in (shelf, NoArtefacts()):
        with pytest.raises(ArtefactsExpired):
            Complete(kept).load("speech")


def test_a_transcript_is_read_back() -> None:
    word = Word("héllo \ud83d\ude00"[:5], 0.1, 0.25, confidence=0.5, interpolated=True)
    for transcript in (Transcript((word, word), "en", ("careful",), 0.75), Transcript()):
        assert transcript_of(transcript_arrays(transcript)) == transcript
