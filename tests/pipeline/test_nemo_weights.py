"""Weights that are taken over from the mapped file, beside those that NeMo's own connector copies."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from pipeline.nemo_weights import mapped_weights
from tests.checkpoints.asr import KINDS


def restored(path: Path, connector: Any = None) -> Any:
    from nemo.collections.asr import models

    asr: Any = models.ASRModel
    return asr.restore_from(str(path), map_location="cpu", save_restore_connector=connector)


def saved_as(checkpoint: Path, target: Path, save: Callable[[Any, io.BytesIO], None]) -> Path:
    """The checkpoint with its weights written in another way."""
    with tarfile.open(checkpoint) as old, tarfile.open(target, "w") as new:
        for member in old:
            file = old.extractfile(member)
            content = io.BytesIO(file.read() if file else b"")
            if member.name.endswith(".ckpt"):
                weights, content = torch.load(content), io.BytesIO()
                save(weights, content)
            member.size = len(content.getvalue())
            new.addfile(member, io.BytesIO(content.getvalue()))
    return target


def in_halves(weights: Any, file: io.BytesIO) -> None:
    torch.save({key: value.half() if value.is_floating_point() else value for key, value in weights.items()}, file)


def without_zip(weights: Any, file: io.BytesIO) -> None:
    torch.save(weights, file, _use_new_zipfile_serialization=False)


def same_weights(ours: Any, theirs: Any) -> None:
    mine, other = ours.state_dict(), theirs.state_dict()
    assert mine.keys() == other.keys()
    assert all(mine[key].dtype == other[key].dtype and torch.equal(mine[key], other[key]) for key in mine)


@pytest.mark.parametrize("kind", KINDS)
def test_they_are_those_that_nemo_loads(asr_checkpoints: dict[str, Path], kind: str) -> None:
    same_weights(restored(asr_checkpoints[kind], mapped_weights()), restored(asr_checkpoints[kind]))


@pytest.mark.parametrize("save", [in_halves, without_zip])
def test_weights_in_halves_and_in_torchs_old_format_are_loaded_as_nemo_does(
    asr_checkpoints: dict[str, Path], tmp_path: Path, save: Callable[[Any, io.BytesIO], None]
) -> None:
    path = saved_as(asr_checkpoints["ctc"], tmp_path / "other.nemo", save)
    same_weights(restored(path, mapped_weights()), restored(path))


def test_weights_that_are_missing_or_of_another_shape_are_refused(
    asr_checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    def without_one(weights: Any, file: io.BytesIO) -> None:
        torch.save(dict(list(weights.items())[:-1]), file)

    def cut(weights: Any, file: io.BytesIO) -> None:
        torch.save({key: value[:1] if value.ndim else value for key, value in weights.items()}, file)

    for name, save in (("missing", without_one), ("cut", cut)):
        with pytest.raises(RuntimeError, match="Error"):
            restored(saved_as(asr_checkpoints["ctc"], tmp_path / f"{name}.nemo", save), mapped_weights())


def test_they_lie_in_the_file_and_not_in_memory_of_their_own(asr_checkpoints: dict[str, Path]) -> None:
    model = restored(asr_checkpoints["ctc"], mapped_weights())
    addresses = [parameter.data_ptr() for parameter in model.encoder.parameters()]
    mapped = [
        range(*(int(end, 16) for end in line.split()[0].split("-")))
        for line in Path("/proc/self/maps").read_text().splitlines()
        if ".ckpt" in line
    ]
    assert addresses
    assert all(any(address in part for part in mapped) for address in addresses)
