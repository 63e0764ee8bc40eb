from __future__ import annotations

from jobs.waiters import Waiters


def test_who_waits_hears_of_progress_and_is_taken_once() -> None:
    waiters, heard = Waiters(), list[tuple[str, float]]()
    future = waiters.add("a", lambda *progress: heard.append(progress))
    waiters.add("b", None)
    for id in ("a", "b", "unknown"):
        waiters.progress(id, "words", 0.5)
    assert heard == [("words", 0.5)]
    assert waiters.ids == ["a", "b"]
    assert waiters.take("a") is future
    assert waiters.take("a") is None
    assert waiters.ids == ["b"]
