"""With models: tests/test_nemo_processor.py."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from errors import ArtefactsExpired
from pipeline.activity import Activity
from pipeline.artefacts import Complete, Shelf
from pipeline.clustering import Bounds
from pipeline.remembered import Remembered
from pipeline.router import Router
from tests.pipeline.test_router import AUDIO, Scripted, sortformer


def test_what_was_heard_is_heard_once(tmp_path: Path) -> None:
    first, second = sortformer(5, 5, warnings=("careful",)), sortformer()
    heard = Remembered(first, "sortformer", Shelf(tmp_path, "1")).listen(AUDIO)
    again = Remembered(second, "sortformer", Shelf(tmp_path, "1"))
    found = again.listen(AUDIO)
    assert isinstance(found, Activity)
    assert np.array_equal(found.probability, heard.probability)
    assert (found.frame, found.warnings) == (0.1, ("careful",))
    assert again.embed(AUDIO, found) is found
    assert len(again.tell_apart(AUDIO, found, Bounds()).turns) == 2
    assert (first.calls, second.calls) == (["listen"], ["tell_apart"])
    assert Complete(Shelf(tmp_path, "1")).load("voices-sortformer") == {}  # it heard them with the speech


def test_each_diarizer_has_its_own(tmp_path: Path) -> None:
    """The second opinion that a full model needs is kept too; what nobody asked for is not there."""
    parts = {"clustering": Scripted(3, 3, 3, 3, 3), "sortformer": sortformer(5, 5, 5, 5)}
    shelf, bounds = Shelf(tmp_path, "1"), Bounds(1, 50)
    route = Router(parts).over(shelf).choose("auto", bounds)
    whole = route.tell_apart(AUDIO, route.listen(AUDIO), bounds)
    calls = {name: list(part.calls) for name, part in parts.items()}
    route = Router(parts).over(Complete(shelf)).choose("auto", bounds)
    assert route.tell_apart(AUDIO, route.listen(AUDIO), bounds) == whole
    for name, part in parts.items():
        assert part.calls[len(calls[name]) :] == ["tell_apart"]
    with pytest.raises(ArtefactsExpired):
        Router({"nemotron": sortformer()}).over(Complete(shelf)).choose("auto", bounds).listen(AUDIO)


def test_a_limit_is_that_of_the_diarizer(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, "1")
    assert Remembered(sortformer(), "sortformer", shelf).limit == 4
    assert not hasattr(Remembered(Scripted(), "clustering", shelf), "limit")
