from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from flask.testing import FlaskClient

from jobs.peaks import FILE
from tests.media import RATE, tone
from tests.web.test_diarize import error_of
from tests.web.test_jobs import ended, send


def recorded(*channels: np.ndarray) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.stack(channels).T, RATE, format="WAV", subtype="PCM_16")
    return file.getvalue()


def job(client: FlaskClient, sound: bytes, **fields: Any) -> str:
    return ended(client, send(client, sound=sound, **fields).location)["id"]


def test_quiet_and_loud_are_where_they_are_heard(client: FlaskClient) -> None:
    sound = np.concatenate([tone(1, level=0.25), np.zeros(RATE, np.float32), tone(2, level=0.5)])
    found = client.get(f"/jobs/{job(client, recorded(sound))}/peaks?count=4").get_json()
    assert found["duration"] == 4
    assert found["channels"] == [pytest.approx([0.25, 0, 0.5, 0.5], abs=2e-3)]


def test_each_channel_has_its_own(client: FlaskClient) -> None:
    id = job(client, recorded(tone(1, level=0.25), tone(1, level=1.0)), channels="per_channel")
    found = client.get(f"/jobs/{id}/peaks?count=3").get_json()["channels"]
    assert found == [pytest.approx([level] * 3, abs=2e-3) for level in (0.25, 1.0)]


def test_as_many_as_are_asked_for(client: FlaskClient) -> None:
    id = job(client, recorded(tone(3)))
    assert len(client.get(f"/jobs/{id}/peaks").get_json()["channels"][0]) == 2000
    assert len(client.get(f"/jobs/{id}/peaks?count=20000").get_json()["channels"][0]) == 20_000
    for count in ("0", "20001", "x", "-1"):
        assert error_of(client.get(f"/jobs/{id}/peaks?count={count}")) == (400, "invalid_option", "count")


def test_of_a_recording_that_is_gone(client: FlaskClient, tmp_path: Path) -> None:
    assert error_of(client.get(f"/jobs/{'0' * 32}/peaks"))[:2] == (404, "unknown_job")
    id = job(client, recorded(tone(1)))
    shutil.rmtree(tmp_path / "data" / "jobs" / id)
    assert error_of(client.get(f"/jobs/{id}/peaks"))[:2] == (404, "unknown_job")


def test_they_go_with_the_job(client: FlaskClient, tmp_path: Path) -> None:
    id = job(client, recorded(tone(3)))
    assert client.get(f"/jobs/{id}/peaks?count=10").status_code == 200
    (kept,) = tmp_path.rglob(FILE)
    assert client.delete(f"/jobs/{id}").status_code == 204
    assert not kept.exists()
