from __future__ import annotations

import fcntl
import hashlib
from pathlib import Path

import pytest

from commands.download import BLOCK
from commands.pull import pull
from commands.sums import differences, read_sums
from errors import ModelError
from pipeline.checkpoints import locate, store
from settings import Settings
from tests.file_server import COMMIT, FileServer

NEMO, CONFIG, WEIGHTS = b"nemo" * 50_000, b'{"model_type": "x"}', b"weights" * 50_000
FOLDER = {"config.json": CONFIG, "model.safetensors": WEIGHTS}


def resolved(name: str) -> str:
    return f"/owner/model/resolve/{COMMIT}/{name}"


def test_a_model_is_where_it_is_looked_for_and_its_sum_is_written_down(server: FileServer, own: Settings) -> None:
    server.repository("owner/model", {"model.nemo": NEMO})
    pulled = pull("owner/model", own)
    assert pulled.new
    assert pulled.path == locate("owner/model", own) == store(own) / "owner--model.nemo"
    assert pulled.path.read_bytes() == NEMO
    assert read_sums(store(own)) == {"owner--model.nemo": hashlib.sha256(NEMO).hexdigest()}
    assert list(differences(store(own))) == []


def test_what_is_there_is_not_asked_for_again_unless_forced(server: FileServer, own: Settings) -> None:
    server.repository("owner/model", {"model.nemo": NEMO})
    path = pull("owner/model", own).path
    server.asked.clear()
    assert not pull("owner/model", own).new
    assert server.asked == []
    path.write_bytes(b"damaged")
    assert pull("owner/model", own, force=True).new
    assert path.read_bytes() == NEMO


def test_a_folder_appears_only_when_it_is_complete(server: FileServer, own: Settings) -> None:
    server.repository("owner/model", FOLDER)
    server.statuses[resolved("model.safetensors")] = [404]
    with pytest.raises(ModelError, match="404"):
        pull("owner/model", own)
    assert locate("owner/model", own) is None
    server.asked.clear()
    path = pull("owner/model", own).path
    assert path == locate("owner/model", own)
    assert {file.name: file.read_bytes() for file in path.iterdir()} == FOLDER
    assert resolved("config.json") not in server.paths(), "it had come before"
    assert list(differences(store(own))) == []


def test_a_folder_is_replaced_when_forced(server: FileServer, own: Settings) -> None:
    server.repository("owner/model", FOLDER | {"old.json": b"{}"})
    path = pull("owner/model", own).path
    server.repository("owner/model", FOLDER)
    pull("owner/model", own, force=True)
    assert sorted(file.name for file in path.iterdir()) == sorted(FOLDER)
    assert list(differences(store(own))) == []


def test_an_interrupted_pull_goes_on(server: FileServer, own: Settings) -> None:
    server.repository("owner/model", {"model.nemo": NEMO})
    server.cuts[resolved("model.nemo")] = [2 * BLOCK, 0, 0]
    with pytest.raises(ModelError, match="run the command again"):
        pull("owner/model", own)
    assert locate("owner/model", own) is None
    assert pull("owner/model", own).path.read_bytes() == NEMO
    assert server.asked[-1].range == f"bytes={2 * BLOCK}-"


def test_the_sums_of_other_models_stay(server: FileServer, own: Settings) -> None:
    server.repository("owner/model", FOLDER)
    server.repository("owner/other", {"other.nemo": NEMO})
    pull("owner/other", own)
    pull("owner/model", own)
    names = ["owner--model/config.json", "owner--model/model.safetensors", "owner--other.nemo"]
    assert list(read_sums(store(own))) == names


def test_two_pulls_do_not_write_into_one_file(server: FileServer, own: Settings) -> None:
    store(own).mkdir(parents=True)
    with (store(own) / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ModelError, match="Another pull is at work"):
            pull("owner/model", own)
    assert server.asked == []


def test_a_store_that_cannot_be_made_is_named_by_its_setting(own: Settings, tmp_path: Path) -> None:
    own.model_cache_dir.write_text("a file")
    with pytest.raises(ModelError, match=r"^MODEL_CACHE_DIR cannot be used: "):
        pull("owner/model", own)
