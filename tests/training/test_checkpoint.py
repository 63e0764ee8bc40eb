from __future__ import annotations

import os

import pytest
import torch

from errors import DiarizationError, InvalidOption
from training.checkpoint import Checkpoint

STATE = {"epochs": [[0, 1, 2, 3, 4, None]], "weights": {"a": torch.arange(3)}}


def test_what_is_saved_is_loaded(tmp_path):
    checkpoint = Checkpoint(tmp_path / "a.checkpoint", "this run")
    checkpoint.save(STATE)
    checkpoint.save(STATE)
    loaded = checkpoint.load()
    assert loaded["epochs"] == STATE["epochs"]
    assert torch.equal(loaded["weights"]["a"], STATE["weights"]["a"])
    assert os.listdir(tmp_path) == ["a.checkpoint"]
    checkpoint.remove()
    assert os.listdir(tmp_path) == []


def test_what_cannot_be_gone_on_from_is_refused(tmp_path):
    path = tmp_path / "a.checkpoint"
    with pytest.raises(InvalidOption, match=r"no a\.checkpoint"):
        Checkpoint(path, "this run").load()
    Checkpoint(path, "another run").save(STATE)
    with pytest.raises(InvalidOption, match="another model"):
        Checkpoint(path, "this run").load()
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InvalidOption, match="damaged"):
        Checkpoint(path, "this run").load()


def test_a_full_disk_leaves_the_last_one(tmp_path, monkeypatch):
    checkpoint = Checkpoint(tmp_path / "a.checkpoint", "this run")
    checkpoint.save(STATE)

    def full(state, path):
        path.write_bytes(b"half of it")
        raise RuntimeError("PytorchStreamWriter failed writing file")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(DiarizationError, match="disk full"):
        checkpoint.save(STATE)
    assert os.listdir(tmp_path) == ["a.checkpoint"]
    assert checkpoint.load()["epochs"] == STATE["epochs"]
