"""Keys made, checked and revoked, on SQLite and on PostgreSQL."""

from __future__ import annotations

import hmac
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import Engine, event, text, update

from errors import InvalidKey, InvalidOption, StorageError
from jobs.database import open_database
from jobs.storage import open_storage
from jobs.tables import Now, api_keys
from keys import store as key_store
from keys.key import Scope, digest_of, id_in, new_text
from keys.store import USE_NOTED, KeyStore, open_keys

BOTH = (Scope.READ, Scope.WRITE)


def test_a_key_is_recognised_and_nothing_that_would_give_it_away_is_kept(keys: KeyStore, engine: Engine) -> None:
    made, record = keys.create("a phone", BOTH)
    assert (record.id, record.name, record.scopes, record.state) == (id_in(made), "a phone", set(BOTH), "active")
    assert record.digest == digest_of(made)
    assert keys.check(made).id == record.id
    with engine.begin() as connection:
        kept = str(connection.execute(text("SELECT * FROM api_keys")).all())
    assert record.id in kept
    assert made.split("_", 2)[2] not in kept


def test_what_is_wrong_with_a_key_is_not_said_nor_is_the_key(keys: KeyStore, engine: Engine) -> None:
    revoked, expired, right = (keys.create(name, BOTH) for name in ("revoked", "expired", "right"))
    keys.revoke(revoked[1].id)
    with engine.begin() as connection:
        gone = update(api_keys).where(api_keys.c.id == expired[1].id).values(expires_at=Now() - 1)
        connection.execute(gone)
    wrong = f"dk_{right[1].id}_{'x' * 43}"
    messages = set[str]()
    for given in (revoked[0], expired[0], wrong, new_text(), "dk_", "", "x\0y", f"{right[0]} "):
        with pytest.raises(InvalidKey) as refused:
            keys.check(given)
        messages.add(refused.value.message)
    assert messages == {"The API key is unknown, expired or revoked."}
    assert keys.check(right[0]).name == "right"


def test_keys_are_compared_in_constant_time_also_where_there_is_none(
    keys: KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[int, int]] = []

    def compare(one: str, other: str) -> bool:
        compared.append((len(one), len(other)))
        return hmac.compare_digest(one, other)

    monkeypatch.setattr(key_store, "hmac", SimpleNamespace(compare_digest=compare))
    made, _ = keys.create("x", BOTH)
    keys.check(made)
    for given in (new_text(), "nonsense"):
        with pytest.raises(InvalidKey):
            keys.check(given)
    assert compared == [(64, 64)] * 3


def test_a_key_for_some_days(keys: KeyStore) -> None:
    made, record = keys.create("x", BOTH, days=0.5)
    assert record.expires_at == pytest.approx(record.created_at + 43_200, abs=1)
    assert keys.check(made).state == "active"


def test_revoking_twice_is_harmless_and_an_unknown_id_is_not_repeated(keys: KeyStore) -> None:
    _, record = keys.create("x", BOTH)
    first, second = keys.revoke(record.id), keys.revoke(record.id)
    assert first.state == second.state == "revoked"
    assert first.revoked_at == second.revoked_at
    with pytest.raises(InvalidOption) as refused:
        keys.revoke(made := new_text())
    assert made not in refused.value.message


def test_the_list_has_all_and_a_revoked_key_still_counts(keys: KeyStore) -> None:
    assert (keys.list(), keys.exist()) == ([], False)
    ids = [keys.create(name, BOTH)[1].id for name in ("first", "second")]
    for id in ids:
        keys.revoke(id)
    assert [(key.id, key.state) for key in keys.list()] == [(id, "revoked") for id in ids]
    assert keys.exist()


def test_a_use_is_noted_but_not_each(keys: KeyStore, engine: Engine) -> None:
    made, record = keys.create("x", BOTH)
    assert record.used_at is None
    written: list[str] = []
    event.listen(engine, "after_cursor_execute", lambda *args: written.append(args[2]))
    for _ in range(5):
        keys.check(made)
    assert sum("UPDATE" in statement for statement in written) == 1
    (first,) = keys.list()
    assert first.used_at is not None
    with engine.begin() as connection:
        connection.execute(update(api_keys).values(used_at=Now() - USE_NOTED - 1))
    keys.check(made)
    (later,) = keys.list()
    assert later.used_at is not None
    assert later.used_at >= first.used_at


def test_a_use_that_cannot_be_noted_is_no_reason_to_refuse(
    keys: KeyStore, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    made, record = keys.create("x", BOTH)
    refusal = "CREATE TRIGGER refuse BEFORE UPDATE ON api_keys "
    sqlite = f"{refusal} BEGIN SELECT RAISE(ABORT, 'no'); END"
    body = "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END'"
    statements = [sqlite] if engine.dialect.name == "sqlite" else [body, f"{refusal} EXECUTE FUNCTION no()"]
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    assert keys.check(made).id == record.id
    assert "could not be noted" in caplog.text
    assert made not in caplog.text


def test_keys_are_made_while_a_service_holds_the_folder_and_hold_for_it_at_once(tmp_path: Path) -> None:
    with open_storage(tmp_path / "data") as storage:
        running = KeyStore(storage.engine)
        assert not running.exist()
        with open_keys(tmp_path / "data") as other:
            made, record = other.create("x", BOTH)
            assert running.check(made).id == record.id
            other.revoke(record.id)
        with pytest.raises(InvalidKey):
            running.check(made)


def test_they_can_be_made_before_the_first_service_starts(tmp_path: Path) -> None:
    with open_keys(tmp_path / "new" / "data") as first:
        first.create("x", BOTH)
    with open_storage(tmp_path / "new" / "data") as storage:
        assert KeyStore(storage.engine).exist()


def test_a_database_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="DATABASE_URL"), open_keys(tmp_path, "postgresql://u:key@127.0.0.1:1/x"):
        pass


def test_several_processes_share_them(database_url: str, keys: KeyStore) -> None:
    other = KeyStore(open_database(database_url))
    made, record = other.create("x", BOTH)
    assert keys.check(made).id == record.id
