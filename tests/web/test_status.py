from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app import create_app
from executors.base import ExecutorState
from executors.inline import InlineExecutor
from tests.fakes import FakeProcessor, fake_settings, wait_until
from web.context import service_of


class StatedExecutor(InlineExecutor):
    """An executor in a given state."""

    def __init__(self, state: ExecutorState) -> None:
        super().__init__(FakeProcessor())
        self._state = state

    def state(self) -> ExecutorState:
        return self._state


READY = ExecutorState(
    ready=True,
    models={"words": "fake"},
    profile="offline",
    readiness={"words": "ready"},
    loaded=("offline",),
    running=1,
    queued=3,
    restarts=2,
)


def status_of(state: ExecutorState, tmp_path: Path):
    return create_app(fake_settings(tmp_path, max_queue=7), StatedExecutor(state)).test_client().get("/status")


def test_ready(tmp_path: Path) -> None:
    response = status_of(READY, tmp_path)
    body = response.get_json()
    assert response.status_code == 200
    assert (body["errors"], body["nemo_components_loaded"], body["status"]) == ([], True, "ready")
    assert body["models"] == {"words": "fake"}
    assert body["queue"] == {"waiting": 0, "running": 1, "limit": 7}
    assert (body["profile"], body["readiness"]) == ("offline", {"words": "ready"})
    assert body["loaded"] == ["offline"]
    assert body["profile"] in body["profiles"]
    assert (body["version"], body["worker_restarts"]) == ("0.1.0", 2)
    assert body["ffmpeg"]


@pytest.mark.parametrize(("errors", "word"), [((), "loading"), (("The model file is missing.",), "error")])
def test_not_ready(errors: tuple[str, ...], word: str, tmp_path: Path) -> None:
    response = status_of(dataclasses.replace(READY, ready=False, models={}, errors=errors), tmp_path)
    body = response.get_json()
    assert response.status_code == 503
    assert (body["errors"], body["nemo_components_loaded"], body["status"]) == (list(errors), False, word)


@pytest.mark.parametrize("setting", ["auto", "meeting", "/srv/secret/meeting.yaml"])
def test_until_a_profile_is_chosen_the_setting_is_shown_without_a_path(setting: str, tmp_path: Path) -> None:
    executor = StatedExecutor(ExecutorState(ready=False))
    body = create_app(fake_settings(tmp_path, profile=setting), executor).test_client().get("/status").get_json()
    assert body["profile"] == ("auto" if setting == "auto" else "meeting")
    assert body["readiness"] == {}


def test_reading_the_status_changes_nothing(client: FlaskClient) -> None:
    assert client.get("/status").get_json() == client.get("/status").get_json()


def test_missing_checkpoints_are_an_error_with_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real worker process and the real loading: what a new machine shows that has pulled nothing yet."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    app = create_app(fake_settings(tmp_path, profile="diar_infer_meeting"))
    client = app.test_client()
    try:
        response = wait_until(lambda: (answer := client.get("/status")).get_json()["errors"] and answer, seconds=120)
    finally:
        service_of(app).close()
    body = response.get_json()
    assert response.status_code == 503
    assert (body["nemo_components_loaded"], body["status"], body["models"]) == (False, "error", {})
    assert body["profile"] == "diar_infer_meeting"
    assert body["readiness"] == {**dict.fromkeys(("vad", "embeddings", "asr"), "failed"), "warm_up": "waiting"}
    (error,) = body["errors"]
    assert error == (
        "The vad model nvidia/frame_vad_multilingual_marblenet_v2.0, the embeddings model titanet_large, "
        "the asr model nvidia/parakeet-tdt-0.6b-v3: not on this machine (model_path in the profile "
        "diar_infer_meeting); run: python cli.py models pull nvidia/frame_vad_multilingual_marblenet_v2.0 "
        "titanet_large nvidia/parakeet-tdt-0.6b-v3"
    )
