"""``cli.py keys`` from the command line: what is printed, and the exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from errors import InvalidKey
from jobs.storage import open_storage
from keys.key import id_in
from keys.store import KeyStore, open_keys

Cli = Callable[..., Result]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """DATA_DIR."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def test_a_key_is_shown_once_alone_on_stdout(cli: Cli, folder: Path) -> None:
    made = cli("keys", "create", "the phone")
    assert made.exit_code == 0
    (text,) = made.stdout.splitlines()
    assert "not shown again" in made.stderr
    assert text not in made.stderr
    with open_keys(folder) as keys:
        assert sorted(keys.check(text).scopes) == ["jobs:read", "jobs:write"]
    listed = cli("keys", "list")
    assert listed.stdout.splitlines()[1].split()[:3] == [id_in(text), "active", "jobs:read,jobs:write"]
    assert text not in listed.stdout + cli("keys", "list", "--json").stdout


def test_all_of_it_beside_a_running_service(cli: Cli, folder: Path) -> None:
    with open_storage(folder) as storage:
        running = KeyStore(storage.engine)
        made = json.loads(cli("keys", "create", "x", "--scope", "admin", "--days", "2", "--json").stdout)
        assert running.check(made["key"]).scopes == {"admin"}
        assert made["expires_at"] == pytest.approx(made["created_at"] + 2 * 86_400, abs=1)
        assert cli("keys", "revoke", made["id"]).exit_code == 0
        with pytest.raises(InvalidKey):
            running.check(made["key"])
    (row,) = json.loads(cli("keys", "list", "--json").stdout)["keys"]
    assert (row["id"], row["state"], row["name"]) == (made["id"], "revoked", "x")
    assert json.loads(cli("keys", "revoke", made["id"], "--json").stdout)["revoked_at"] == row["revoked_at"]


@pytest.mark.parametrize(
    "arguments",
    [["create", ""], ["create", "x" * 101], ["create", "a\nb"], ["create", "x", "--scope", "root"],
     ["create", "x", "--days", "0"], ["create", "x", "--days", "nan"], ["create"], ["revoke", "unknown1"]],
)  # fmt: skip
def test_what_is_wrong_with_the_command_itself(cli: Cli, arguments: list[str]) -> None:
    refused = cli("keys", *arguments)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert cli("keys", "list").stdout == "There are no keys.\n"


def test_a_whole_key_in_place_of_its_id_is_not_repeated(cli: Cli) -> None:
    text = cli("keys", "create", "x").stdout.strip()
    refused = cli("keys", "revoke", text, "--json")
    assert refused.exit_code == 2
    assert text not in refused.stdout + refused.stderr


def test_a_database_that_cannot_be_opened_is_one_line(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:hidden@127.0.0.1:1/x")
    failed = cli("keys", "list")
    assert (failed.exit_code, failed.stderr.count("\n")) == (3, 1)
    assert "hidden" not in failed.stderr
