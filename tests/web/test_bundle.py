"""A machine without network: what ``models bundle`` packs is all that the server needs to answer."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from settings import ROOT
from tests.media import SAMPLE, ffmpeg
from tests.web.conftest import StartServer

PROXIES = ("http_proxy", "https_proxy", "all_proxy")
CACHES = ("HOME", "HF_HOME", "HF_HUB_CACHE", "TORCH_HOME", "XDG_CACHE_HOME", "NEMO_CACHE_DIR")
LEAVE = """
import requests, socket
there = ("192.0.2.1", 80)
for leave in (lambda: requests.get("https://huggingface.co"), lambda: socket.socket().connect_ex(there)):
    try:
        raise SystemExit(f"not refused: {leave()}")
    except OSError:
        pass
"""


def python(*arguments: str | Path) -> None:
    """In a process of its own."""
    done = subprocess.run([sys.executable, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """From here on no new process leaves this machine or finds a model in a cache; the file names each that tried."""
    log = tmp_path / "network.log"
    monkeypatch.setenv("NETWORK_LOG", str(log))
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "tests" / "no_network"))
    for name in CACHES:
        (tmp_path / "empty" / name).mkdir(parents=True)
        monkeypatch.setenv(name, str(tmp_path / "empty" / name))
    # A proxy on this machine would pass requests on unseen, and one told to stay offline would not even try.
    for name in (*PROXIES, *map(str.upper, PROXIES), "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    return log


@pytest.fixture
def bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, network: Path, titanet: Path, frame_marblenet: Path,
    asr_checkpoints: dict[str, Path], sortformer_files: dict[str, Path], nemotron_folder: Path,
) -> Path:  # fmt: skip
    """What the command made of the profile nemotron, given a Sortformer too that is a file of one's own. It was carried
    elsewhere, and all that it was made of is gone."""
    origin, store = tmp_path / "origin", tmp_path / "origin" / "checkpoints"
    store.mkdir(parents=True)
    shutil.copy(frame_marblenet, store / "nvidia--frame_vad_multilingual_marblenet_v2.0.nemo")
    shutil.copy(titanet, store / "titanet_large.nemo")
    shutil.copy(asr_checkpoints["tdt"], store / "nvidia--parakeet-tdt-0.6b-v3.nemo")
    shutil.copytree(nemotron_folder, store / "nvidia--Nemotron-3-Diarization")
    shutil.copy(sortformer_files["streaming"], origin / "ours.nemo")
    section = f"sortformer:\n    model_path: {origin}/ours.nemo\n    parameters:\n      streaming: true\n  nemotron:\n"
    usual = (ROOT / "conf" / "nemotron.yaml").read_text().replace("device: auto", "device: cpu")
    (origin / "field.yaml").write_text(usual.replace("nemotron:\n", section))
    monkeypatch.setenv("MODEL_CACHE_DIR", str(origin))
    python("cli.py", "models", "bundle", tmp_path / "stick", "--profile", origin / "field.yaml")
    shutil.rmtree(origin)
    return (tmp_path / "stick").rename(tmp_path / "carried")


def said(network: Path, word: str) -> list[list[str]]:
    """[process, word, ...] of each line with this word."""
    return [line.split() for line in network.read_text().splitlines() if line.split()[1] == word]


def test_a_bundle_serves_where_there_is_no_network(
    bundle: Path, network: Path, start_server: StartServer, tmp_path: Path
) -> None:
    python("cli.py", "models", "verify", bundle)
    own = {"model_cache_dir": bundle, "model_config": bundle / "field.yaml"}
    server = start_server("nemo_processor:warm_processor", **own).wait_ready()
    ffmpeg("-t", "15", "-i", SAMPLE, tmp_path / "clip.wav")
    for diarizer in ("clustering", "sortformer", "nemotron"):
        response = server.post(audio=(tmp_path / "clip.wav").read_bytes(), diarizer=diarizer, words="true")
        assert response.status_code == 200, response.text
        assert response.json()["turns"]
        assert any(segment["words"] for segment in response.json()["conversation"])
    # The web process between these two is a fork of the first, which hands its audit hooks on.
    guarded = {int(process) for process, _ in said(network, "guarded")}
    assert {server.process.pid, server.pids()[1]} <= guarded
    assert said(network, "refused") == []
    python("-c", LEAVE)  # and nothing was refused because nobody asked, not because nobody would have seen it
    assert [attempt[2:] for attempt in said(network, "refused")] == [
        ["socket.getaddrinfo", "huggingface.co"],
        ["socket.connect", "192.0.2.1"],
    ]
