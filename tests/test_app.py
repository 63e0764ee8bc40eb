from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

from app import serve
from jobs.storage import open_storage
from keys.key import Scope
from keys.store import open_keys
from settings import ROOT, Settings
from tests.fakes import fake_settings, wait_until


def test_importing_the_app_loads_no_model_library() -> None:
    heavy = {"torch", "nemo", "scipy", "onnxruntime", "ctranslate2", "faster_whisper", "sklearn", "librosa"}
    code = f"import sys, app; print(*sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("debug", ["0", "1"])
def test_python_app_serves_until_it_is_stopped(debug: str, tmp_path: Path) -> None:
    """With a profile that does not exist, so that the models are soon known to be missing."""
    own = {"TEMP_AUDIO_DIR": str(tmp_path / "tmp"), "LOG_DIR": str(tmp_path / "logs"), "FLASK_HOST": "127.0.0.1"}
    own["DATA_DIR"] = str(tmp_path / "data")
    environment = os.environ | own | {"FLASK_PORT": "0", "FLASK_DEBUG": debug, "MODEL_CONFIG": "no_such_profile"}
    log = tmp_path / "logs" / "diarization_api.log"

    def address() -> re.Match[str] | None:
        return re.search(
            r"(?:Listening at:|Running on) (http://127\.0\.0\.1:\d+)", log.read_text() if log.exists() else ""
        )

    with subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) as server:
        try:
            url = wait_until(address)[1]
            response = requests.get(f"{url}/status", timeout=10)
            assert response.status_code == 503
            assert response.json()["status"] in ("loading", "error")
            assert requests.get(f"{url}/nowhere?hunter2", timeout=10).json()["error"]["code"] == "not_found"
        finally:
            server.send_signal(signal.SIGTERM)
    assert server.returncode == 0
    assert list((tmp_path / "tmp").iterdir()) == []
    assert "GET (no route) -> 404" in log.read_text()
    assert "hunter2" not in log.read_text()


def test_a_folder_that_cannot_be_written_stops_the_start_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    environment = os.environ | {"TEMP_AUDIO_DIR": str(tmp_path / "file"), "LOG_DIR": str(tmp_path), "FLASK_PORT": "0"}
    done = subprocess.run([sys.executable, "app.py"], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["Bad settings:", "  TEMP_AUDIO_DIR: cannot be written (File exists)"]


def test_jobs_that_cannot_be_kept_stop_the_start_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    own = {"TEMP_AUDIO_DIR": str(tmp_path / "tmp"), "LOG_DIR": str(tmp_path), "FLASK_PORT": "0"}
    wrong = {
        "DATA_DIR: cannot be written": {"DATA_DIR": str(tmp_path / "file" / "data")},
        "DATABASE_URL: must be postgresql://": {"DATABASE_URL": "mysql://host/x"},
        "DATABASE_URL: the database cannot be opened": {"DATABASE_URL": "postgresql://user:key@127.0.0.1:1/x"},
        "DATA_DIR is in use by another service": {"DATA_DIR": str(tmp_path / "owned")},
    }
    with open_storage(tmp_path / "owned"):
        for message, values in wrong.items():
            environment = os.environ | {"DATA_DIR": str(tmp_path / "data")} | own | values
            done = subprocess.run([sys.executable, "app.py"], cwd=ROOT, env=environment, capture_output=True, text=True)
            assert done.returncode == 1
            assert done.stderr.splitlines()[0] == "Bad settings:"
            assert all(part in done.stderr.splitlines()[1] for part in message.split(": "))
            assert "key" not in done.stderr


def test_an_address_that_others_reach_is_not_served_without_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {"TEMP_AUDIO_DIR": str(tmp_path / "tmp"), "LOG_DIR": str(tmp_path), "DATA_DIR": str(tmp_path / "data")}
    environment = os.environ | own | {"FLASK_HOST": "0.0.0.0", "FLASK_PORT": "0"}
    done = subprocess.run([sys.executable, "app.py"], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    first, second = done.stderr.splitlines()
    assert (first, second.split(": ")[0].strip()) == ("Bad settings:", "FLASK_HOST")
    assert "python cli.py keys create NAME" in second
    assert "ALLOW_ANONYMOUS=1" in second

    served: list[Settings] = []
    monkeypatch.setattr("app.configure_logging", lambda settings: None)
    monkeypatch.setattr("app.Server", lambda settings, create: SimpleNamespace(run=lambda: served.append(settings)))
    public = fake_settings(tmp_path, flask_host="0.0.0.0")
    with pytest.raises(SystemExit, match="keys create"):
        serve(public)
    serve(fake_settings(tmp_path, flask_host="0.0.0.0", allow_anonymous=True))
    serve(fake_settings(tmp_path))
    with open_keys(tmp_path / "data") as keys:
        keys.create("x", [Scope.READ])
    serve(public)
    assert [(settings.flask_host, settings.allow_anonymous) for settings in served] == [
        ("0.0.0.0", True), ("127.0.0.1", False), ("0.0.0.0", False)
    ]  # fmt: skip
