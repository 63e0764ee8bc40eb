"""The API keys, in the database of the jobs: made, checked and revoked."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Row, Update, and_, insert, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from errors import InvalidKey, InvalidOption
from jobs.database import READING
from jobs.storage import open_engine
from jobs.tables import Now, api_keys
from keys.key import KeyRecord, Scope, digest_of, id_in, new_text

log = logging.getLogger(__name__)

DAY = 86_400.0  # s
USE_NOTED = 300.0  # s; a use is written down when the last one that was is older, not with each request
_NOBODYS = digest_of("")  # an unknown id takes as long to refuse as a wrong secret


class KeyStore:
    """Safe between threads and between processes: what one of them writes holds for the others at once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reading = engine.execution_options(**{READING: True})

    def create(self, name: str, scopes: Collection[Scope], days: float | None = None) -> tuple[str, KeyRecord]:
        """A new key's text, which is kept nowhere, and its record. days: after so many it expires; None: never."""
        text = new_text()
        values: dict[str, Any] = {"id": id_in(text), "name": name, "scopes": sorted(scopes), "digest": digest_of(text)}
        values |= {"created_at": Now(), "expires_at": None if days is None else Now() + days * DAY}
        with self._engine.begin() as connection:
            row = connection.execute(insert(api_keys).values(values).returning(api_keys, _now())).one()
        return text, _record(row)

    def list(self) -> list[KeyRecord]:
        """All that were ever made, the oldest first."""
        with self._reading.begin() as connection:
            rows = connection.execute(select(api_keys, _now()).order_by(api_keys.c.created_at, api_keys.c.id))
            return [_record(row) for row in rows]

    def exist(self) -> bool:
        """Whether a key was ever made: one that has expired or was revoked must not open the door to everybody."""
        with self._reading.begin() as connection:
            return connection.execute(select(api_keys.c.id).limit(1)).first() is not None

    def revoke(self, id: str) -> KeyRecord:
        """From now on it is refused; harmless when it was revoked before. Raises InvalidOption for an unknown id."""
        known = api_keys.c.id == id
        with self._engine.begin() as connection:
            fresh = and_(known, api_keys.c.revoked_at.is_(None))
            connection.execute(update(api_keys).where(fresh).values(revoked_at=Now()))
            row = connection.execute(select(api_keys, _now()).where(known)).one_or_none()
        if row is None:  # what was typed may be a whole key, and is not repeated
            raise InvalidOption("There is no key of this id; `keys list` shows all.", field="id")
        return _record(row)

    def check(self, text: str) -> KeyRecord:
        """The key that a request came with. Raises InvalidKey for one that is unknown, wrong, expired or revoked."""
        record = self._find(text)
        right = hmac.compare_digest(digest_of(text), record.digest if record else _NOBODYS)
        if record is None or not right or record.state != "active":
            raise InvalidKey("The API key is unknown, expired or revoked.")
        self._note_use(record)
        return record

    def _find(self, text: str) -> KeyRecord | None:
        id = id_in(text)
        if id is None:
            return None
        with self._reading.begin() as connection:
            row = connection.execute(select(api_keys, _now()).where(api_keys.c.id == id)).one_or_none()
        return _record(row) if row else None

    def _note_use(self, record: KeyRecord) -> None:
        if record.used_at is not None and record.used_at > record.read_at - USE_NOTED:
            return
        try:
            with self._engine.begin() as connection:
                connection.execute(_use_of(record.id))
        except SQLAlchemyError as error:  # a full disk must not keep anybody from a result that is there
            log.warning("The use of an API key could not be noted (%s)", type(error).__name__)


@contextmanager
def open_keys(folder: Path, url: str = "") -> Iterator[KeyStore]:
    """The keys of the service whose jobs are there, whether it runs or not. Raises StorageError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = open_engine(folder, url)
    try:
        yield KeyStore(engine)
    finally:
        engine.dispose()


def _use_of(id: str) -> Update:
    """Once, of many requests that come at the same time."""
    stale = or_(api_keys.c.used_at.is_(None), api_keys.c.used_at <= Now() - USE_NOTED)
    return update(api_keys).where(api_keys.c.id == id, stale).values(used_at=Now())


def _now() -> Any:
    return Now().label("read_at")


def _record(row: Row[Any]) -> KeyRecord:
    values: dict[str, Any] = dict(row._mapping)
    values["scopes"] = frozenset(map(Scope, values["scopes"]))
    return KeyRecord(**values)
