from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from tests.fakes import SECRET, fake_settings
from tests.held import HeldExecutor
from tests.web.test_diarize import error_of
from tests.web.test_jobs import ended, get, send
from web.context import service_of


@pytest.fixture
def job(client: FlaskClient) -> str:
    """The address of a job that is done."""
    location = send(client).headers["Location"]
    assert ended(client, location)["state"] == "done"
    return location


def patch(client: FlaskClient, job: str, *changes: Any, etag: str | None = None) -> TestResponse:
    headers = {} if etag is None else {"If-Match": etag}
    return client.patch(f"{job}/speakers", json={"changes": list(changes)}, headers=headers)


RENAME = {"edit": "rename", "speaker": "SPEAKER_00", "name": "Anna"}


def speakers(client: FlaskClient, job: str) -> list[str]:
    return get(client, f"{job}/result")["speakers"]


def test_changes_show_in_every_answer_and_are_taken_back(client: FlaskClient, job: str) -> None:
    named = patch(client, job, RENAME)
    assert (named.status_code, json.loads(named.text)["speakers"]) == (200, ["Anna"])
    split = patch(
        client, job, {"edit": "reassign", "segment": 0}, {"edit": "rename", "speaker": "SPEAKER_00", "name": "Tom"}
    )
    assert json.loads(split.text)["speakers"] == ["Tom"]
    for name in ("json", "txt", "srt", "vtt", "rttm", "seglst"):
        assert "Tom" in client.get(f"{job}/result?format={name}").text
    assert client.get(f"{job}/result").headers["ETag"] == split.headers["ETag"] != named.headers["ETag"]
    undone = client.post(f"{job}/undo")
    assert (json.loads(undone.text)["speakers"], undone.headers["ETag"]) == (["Anna"], named.headers["ETag"])
    client.post(f"{job}/undo")
    assert speakers(client, job) == ["SPEAKER_00"]
    assert error_of(client.post(f"{job}/undo")) == (409, "nothing_to_undo", None)


def test_another_number_of_speakers_takes_the_place_of_the_first_and_keeps_names(client: FlaskClient, job: str) -> None:
    patch(client, job, RENAME)
    made = client.post(f"{job}/recluster", data={"num_speakers": "3"})
    assert (made.status_code, json.loads(made.text)["speakers"]) == (200, ["Anna", "SPEAKER_01", "SPEAKER_02"])
    assert speakers(client, job) == ["Anna", "SPEAKER_01", "SPEAKER_02"]
    merged = patch(client, job, {"edit": "merge", "speaker": "SPEAKER_01", "into": "SPEAKER_02"})
    assert json.loads(merged.text)["speakers"] == ["Anna", "SPEAKER_02"]
    made = client.post(f"{job}/recluster?num_speakers=2&format=rttm")
    assert made.text.count("SPEAKER audio 1 ") == 2
    for left in (["Anna", "SPEAKER_02"], ["Anna", "SPEAKER_01", "SPEAKER_02"], ["Anna"], ["SPEAKER_00"]):
        assert json.loads(client.post(f"{job}/undo").text)["speakers"] == left


def test_changes_survive_a_restart(app: Flask, tmp_path: Path) -> None:
    client = app.test_client()
    location = send(client).headers["Location"]
    ended(client, location)
    patch(client, location, RENAME)
    service_of(app).close()
    again = create_app(fake_settings(tmp_path), HeldExecutor())
    assert speakers(again.test_client(), location) == ["Anna"]
    service_of(again).close()


