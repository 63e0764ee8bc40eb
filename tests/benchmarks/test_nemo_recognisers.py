"""Recognisers of the published shapes, which write nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.nemo_recognisers import KINDS, SHAPES, save_recogniser
from benchmarks.nemo_sides import read
from pipeline.nemo_asr import load_asr


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_written(kind: str, random_models: Path, clip: Path) -> None:
    model = load_asr(random_models / f"{kind}.nemo")
    (hypothesis,) = model.transcribe([read(clip).samples[:]], verbose=False)
    assert hypothesis.text == ""


def test_the_kinds_are_what_they_say(random_models: Path) -> None:
    ctc, tdt = (load_asr(random_models / f"{kind}.nemo") for kind in ("ctc", "tdt"))
    assert (ctc.encoder.subsampling_factor, tdt.encoder.subsampling_factor) == (4, 8)
    assert tdt.joint.num_extra_outputs == 5


def test_small_has_the_published_size(tmp_path: Path) -> None:
    save_recogniser("ctc", "small", tmp_path / "ctc.nemo")
    assert load_asr(tmp_path / "ctc.nemo").num_weights == pytest.approx(13e6, rel=0.1)


def test_every_size_has_every_kind() -> None:
    assert all(set(shapes) == set(KINDS) for shapes in SHAPES.values())
