from __future__ import annotations

import logging

import pytest
from flask.testing import FlaskClient


def test_every_answer_names_its_request(client: FlaskClient) -> None:
    first, second = (client.get("/status").headers["X-Request-ID"] for _ in range(2))
    assert first != second
    assert len(first) == 32
    assert client.get("/nowhere").headers["X-Request-ID"]


def test_a_valid_id_of_the_clients_is_kept(client: FlaskClient) -> None:
    assert client.get("/status", headers={"X-Request-ID": "my-id_1.2"}).headers["X-Request-ID"] == "my-id_1.2"


@pytest.mark.parametrize("given", ["", "two words", "a" * 65, "ä", "x;y"])
def test_any_other_is_replaced(client: FlaskClient, given: str) -> None:
    assert client.get("/status", headers={"X-Request-ID": given}).headers["X-Request-ID"] != given


def test_the_log_has_the_route_and_not_what_the_client_wrote(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "web.traffic")
    client.get("/status?token=hunter2")
    client.get("/forged%0A2026-01-01 ERROR all is lost")
    assert "GET /status -> 200" in caplog.text
    assert "GET (no route) -> 404" in caplog.text
    assert "hunter2" not in caplog.text
    assert "forged" not in caplog.text


def test_a_method_that_a_client_made_up_is_not_logged(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "web.traffic")
    assert client.open("/status", method="HUNTER2").status_code == 405
    assert "(other) (no route) -> 405" in caplog.text
    assert "HUNTER2" not in caplog.text
