from __future__ import annotations

from flask.testing import FlaskClient


def test_models_are_theirs_and_our_profiles(client: FlaskClient) -> None:
    listed = client.get("/v1/models").get_json()
    names = [model["id"] for model in listed["data"]]
    assert listed["object"] == "list"
    assert {"whisper-1", "gpt-4o-transcribe-diarize", "fakes"} <= set(names)
    for model in listed["data"]:
        assert client.get(f"/v1/models/{model['id']}").get_json() == model


def test_an_unknown_model_is_not_found(client: FlaskClient) -> None:
    response = client.get("/v1/models/tts-1")
    assert response.status_code == 404
    error = response.get_json()["error"]
    assert (error["type"], error["code"], error["param"]) == ("invalid_request_error", "model_not_found", "model")
