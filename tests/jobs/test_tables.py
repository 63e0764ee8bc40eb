"""The database's clock."""

from __future__ import annotations

import time

from sqlalchemy import Engine, select

from jobs.tables import Now


def test_now_is_seconds_since_1970_with_their_fractions(engine: Engine) -> None:
    with engine.begin() as connection:
        before = connection.scalar(select(Now()))
        time.sleep(0.05)
        after = connection.scalar(select(Now()))
    assert before is not None
    assert after is not None
    assert abs(before - time.time()) < 5
    # SQLite's clock ticks in milliseconds; inside a transaction neither stands still.
    assert 0.03 < after - before < 5
