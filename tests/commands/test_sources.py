from __future__ import annotations

import hashlib

import pytest

from commands.download import RemoteFile
from commands.sources import files_of
from errors import ModelError
from pipeline import catalogue
from pipeline.catalogue import Checkpoint
from tests.file_server import COMMIT, FileServer

NEMO = b"weights" * 100


def known(**more: object) -> Checkpoint:
    about = {"stage": "asr", "purpose": "", "licence": "", "languages": "", "parameters": 1, "download": 4}
    return Checkpoint(**(about | more))  # type: ignore[arg-type]


def know(monkeypatch: pytest.MonkeyPatch, *checkpoints: Checkpoint) -> None:
    named = {checkpoint.name: checkpoint for checkpoint in checkpoints}
    monkeypatch.setattr(catalogue, "find", named.get)


def test_a_model_of_hugging_face_is_the_nemo_file_called_like_it(server: FileServer) -> None:
    server.repository("owner/Model-1.0", {"README.md": b"", "other.nemo": b"", "model-1.0.nemo": NEMO})
    (file,) = files_of("owner/Model-1.0")
    url = f"{server.url}/owner/Model-1.0/resolve/{COMMIT}/model-1.0.nemo"
    assert file == RemoteFile(
        "owner/Model-1.0", url, "owner--Model-1.0.nemo", len(NEMO), hashlib.sha256(NEMO).hexdigest()
    )


def test_the_only_nemo_file_will_do(server: FileServer) -> None:
    server.repository("owner/model", {"final.nemo": NEMO, "sub/model.nemo": b""})
    assert files_of("owner/model")[0].url.endswith("/final.nemo")


def test_a_model_of_transformers_is_a_folder_without_code_and_pickles(server: FileServer) -> None:
    names = ["config.json", "processor_config.json", "model.safetensors", "evil.py", "model.bin", "x/y.json", "m.gguf"]
    server.repository("owner/model", dict.fromkeys(names, b"{}"))
    assert sorted(file.name for file in files_of("owner/model")) == [
        "owner--model/config.json",
        "owner--model/model.safetensors",
        "owner--model/processor_config.json",
    ]


def test_a_page_of_both_kinds_gives_what_the_catalogue_says(
    server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.repository("owner/model", {"model.nemo": NEMO, "config.json": b"{}", "model.safetensors": b""})
    assert [file.name for file in files_of("owner/model")] == ["owner--model.nemo"]
    know(monkeypatch, known(name="owner/model", folder=True))
    assert [file.name for file in files_of("owner/model")] == [
        "owner--model/config.json", "owner--model/model.safetensors"
    ]  # fmt: skip


def test_the_page_may_be_written_otherwise_than_the_name(server: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.repository("Owner/Model", {"model.nemo": NEMO})
    know(monkeypatch, known(name="owner/model", repository="Owner/Model"))
    (file,) = files_of("owner/model")
    assert (file.model, file.name) == ("owner/model", "owner--model.nemo")
    assert "/Owner/Model/" in file.url


def test_a_plain_name_is_a_file_of_ngc(monkeypatch: pytest.MonkeyPatch) -> None:
    know(monkeypatch, known(name="titanet_large", url="https://ngc.example/titanet-l.nemo"))
    assert files_of("titanet_large") == [
        RemoteFile("titanet_large", "https://ngc.example/titanet-l.nemo", "titanet_large.nemo")
    ]


def test_nemos_own_lists_know_more(server: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    lists = {"small": "https://ngc.example/s.nemo", "diar": "https://huggingface.co/owner/diar"}
    monkeypatch.setattr("pipeline.nemo_catalogue.location", lists.get)
    server.repository("owner/diar", {"diar.nemo": NEMO})
    assert files_of("small")[0].url == "https://ngc.example/s.nemo"
    assert files_of("diar")[0].url == f"{server.url}/owner/diar/resolve/{COMMIT}/diar.nemo"
    assert files_of("diar")[0].name == "diar.nemo"
    with pytest.raises(ModelError, match="titanet_larg is unknown: a model is OWNER/NAME"):
        files_of("titanet_larg")


@pytest.mark.parametrize(
    ("files", "words"),
    [({"README.md": b""}, "neither a .nemo file nor"), ({"a.nemo": b"", "b.nemo": b""}, "neither a .nemo file nor")],
)
def test_a_page_without_a_model(files: dict[str, bytes], words: str, server: FileServer) -> None:
    server.repository("owner/model", files)
    with pytest.raises(ModelError, match=words):
        files_of("owner/model")


def test_what_cannot_be_asked_for(server: FileServer) -> None:
    with pytest.raises(ModelError, match=r"^owner/gone: .*\(404\)"):
        files_of("owner/gone")
    server.statuses["/api/models/owner/secret"] = [401]
    with pytest.raises(ModelError, match=r"^owner/secret: .*HF_TOKEN"):
        files_of("owner/secret")
    server.files["/api/models/owner/portal"] = b"<html>please log in</html>"
    with pytest.raises(ModelError, match=r"^owner/portal: .*HF_ENDPOINT"):
        files_of("owner/portal")
    with pytest.raises(ModelError, match="a file of your own"):
        files_of("models/titanet.nemo")
