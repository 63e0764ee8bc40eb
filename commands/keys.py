"""``cli.py keys``: who may call the service. It need not be stopped, and what is done here holds at once."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from commands.output import say
from errors import InvalidOption
from keys.key import KeyRecord, Scope
from keys.store import KeyStore, open_keys
from settings import Settings

LONGEST_NAME = 100
MOST_DAYS = 36_500.0
_COLUMNS = ("id", "state", "scopes", "created", "used", "expires", "name")


def create(name: str, scopes: Sequence[str], days: float | None, settings: Settings, *, as_json: bool) -> bool:
    """Print a new key. Raises InvalidOption."""
    chosen, name = _scopes(scopes), name.strip()
    if not (0 < len(name) <= LONGEST_NAME and name.isprintable()):
        raise InvalidOption(f"NAME must be 1 to {LONGEST_NAME} printable characters.", field="name")
    if days is not None and not 0 < days <= MOST_DAYS:
        raise InvalidOption(f"--days must be more than 0 and at most {MOST_DAYS:.0f}.", field="days")
    with _open(settings) as keys:
        text, record = keys.create(name, chosen, days)
    print(json.dumps({"key": text, **_row(record)}) if as_json else text, flush=True)
    if not as_json:
        say(f"Key {record.id} ({', '.join(sorted(record.scopes))}). Keep it: it is not shown again.")
    return True


def list_keys(settings: Settings, *, as_json: bool) -> bool:
    """Print all keys that were ever made."""
    with _open(settings) as keys:
        records = keys.list()
    if as_json:
        print(json.dumps({"keys": [_row(record) for record in records]}))
    else:
        print(_table([_COLUMNS, *(_line(record) for record in records)]) if records else "There are no keys.")
    return True


def revoke(id: str, settings: Settings, *, as_json: bool) -> bool:
    """Raises InvalidOption for an unknown id."""
    with _open(settings) as keys:
        record = keys.revoke(id)
    if as_json:
        print(json.dumps(_row(record)))
    else:
        say(f"Key {record.id} is refused from now on.")
    return True


def _open(settings: Settings) -> AbstractContextManager[KeyStore]:
    return open_keys(settings.data_dir, settings.database_url.get_secret_value())


def _scopes(names: Sequence[str]) -> list[Scope]:
    try:
        return [Scope(name) for name in dict.fromkeys(names)]
    except ValueError:
        raise InvalidOption(f"--scope must be one of {', '.join(Scope)}.", field="scope") from None


def _row(record: KeyRecord) -> dict[str, Any]:
    times = {name: getattr(record, name) for name in ("created_at", "used_at", "expires_at", "revoked_at")}
    return {"id": record.id, "name": record.name, "scopes": sorted(record.scopes), "state": record.state, **times}


def _line(record: KeyRecord) -> tuple[str, ...]:
    days = (_day(seconds) for seconds in (record.created_at, record.used_at, record.expires_at))
    return (record.id, record.state, ",".join(sorted(record.scopes)), *days, record.name)


def _day(seconds: float | None) -> str:
    return "-" if seconds is None else time.strftime("%Y-%m-%d", time.localtime(seconds))


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
