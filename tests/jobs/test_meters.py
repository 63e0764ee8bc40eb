from __future__ import annotations

from dataclasses import replace

from jobs.meters import Meters
from jobs.states import State
from pipeline.types import Conversation

RESULT = Conversation(duration=60.0, timings={"speech": 1.0, "words": 5.0})


def value(meters: Meters, name: str, **labels: str) -> float | None:
    return meters.registry.get_sample_value(f"diarization_{name}", labels)


def test_what_comes_in() -> None:
    meters = Meters()
    meters.accepted(12.5)
    meters.accepted(7.5)
    assert value(meters, "jobs_accepted_total") == 2
    assert value(meters, "audio_accepted_seconds_total") == 20


def test_only_what_is_begun_again_is_a_reclaim() -> None:
    meters = Meters()
    for attempts in (1, 2, 3, 1):
        meters.begun(attempts)
    assert value(meters, "job_reclaims_total") == 2


def test_every_end_is_there_from_the_start() -> None:
    meters = Meters()
    assert [value(meters, "jobs_ended_total", state=state) for state in ("done", "failed", "cancelled")] == [0, 0, 0]
    meters.ended(State.FAILED)
    meters.ended(State.CANCELLED, 3)
    meters.ended(State.DONE, 0)
    assert [value(meters, "jobs_ended_total", state=state) for state in ("done", "failed", "cancelled")] == [0, 1, 3]


def test_what_a_result_took() -> None:
    meters = Meters()
    meters.processed(RESULT)
    meters.processed(replace(RESULT, timings={}))
    meters.processed(replace(RESULT, duration=0.0))
    assert value(meters, "audio_processed_seconds_total") == 120
    assert value(meters, "stage_seconds_sum", stage="words") == 10
    assert value(meters, "stage_seconds_count", stage="speech") == 2
    assert value(meters, "stage_seconds_bucket", stage="words", le="2.5") == 0
    assert value(meters, "real_time_factor_sum") == 0.1
    assert value(meters, "real_time_factor_count") == 1


def test_each_service_has_its_own() -> None:
    one, two = Meters(), Meters()
    one.lease_lost()
    assert (value(one, "lease_losses_total"), value(two, "lease_losses_total")) == (1, 0)
