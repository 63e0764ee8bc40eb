from __future__ import annotations

from executors.readiness import Readiness


def test_it_is_what_the_worker_said() -> None:
    message = {"kind": "loading", "profile": "offline", "readiness": {"vad": "ready"}, "loaded": ["offline"]}
    assert Readiness.of(message) == Readiness("offline", {"vad": "ready"}, ("offline",))


def test_when_the_process_is_gone_nothing_is_ready_and_what_was_in_work_has_failed() -> None:
    stages = {"vad": "ready", "embeddings": "loading", "asr": "waiting", "sortformer": "failed"}
    ended = Readiness("ours", stages, ("ours",)).ended()
    assert (ended.profile, ended.loaded) == ("ours", ())
    assert ended.stages == {"vad": "waiting", "embeddings": "failed", "asr": "waiting", "sortformer": "failed"}
    assert stages["vad"] == "ready", "a value of its own"
