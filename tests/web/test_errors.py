from __future__ import annotations

import errno
import json

import pytest
import sqlalchemy
import sqlalchemy.exc
from flask import Flask, Response
from flask.testing import FlaskClient

import errors
from errors import DiarizationError
from web.context import service_of
from web.errors import register_error_handlers

EXPECTED = {
    "internal_error": 500,
    "invalid_input": 400,
    "missing_audio": 400,
    "unsupported_media": 415,
    "truncated_audio": 422,
    "empty_audio": 422,
    "audio_too_long": 413,
    "upload_too_large": 413,
    "invalid_option": 400,
    "unknown_format": 400,
    "unavailable": 503,
    "queue_full": 503,
    "too_many_streams": 503,
    "not_ready": 503,
    "model_unavailable": 503,
    "media_tool_failed": 500,
    "worker_failed": 500,
    "storage_failed": 500,
    "unknown_job": 404,
    "unknown_speaker": 404,
    "speaker_exists": 409,
    "too_many_speakers": 409,
    "model_not_found": 404,
    "unsupported": 422,
    "unfinished": 409,
    "idempotency_key_reused": 422,
    "webhook_refused": 422,
    "invalid_edit": 422,
    "revision_changed": 412,
    "nothing_to_undo": 409,
    "artefacts_expired": 410,
    "cancelled": 409,
    "too_many_pending": 429,
    "voice_too_short": 422,
    "several_voices": 422,
    "too_many_uploads": 429,
    "unknown_upload": 400,
    "rate_limited": 429,
    "missing_key": 401,
    "invalid_key": 401,
    "missing_scope": 403,
    "foreign_host": 403,
    "foreign_origin": 403,
}


def answer_to(error: Exception):
    app = Flask(__name__)
    register_error_handlers(app)

    @app.get("/")
    def fail() -> str:
        raise error

    return app.test_client().get("/")


def test_every_error_of_ours_has_its_status() -> None:
    kinds = {
        kind.code: kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, DiarizationError)
    }
    assert set(kinds) == set(EXPECTED)
    for code, kind in kinds.items():
        response = answer_to(kind("A sentence.", field="audio"))
        assert (response.status_code, code) == (EXPECTED[code], code)
        assert json.loads(response.text) == {"error": {"code": code, "message": "A sentence.", "field": "audio"}}
        assert ("Retry-After" in response.headers) == (response.status_code in (429, 503))
        assert ("WWW-Authenticate" in response.headers) == (code in ("missing_key", "invalid_key", "missing_scope"))


def test_retry_after_is_the_errors_own() -> None:
    assert answer_to(errors.QueueFull("Full.", retry_after=77)).headers["Retry-After"] == "77"


@pytest.mark.parametrize("error", [RuntimeError("/srv/secret"), KeyError("secret"), OSError(errno.EIO, "secret")])
def test_anything_else_is_an_internal_error_without_detail(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    response = answer_to(error)
    assert response.status_code == 500
    assert response.get_json()["error"]["code"] == "internal_error"
    assert "secret" not in response.text + caplog.text
    assert type(error).__name__ in caplog.text


def test_a_fault_beside_the_routes_is_one_too(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    def fail(response: Response) -> Response:
        failing.clear()
        raise RuntimeError("secret")

    failing = [fail]
    app.after_request(lambda response: failing[0](response) if failing else response)
    response = app.test_client().get("/status?secret")
    assert (response.status_code, response.get_json()["error"]["code"]) == (500, "internal_error")
    assert "RuntimeError" in caplog.text
    assert caplog.text.count("secret") == 1, "in the line of code alone"


def test_a_full_disk_is_a_passing_state() -> None:
    response = answer_to(OSError(errno.ENOSPC, "No space left on device", "/srv/tmp"))
    assert response.status_code == 503
    assert "Retry-After" in response.headers
    assert "/srv" not in response.text


@pytest.mark.parametrize(
    "error",
    [
        sqlalchemy.exc.OperationalError("SELECT secret", {}, Exception("database is locked: secret")),
        sqlalchemy.exc.InterfaceError("SELECT secret", {}, Exception("secret")),
        sqlalchemy.exc.TimeoutError("secret"),
    ],
)
def test_a_database_that_is_away_is_a_passing_state(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    response = answer_to(error)
    assert (response.status_code, response.get_json()["error"]["code"]) == (503, "unavailable")
    assert int(response.headers["Retry-After"]) > 0
    assert "secret" not in response.text + caplog.text
    assert type(error).__name__ in caplog.text


def test_a_statement_that_cannot_work_is_no_passing_state() -> None:
    assert answer_to(sqlalchemy.exc.DataError("SELECT", {}, Exception())).status_code == 500


def test_routes_answer_so_when_the_table_is_gone(app: Flask, client: FlaskClient) -> None:
    with service_of(app).engine.begin() as connection:
        connection.execute(sqlalchemy.text("ALTER TABLE jobs RENAME TO away"))
    for path in ("/jobs", f"/jobs/{'0' * 32}", f"/jobs/{'0' * 32}/result"):
        response = client.get(path)
        assert (response.status_code, response.get_json()["error"]["code"]) == (503, "unavailable")


def test_the_frameworks_refusals_have_the_same_shape(client: FlaskClient) -> None:
    missing, wrong = client.get("/nothing/here"), client.get("/diarize")
    assert (missing.status_code, missing.get_json()["error"]["code"]) == (404, "not_found")
    assert (wrong.status_code, wrong.get_json()["error"]["code"]) == (405, "method_not_allowed")
    assert "POST" in wrong.headers["Allow"]
    assert set(wrong.get_json()["error"]) == {"code", "message", "field"}
