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


def test_a_header_has_an_end_and_a_body_has_all(app: Flask, client: FlaskClient) -> None:
    @app.get("/probe")
    @public
    def probe() -> list[str]:
        ignore(f"name{number}" for number in range(1000))
        return list(ignored())

    assert client.get("/probe").get_json() == [f"name{number}" for number in range(1000)]

    names = client.get("/probe").headers[HEADER].split(", ")
    assert names[:2] == ["name0", "name1"]
    assert names[MOST:] == [f"and {1000 - MOST} more"]
