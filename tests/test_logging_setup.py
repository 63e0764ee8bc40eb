from __future__ import annotations

import json
import logging
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from logging_setup import (
    configure_logging,
    forget_ids,
    job_id,
    log_uncaught,
    request_id,
    server_level,
    traceback_without_message,
)
from tests.fakes import fake_settings


@pytest.fixture(autouse=True)
def _restore_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)


def test_lines_name_their_request_and_job(tmp_path: Path) -> None:
    configure_logging(fake_settings(tmp_path))
    request_id.set("abc")
    job_id.set("42")
    logging.getLogger("jobs.service").info("accepted")
    forget_ids()
    logging.getLogger("web.traffic").info("idle")
    first, second = (tmp_path / "logs" / "diarization_api.log").read_text().splitlines()
    assert first.endswith("request=abc job=42 jobs.service: accepted")
    assert second.endswith("request=- job=- web.traffic: idle")


def test_only_our_own_modules_follow_log_level(tmp_path: Path) -> None:
    configure_logging(fake_settings(tmp_path, log_level="DEBUG", nemo_log_level="CRITICAL"))
    logging.getLogger("pipeline.asr").debug("ours")
    logging.getLogger("faster_whisper").info("what was said")
    logging.getLogger("nemo_logger").error("chatter")
    warnings.warn("old", UserWarning, stacklevel=1)
    (line,) = (tmp_path / "logs" / "diarization_api.log").read_text().splitlines()
    assert line.endswith("pipeline.asr: ours")


def test_a_moved_log_file_is_started_anew(tmp_path: Path) -> None:
    settings = fake_settings(tmp_path)
    configure_logging(settings)
    logging.getLogger("app").info("before")
    settings.log_file.rename(tmp_path / "rotated")
    logging.getLogger("app").info("after")
    assert "before" in (tmp_path / "rotated").read_text()
    assert settings.log_file.read_text().endswith("app: after\n")


def test_a_log_folder_that_cannot_be_written_does_not_stop_the_service(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    configure_logging(fake_settings(tmp_path, log_dir=tmp_path / "file"))
    logging.getLogger("app").info("still here")
    assert "still here" in capsys.readouterr().err


def test_in_json_every_event_is_an_object_on_its_own_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(fake_settings(tmp_path, log_format="json"))
    request_id.set("abc")
    job_id.set("42")
    logging.getLogger("jobs.service").info("Sprache: %s\nand more", "schön", extra={"word": "what was said"})
    request_id.set("-")
    job_id.set("-")
    try:
        raise ValueError("what was said")
    except ValueError:
        logging.getLogger("faster_whisper").exception("It failed")
    lines = (tmp_path / "logs" / "diarization_api.log").read_text()
    assert capsys.readouterr().err == lines
    first, second = map(json.loads, lines.splitlines())
    assert datetime.fromisoformat(first.pop("time")).utcoffset() == timedelta(0)
    assert first == {
        "level": "INFO",
        "logger": "jobs.service",
        "message": "Sprache: schön\nand more",
        "request_id": "abc",
        "job_id": "42",
        "process": os.getpid(),
    }
    assert (second["request_id"], second["job_id"], second["message"]) == (None, None, "It failed")
    assert second["exception"].endswith("ValueError")
    assert "was said" not in lines.replace('raise ValueError(\\"what was said\\")', "")


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_nobody_catches_is_logged_without_its_message(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    configure_logging(fake_settings(tmp_path, log_format=form))
    log_uncaught()
    words = "what was said"
    thread = threading.Thread(target=lambda: int(words))
    thread.start()
    thread.join()
    sys.excepthook(KeyError, KeyError(words), None)
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    text = (tmp_path / "logs" / "diarization_api.log").read_text()
    assert capsys.readouterr().err == text
    assert ("ValueError" in text, "KeyError" in text, "KeyboardInterrupt" in text) == (True, True, False)
    assert words not in text


def test_whoever_logs_an_exception_its_message_stays_out(tmp_path: Path) -> None:
    configure_logging(fake_settings(tmp_path))
    try:
        int("what was said")
    except ValueError as error:
        logging.getLogger("app").error("It failed", exc_info=error)
    text = (tmp_path / "logs" / "diarization_api.log").read_text()
    assert text.endswith("ValueError\n")
    assert text.count("was said") == 1, "in the line of code alone"


def test_the_servers_own_log_is_never_at_debug(tmp_path: Path) -> None:
    assert [server_level(fake_settings(tmp_path, log_level=level)) for level in ("DEBUG", "INFO", "ERROR")] == [
        "INFO",
        "INFO",
        "ERROR",
    ]
    configure_logging(fake_settings(tmp_path, log_level="DEBUG"))
    logging.getLogger("gunicorn.error").debug("GET /?token=hunter2")
    assert (tmp_path / "logs" / "diarization_api.log").read_text() == ""


def test_a_traceback_does_not_quote_its_message() -> None:
    try:
        raise ValueError("what was said")
    except ValueError as error:
        text = traceback_without_message(error)
    assert "ValueError" in text
    assert "test_logging_setup.py" in text
    assert "what was said" not in text.replace('raise ValueError("what was said")', "")
