from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest

from errors import DiarizationError, Unavailable
from pictures.order import Order
from pictures.studio import Studio
from pipeline.types import Turn
from tests.fakes import wait_until


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path / "fonts")


def test_a_process_draws_and_is_gone(studio: Studio, meeting: Path, tmp_path: Path) -> None:
    order = Order("all", "svg", 600, "light", ("Anna",), (Turn("Anna", 0, 5),))
    made = studio.draw(meeting, order)
    assert b"Anna" in made
    assert any((tmp_path / "fonts").iterdir()), "or each picture looks for fonts anew"


def test_a_recording_that_is_gone(studio: Studio, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        studio.draw(tmp_path / "audio.wav", Order("waveform"))


def test_what_takes_too_long_is_ended_and_leaves_its_place(tmp_path: Path, meeting: Path) -> None:
    studio = Studio(tmp_path / "fonts", at_once=1, seconds=0.01)
    for _ in range(2):
        with pytest.raises(Unavailable, match="too long") as caught:
            studio.draw(meeting, Order("all"))
        assert caught.value.retry_after == 10


def test_no_more_than_a_few_at_once(tmp_path: Path, meeting: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    studio, go, inside = Studio(tmp_path / "fonts"), threading.Event(), threading.Semaphore(0)

    def wait(request: bytes) -> bytes:
        inside.release()
        go.wait(30)
        return b"x"

    monkeypatch.setattr(studio, "_draw", wait)
    made: list[bytes] = []
    threads = [threading.Thread(target=lambda: made.append(studio.draw(meeting, Order("mel")))) for _ in range(2)]
    for thread in threads:
        thread.start()
        assert inside.acquire(timeout=30)
    with pytest.raises(Unavailable, match="Other pictures"):
        studio.draw(meeting, Order("mel"))
    go.set()
    for thread in threads:
        thread.join()
    assert made == [b"x", b"x"]
    assert studio.draw(meeting, Order("mel")) == b"x"


def test_a_fault_is_in_the_log_without_what_it_quotes(
    studio: Studio, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    (tmp_path / "hunter2.wav").write_bytes(b"no sound")
    with pytest.raises(DiarizationError) as caught:
        studio.draw(tmp_path / "hunter2.wav", Order("waveform"))
    assert "hunter2" not in caught.value.message + caplog.text
    assert wait_until(lambda: "LibsndfileError" in caplog.text)
