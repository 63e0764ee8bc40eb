from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from logging_setup import configure_logging, job_id, request_id, traceback_without_message
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
    request_id.set("-")
    job_id.set("-")
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


def test_a_traceback_does_not_quote_its_message() -> None:
    try:
        raise ValueError("what was said")
    except ValueError as error:
        text = traceback_without_message(error)
    assert "ValueError" in text
    assert "test_logging_setup.py" in text
    assert "what was said" not in text.replace('raise ValueError("what was said")', "")