def test_who_has_not_seen_the_last_change_is_told_so(client: FlaskClient, job: str) -> None:
    etag = client.get(f"{job}/result").headers["ETag"]
    assert patch(client, job, RENAME, etag=etag).status_code == 200
    other = {**RENAME, "name": "Tom"}
    assert error_of(patch(client, job, other, etag=etag)) == (412, "revision_changed", None)
    assert error_of(client.post(f"{job}/undo", headers={"If-Match": etag}))[0] == 412
    assert error_of(client.post(f"{job}/recluster", headers={"If-Match": etag}))[0] == 412
    now = client.get(f"{job}/result").headers["ETag"]
    for tags in ('"0"', '"x"', f"W/{now}", '"0", "x"'):
        assert error_of(patch(client, job, other, etag=tags))[0] == 412
    assert error_of(patch(client, job, other, etag="x")) == (400, "invalid_option", "If-Match")
    assert speakers(client, job) == ["Anna"]
    assert client.post(f"{job}/undo", headers={"If-Match": f'"0", {now}'}).status_code == 200


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ([], "changes"),
        ([{"edit": "paint"}], "changes.0"),
        ([{"edit": "rename", "speaker": "SPEAKER_00"}], "changes.0.name"),
        ([{**RENAME, "colour": "red"}], "changes.0.colour"),
        ([RENAME, {**RENAME, "speaker": "nobody"}], "changes.1.speaker"),
        ([{"edit": "merge", "speaker": "SPEAKER_00", "into": "nobody"}], "changes.0.into"),
        ([{"edit": "reassign", "segment": 1}], "changes.0.segment"),
        ([{"edit": "reassign", "segment": "0"}], "changes.0.segment"),
        ([{"edit": "reassign", "segment": 0, "words": [0, 1]}], "changes.0.words"),
    ],
)
def test_changes_that_cannot_be_made_are_refused_and_none_of_them_is(
    client: FlaskClient, job: str, changes: list[Any], field: str
) -> None:
    assert error_of(patch(client, job, *changes)) == (422, "invalid_edit", field)
    assert speakers(client, job) == ["SPEAKER_00"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"changes": [], "x": 1}'])
def test_a_body_that_holds_no_changes_is_refused(client: FlaskClient, job: str, body: bytes) -> None:
    assert error_of(client.patch(f"{job}/speakers", data=body))[:2] == (422, "invalid_edit")
    assert error_of(client.patch(f"{job}/speakers", data=b"x" * 2**21))[0] == 413


def test_bad_options_change_nothing(client: FlaskClient, job: str) -> None:
    assert error_of(client.post(f"{job}/recluster?num_speakers=0")) == (400, "invalid_option", "num_speakers")
    assert error_of(client.post(f"{job}/recluster?min_speakers=3&max_speakers=2")) == (
        400,
        "invalid_option",
        "min_speakers",
    )
    assert error_of(client.post(f"{job}/recluster?num_speakers=2&format=x"))[1] == "unknown_format"
    assert error_of(client.patch(f"{job}/speakers?words=x", json={"changes": [RENAME]}))[1] == "invalid_option"
    assert speakers(client, job) == ["SPEAKER_00"]


def test_what_is_no_longer_kept_has_expired(client: FlaskClient, job: str, tmp_path: Path) -> None:
    (shelf,) = tmp_path.glob("data/jobs/*/stages")
    shelf.rmdir()
    assert error_of(client.post(f"{job}/recluster?num_speakers=2")) == (410, "artefacts_expired", None)
    assert patch(client, job, RENAME).status_code == 200


def test_jobs_that_are_not_done_cannot_be_changed(tmp_path: Path) -> None:
    app = create_app(fake_settings(tmp_path), HeldExecutor())
    client = app.test_client()
    location = send(client).headers["Location"]
    for response in (
        patch(client, location, RENAME),
        client.post(f"{location}/undo"),
        client.post(f"{location}/recluster"),
        patch(client, "/jobs/nothing", RENAME),
        client.post("/jobs/nothing/undo"),
        client.post("/jobs/nothing/recluster"),
    ):
        known = response.request.path.startswith(location)
        assert error_of(response)[:2] == ((409, "unfinished") if known else (404, "unknown_job"))
    service_of(app).close()


def test_nothing_of_it_is_logged(client: FlaskClient, job: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        patch(client, job, RENAME)
        client.post(f"{job}/recluster?num_speakers=2")
        patch(client, job, {**RENAME, "speaker": "nobody"})
    assert "Anna" not in caplog.text
    assert SECRET not in caplog.text
