"""The whole way from the command line: what is printed, and the exit code."""

from __future__ import annotations

import json
import shlex
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from commands.download import BLOCK
from pipeline.checkpoints import store
from settings import Settings
from tests.file_server import COMMIT, FileServer

Cli = Callable[..., Result]
NEMO = b"nemo" * 20_000


@pytest.fixture
def ours(server: FileServer, own: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A profile "ours" of two models that the server has."""
    server.repository("owner/vad", {"vad.nemo": NEMO})
    server.repository("owner/asr", {"asr.nemo": NEMO * 2})
    (tmp_path / "conf").mkdir()
    profile = "diarizer:\n  vad:\n    model_path: owner/vad\n  asr:\n    model_path: owner/asr\n"
    (tmp_path / "conf" / "ours.yaml").write_text(profile)
    monkeypatch.setenv("MODEL_CONFIG_DIR", str(tmp_path / "conf"))
    monkeypatch.setenv("MODEL_CONFIG", "ours")
    return own


def test_from_nothing_to_a_bundle_that_is_checked(ours: Settings, cli: Cli, tmp_path: Path) -> None:
    listed = cli("models", "list", "--profile", "ours")
    assert listed.exit_code == 1
    assert listed.stdout.count("MISSING (to be pulled)") == 2
    assert cli("models", "pull").exit_code == 0
    listed = cli("models", "list", "--profile", "ours")
    assert listed.exit_code == 0
    assert str(store(ours) / "owner--vad.nemo") in listed.stdout
    assert cli("models", "verify").exit_code == 0
    assert cli("models", "bundle", tmp_path / "bundle").exit_code == 0
    assert cli("models", "verify", tmp_path / "bundle").exit_code == 0
    (tmp_path / "bundle" / "checkpoints" / "owner--vad.nemo").write_bytes(b"rot")
    (tmp_path / "bundle" / "ours.yaml").unlink()
    (tmp_path / "bundle" / "extra").touch()
    damaged = cli("models", "verify", tmp_path / "bundle")
    assert damaged.exit_code == 1
    assert damaged.stdout.splitlines()[:3] == [
        "damaged checkpoints/owner--vad.nemo",
        "missing ours.yaml",
        "extra   extra",
    ]
    assert damaged.stdout.splitlines()[3].endswith("3 differences")


def test_a_bundle_is_used_and_checked_where_no_network_is(
    ours: Settings, cli: Cli, server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli("models", "pull")
    cli("models", "bundle", tmp_path / "bundle")
    monkeypatch.setenv("MODEL_CACHE_DIR", str(tmp_path / "bundle"))
    monkeypatch.setenv("MODEL_CONFIG", str(tmp_path / "bundle" / "ours.yaml"))

    def no_network(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked for")

    monkeypatch.setattr(socket, "socket", no_network)
    assert cli("models", "verify").exit_code == 0
    assert cli("models", "list", "--profile", str(tmp_path / "bundle" / "ours.yaml"), "--hash").exit_code == 0
    pulled = cli("models", "pull")
    assert pulled.exit_code == 0
    assert pulled.stderr.count("is there already") == 2


def test_json_for_machines(ours: Settings, cli: Cli, tmp_path: Path) -> None:
    listed = json.loads(cli("models", "list", "--json").stdout)
    assert [(model["stage"], model["missing"]) for model in listed["profiles"][0]["models"]] == [
        ("vad", True), ("asr", True)
    ]  # fmt: skip
    rows = [json.loads(line) for line in cli("models", "pull", "--json").stdout.splitlines()]
    assert [(row["model"], row["pulled"]) for row in rows] == [("owner/vad", True), ("owner/asr", True)]
    (model, _) = json.loads(cli("models", "list", "--json").stdout)["profiles"][0]["models"]
    assert model["files"][0]["size"] == len(NEMO)
    assert len(model["files"][0]["sha256"]) == 64
    bundled = json.loads(cli("models", "bundle", tmp_path / "bundle", "--json").stdout)
    assert "ours.yaml" in bundled["files"]
    (store(ours) / "owner--asr.nemo").unlink()
    checked = cli("models", "verify", "--json")
    assert checked.exit_code == 1
    assert json.loads(checked.stdout)["differences"] == [{"kind": "missing", "file": "owner--asr.nemo"}]


def test_one_model_that_cannot_be_had_does_not_stop_the_others(ours: Settings, cli: Cli, server: FileServer) -> None:
    server.statuses["/api/models/owner/vad"] = [404]
    pulled = cli("models", "pull", "--json")
    assert pulled.exit_code == 1
    failed, came = (json.loads(line) for line in pulled.stdout.splitlines())
    assert failed["error"]["message"].startswith("owner/vad: 127.0.0.1 does not have it (404)")
    assert came["model"] == "owner/asr"
    assert pulled.stderr.splitlines()[0] == f"error: {failed['error']['message']}"


def test_models_may_be_named_instead(ours: Settings, cli: Cli, server: FileServer) -> None:
    assert cli("models", "pull", "owner/asr").exit_code == 0
    assert server.paths() == ["/api/models/owner/asr", f"/owner/asr/resolve/{COMMIT}/asr.nemo"]


def test_an_interrupted_pull_goes_on_from_the_command_line_too(ours: Settings, cli: Cli, server: FileServer) -> None:
    path = f"/owner/asr/resolve/{COMMIT}/asr.nemo"
    server.cuts[path] = [BLOCK, 0, 0]
    first = cli("models", "pull", "owner/asr")
    assert first.exit_code == 1
    assert "run the command again" in first.stderr
    assert cli("models", "pull", "owner/asr").exit_code == 0
    assert server.asked[-1].range == f"bytes={BLOCK}-"


def test_the_embedded_profile_has_nothing_to_pull(cli: Cli, own: Settings) -> None:
    pulled = cli("models", "pull", "--profile", "offline")
    assert pulled.exit_code == 0
    assert "nothing to pull" in pulled.stderr


def test_what_is_wrong_with_the_command_itself(cli: Cli, own: Settings, tmp_path: Path) -> None:
    assert cli("models", "pull", "--profile", "meetings").exit_code == 3
    assert cli("models", "list", "--profile", "meetings").exit_code == 3
    assert cli("models", "bundle", tmp_path / "bundle", "--profile", "offline").exit_code == 2
    nothing = cli("models", "verify")
    assert nothing.exit_code == 3
    assert "nothing was pulled or bundled there" in nothing.stderr
    missing = cli("models", "bundle", tmp_path / "bundle", "--profile", "sortformer")
    assert missing.exit_code == 3
    assert "python cli.py models pull nvidia/" in missing.stderr


def test_the_command_for_what_is_missing_fetches_it_for_a_profile_that_was_typed(
    ours: Settings, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which MODEL_CONFIG, what ``models pull`` takes by itself, does not name."""
    typed = tmp_path / "conf" / "ours.yaml"
    monkeypatch.setenv("MODEL_CONFIG", "offline")
    missing = cli("models", "bundle", tmp_path / "bundle", "--profile", typed)
    said, _, command = missing.stderr.strip().partition("run: python cli.py ")
    assert said.endswith("not on this machine (model_path in the profile ours); ")
    assert cli(*shlex.split(command)).exit_code == 0
    assert cli("models", "bundle", tmp_path / "bundle", "--profile", typed).exit_code == 0


def test_all_profiles_are_listed_without_complaint_where_none_is_asked_for(cli: Cli, own: Settings) -> None:
    listed = cli("models", "list", "--json")
    assert listed.exit_code == 0
    names = [profile["profile"] for profile in json.loads(listed.stdout)["profiles"]]
    assert {"diar_infer_meeting", "nemotron", "offline", "sortformer"} <= set(names)
