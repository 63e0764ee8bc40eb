from __future__ import annotations

import json

from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from web.guard import public
from web.warned import HEADER, LONGEST, WARNED, warn, written


def test_what_a_result_warns_of_is_in_the_answer_and_nothing_else_is(app: Flask, client: FlaskClient) -> None:
    @app.get("/probe")
    @public
    def probe() -> str:
        warn(["Two voices, perhaps.", "Süß\r\nX-Other: 1\x7f"])
        return ""

    response = client.get("/probe")
    assert json.loads(response.headers[HEADER]) == ["Two voices, perhaps.", "Süß\r\nX-Other: 1\x7f"]
    assert response.headers[HEADER].isascii()
    assert response.headers[HEADER].isprintable()
    assert "X-Other" not in response.headers
    assert HEADER not in client.get("/status").headers
    assert set(WARNED) == {HEADER}


@settings(max_examples=30)
@given(st.lists(st.text(max_size=600), max_size=60))
def test_it_has_an_end(warnings: list[str]) -> None:
    text = written(warnings)
    assert len(text) <= LONGEST
    assert len(json.loads(text)) <= len(warnings)


def test_what_fits_is_told_whole_and_of_the_rest_how_much_there_is() -> None:
    warnings = [f"{number} seconds of the recording are silent." for number in range(20)]
    assert json.loads(written(warnings)) == warnings
    *told, more = json.loads(written(warnings * 500))
    assert told == (warnings * 9)[: len(told)]
    assert more == f"and {20 * 500 - len(told)} more"
    assert json.loads(written(["x" * 5000]))[0].startswith("xxx")
