from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from web.guard import public
from web.ignored import HEADER, MOST, ignore, ignored


def test_what_was_ignored_is_named_in_the_answer_and_nothing_else_is(app: Flask, client: FlaskClient) -> None:
    @app.get("/probe")
    @public
    def probe() -> list[str]:
        ignore(["temperature", "known[]"])
        ignore(["temperature", "a\r\nb, c"])
        return list(ignored())

    response = client.get("/probe")
    assert response.headers[HEADER] == "temperature, known[], a??b??c"
    assert response.get_json() == ["temperature", "known[]", "a??b??c"]
    assert HEADER not in client.get("/status").headers


def test_a_header_has_an_end(app: Flask, client: FlaskClient) -> None:
    @app.get("/probe")
    @public
    def probe() -> str:
        ignore(f"name{number}" for number in range(1000))
        return ""

    assert len(client.get("/probe").headers[HEADER].split(", ")) == MOST
