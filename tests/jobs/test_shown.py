from __future__ import annotations

import json
import time
from dataclasses import replace

from sqlalchemy import Engine

from jobs.record import NewJob
from jobs.shown import shown
from jobs.states import State
from jobs.store import JobStore


def test_only_a_running_job_has_seconds_left_and_what_is_shown_is_plain_data(engine: Engine) -> None:
    store = JobStore(engine)
    waiting = store.add(NewJob("a" * 32, request={"secret": 1}, notes={"case": 7}, owner="k1"))
    assert (shown(waiting, 3)["queue_place"], shown(waiting)["seconds_left"], shown(waiting)["stage"]) == (
        3,
        None,
        None,
    )
    running = store.claim()
    assert running is not None
    assert shown(running)["seconds_left"] is None
    store.begin(running, 1)
    store.renew(running, "words", 0.5)
    running = store.get(running.id)
    assert running is not None
    assert (shown(running)["percent"], shown(running)["seconds_left"] >= 0) == (72.5, True)
    assert shown(replace(running, token=2))["seconds_left"] is None  # began later than started_at, nobody knows when
    assert shown(replace(running, attempts=2))["seconds_left"] is None
    store.finish(running)
    done = store.get(running.id)
    assert done is not None
    assert (shown(done)["state"], shown(done)["percent"], shown(done)["seconds_left"]) == (State.DONE, 100.0, None)
    assert abs(shown(done)["ended_at"] - time.time()) < 60
    assert json.loads(json.dumps(shown(done)))["metadata"] == {"case": 7}
    assert not {"owner", "token", "request"} & set(shown(done))
