from __future__ import annotations

import logging

import pytest

from pipeline.readiness import Loading

Told = list[tuple[str, dict[str, str]]]


def test_each_change_is_told_with_all_of_the_stages() -> None:
    told: Told = []
    loading = Loading("ours", ("vad", "asr"), lambda *state: told.append(state))
    with loading("vad"):
        assert told[-1] == ("ours", {"vad": "loading", "asr": "waiting"})
    with loading("asr"):
        pass
    assert [state for _, state in told] == [
        {"vad": "waiting", "asr": "waiting"},
        {"vad": "loading", "asr": "waiting"},
        {"vad": "ready", "asr": "waiting"},
        {"vad": "ready", "asr": "loading"},
        {"vad": "ready", "asr": "ready"},
    ]


def test_a_stage_that_fails_is_told_and_its_error_goes_on() -> None:
    told: Told = []
    loading = Loading("ours", ("vad", "asr"), lambda *state: told.append(state))
    with pytest.raises(KeyError), loading("vad"):
        raise KeyError
    assert told[-1] == ("ours", {"vad": "failed", "asr": "waiting"})
    loading.fail("asr")
    assert told[-1] == ("ours", {"vad": "failed", "asr": "failed"})


def test_the_seconds_are_logged_whoever_listens(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pipeline.readiness")
    with Loading("ours", ("vad",))("vad"):
        pass
    assert "Profile ours: vad ready after 0.0 s" in caplog.text
