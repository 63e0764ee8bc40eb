from __future__ import annotations

from pathlib import Path


def asked_of(monkeypatch, place):
    """What the command at a place is called with."""
    asked = []
    monkeypatch.setattr(place, lambda *given, **options: asked.append((given, options)) or True)
    return asked


def test_what_is_typed_for_models_is_what_is_asked_for(cli, monkeypatch):
    listed, pulled = (asked_of(monkeypatch, f"commands.models.{name}") for name in ("list_models", "pull_models"))
    packed, checked = (asked_of(monkeypatch, f"commands.models.{name}") for name in ("bundle_models", "verify"))
    for line in (
        ("list", "--profile", "offline", "--profile", "nemotron", "--hash"),
        ("pull", "nvidia/a", "b", "--force", "--json"),
        ("bundle", "there", "--profile", "offline"),
        ("verify", "there", "--json"),
    ):
        assert cli("models", *line).exit_code == 0
    (((profiles, _), options),) = listed
    assert (profiles, options) == (["offline", "nemotron"], {"hashed": True, "as_json": False})
    (((request, _), _),) = pulled
    assert (request.models, request.force, request.as_json) == (("nvidia/a", "b"), True, True)
    (((folder, settings), _),) = packed
    assert (folder, settings.profile) == (Path("there"), "offline")
    assert [(given[0], options) for given, options in checked] == [(Path("there"), {"as_json": True})]


def test_what_is_typed_for_keys_is_what_is_asked_for(cli, monkeypatch):
    made, listed, revoked = (
        asked_of(monkeypatch, f"commands.keys.{name}") for name in ("create", "list_keys", "revoke")
    )
    for line in (("create", "Anna"), ("create", "Bo", "--scope", "admin", "--days", "7"), ("list",), ("revoke", "k1")):
        assert cli("keys", *line).exit_code == 0
    assert [given[:3] for given, _ in made] == [("Anna", ["jobs:read", "jobs:write"], None), ("Bo", ["admin"], 7.0)]
    assert (len(listed), revoked[0][0][0]) == (1, "k1")
