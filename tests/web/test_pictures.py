from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from matplotlib.image import imread

from app import create_app
from errors import Unavailable
from pictures.order import KINDS, Order
from pipeline.types import Turn
from tests.fakes import fake_settings, wait_until
from tests.held import HeldExecutor
from tests.web.test_diarize import error_of
from tests.web.test_jobs import ended, send
from web.context import service_of
from web.pictures import POLICY

PATHS = ("plot.svg", "plot.png")


class Sketch:
    """In place of the process that draws."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.refusal: Exception | None = None

    def draw(self, wav: Path, order: Order) -> bytes:
        self.orders.append(order)
        if self.refusal:
            raise self.refusal
        with wav.open("rb"):
            return b"drawn"


@pytest.fixture
def sketch(app: Flask) -> Sketch:
    app.extensions["studio"] = Sketch()
    return app.extensions["studio"]


@pytest.fixture
def id(client: FlaskClient) -> str:
    return ended(client, send(client).location)["id"]


def test_a_picture_of_who_speaks_when(client: FlaskClient, id: str) -> None:
    """By a real process."""
    svg = client.get(f"/jobs/{id}/plot.svg?kind=speakers&width=400")
    assert (svg.status_code, svg.mimetype) == (200, "image/svg+xml")
    assert "SPEAKER_00" in svg.text
    assert svg.headers["Content-Security-Policy"] == POLICY
    png = client.get(f"/jobs/{id}/plot.png?kind=waveform&width=360&theme=dark")
    assert png.mimetype == "image/png"
    assert imread(io.BytesIO(png.data)).shape[1] == 360


def test_what_is_drawn_is_what_the_conversation_is_now(client: FlaskClient, sketch: Sketch, id: str) -> None:
    change = {"changes": [{"edit": "rename", "speaker": "SPEAKER_00", "name": "Anna"}]}
    assert client.patch(f"/jobs/{id}/speakers", json=change).status_code == 200
    for path in PATHS:
        assert client.get(f"/jobs/{id}/{path}").data == b"drawn"
    expected = Order("all", "svg", 1000, "light", ("Anna",), (Turn("Anna", 0.0, 0.5),))
    assert sketch.orders == [expected, Order("all", "png", 1000, "light", expected.speakers, expected.turns)]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("query", "field"),
    [("kind=cepstrum", "kind"), ("kind=MEL", "kind"), ("width=319", "width"), ("width=x", "width"),
     ("width=4001", "width"), ("theme=pink", "theme")],
)  # fmt: skip
def test_what_cannot_be_drawn(client: FlaskClient, sketch: Sketch, id: str, path: str, query: str, field: str) -> None:
    assert error_of(client.get(f"/jobs/{id}/{path}?{query}")) == (400, "invalid_option", field)
    assert sketch.orders == []


def test_before_a_job_is_done_its_sound_can_be_seen(tmp_path: Path) -> None:
    executor = HeldExecutor()
    app = create_app(fake_settings(tmp_path), executor)
    app.extensions["studio"] = sketch = Sketch()
    client = app.test_client()
    id = send(client).get_json()["id"]
    executor.begun()
    statuses = {kind: client.get(f"/jobs/{id}/plot.svg?kind={kind}").status_code for kind in KINDS}
    assert statuses == {"waveform": 200, "spectrogram": 200, "mel": 200, "speakers": 409, "all": 409}
    assert error_of(client.get(f"/jobs/{id}/plot.png"))[:2] == (409, "unfinished")
    assert {order.turns for order in sketch.orders} == {()}
    client.delete(f"/jobs/{id}")
    wait_until(lambda: client.get(f"/jobs/{id}/plot.svg?kind=mel").status_code == 404)
    service_of(app).close()


def test_of_a_failed_job_what_it_failed_with(client: FlaskClient, sketch: Sketch) -> None:
    id = ended(client, send(client, "silence.wav").location)["id"]
    assert error_of(client.get(f"/jobs/{id}/plot.svg")) == (422, "empty_audio", None)
    assert client.get(f"/jobs/{id}/plot.svg?kind=mel").status_code == 200


def test_of_a_job_that_is_gone(client: FlaskClient, sketch: Sketch, id: str, tmp_path: Path) -> None:
    assert error_of(client.get(f"/jobs/{'0' * 32}/plot.svg"))[:2] == (404, "unknown_job")
    shutil.rmtree(tmp_path / "data" / "jobs" / id)
    for kind in KINDS:
        assert error_of(client.get(f"/jobs/{id}/plot.png?kind={kind}"))[:2] == (404, "unknown_job")


def test_where_others_are_drawn_it_is_to_be_tried_again(client: FlaskClient, sketch: Sketch, id: str) -> None:
    sketch.refusal = Unavailable("Busy.", retry_after=3)
    refused: Any = client.get(f"/jobs/{id}/plot.svg")
    assert error_of(refused)[:2] == (503, "unavailable")
    assert refused.headers["Retry-After"] == "3"
