"""The protocol of executors/worker.py, spoken from the parent's end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from executors.process import WorkerProcess
from executors.worker import _is_lost
from pipeline.types import Conversation
from settings import ROOT
from tests.fakes import IN_TIME, SECRET, MakeJob, fake_settings


def test_it_loads_neither_the_web_framework_nor_a_model_library_by_itself() -> None:
    code = "import sys, executors.worker; print(*sorted({'flask', 'gunicorn', 'torch', 'nemo'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_ready_then_progress_then_the_conversation(make_job: MakeJob, tmp_path: Path) -> None:
    worker = WorkerProcess(fake_settings(tmp_path), "tests.fakes:load")
    assert worker.receive(IN_TIME)["kind"] == "ready"
    for name in ("first", "second"):
        worker.send({"jobs": [make_job(name).to_dict()]})
        progress = {"kind": "progress", "id": f"job-{name}", "stage": "speech", "fraction": 0.0}
        assert worker.receive(IN_TIME) == progress
        row = {"speaker": "SPEAKER_00", "start": 0.0, "end": 0.5, "text": SECRET}
        assert worker.receive(IN_TIME) == {"kind": "segments", "id": f"job-{name}", "segments": [row]}
        done = worker.receive(IN_TIME)
        assert (done["kind"], done["id"]) == ("done", f"job-{name}")
        assert Conversation.from_dict(done["conversation"]).segments[0].text == SECRET
    worker.close()


def test_jobs_that_come_together_are_answered_each(make_job: MakeJob, tmp_path: Path) -> None:
    worker = WorkerProcess(fake_settings(tmp_path), "tests.fakes:load_sociable")
    assert worker.receive(IN_TIME)["together"] == 3
    worker.send({"jobs": [make_job(name).to_dict() for name in ("first", "silence", "last")]})
    answers = [worker.receive(IN_TIME) for _ in range(8)]
    answers = [message for message in answers if message["kind"] in ("done", "error")]
    assert [(a["id"], a["kind"]) for a in answers] == [
        ("job-first", "done"), ("job-silence", "error"), ("job-last", "done")
    ]  # fmt: skip
    assert answers[1]["error"]["code"] == "empty_audio"
    worker.close()


def test_a_job_that_was_taken_back_can_come_again(make_job: MakeJob, tmp_path: Path) -> None:
    worker = WorkerProcess(fake_settings(tmp_path), "tests.fakes:load")
    worker.receive(IN_TIME)
    job = make_job("again").to_dict()
    worker.send({"cancel": job["id"]})
    worker.send({"jobs": [job]})
    assert worker.receive(IN_TIME)["error"]["code"] == "cancelled"
    worker.send({"jobs": [job]})
    assert [worker.receive(IN_TIME)["kind"] for _ in range(3)] == ["progress", "segments", "done"]
    worker.close()


def test_its_log_names_the_job(make_job: MakeJob, tmp_path: Path) -> None:
    worker = WorkerProcess(fake_settings(tmp_path), "tests.fakes:load")
    worker.receive(IN_TIME)
    worker.send({"jobs": [make_job("fault").to_dict()]})
    for _ in range(2):
        worker.receive(IN_TIME)
    assert worker.receive(IN_TIME)["error"]["code"] == "internal_error"
    worker.close()
    assert "job=job-fault executors.worker: Unexpected error" in (tmp_path / "logs/diarization_api.log").read_text()


@pytest.mark.parametrize("factory", ["no_module:load", "tests.fakes", "tests.fakes:load_faulty"])
def test_a_factory_that_fails_ends_the_process_with_an_error(factory: str, tmp_path: Path) -> None:
    worker = WorkerProcess(fake_settings(tmp_path), factory)
    message = worker.receive(IN_TIME)
    assert message["kind"] == "error"
    assert "could not be loaded" in message["error"]["message"]
    assert worker.last_words() == "ended with exit code 0"
    worker.close()


@pytest.mark.parametrize(
    ("message", "lost"),
    [
        ("CUDA error: an illegal memory access was encountered", True),
        ("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED", True),
        ("cuFFT error: CUFFT_EXEC_FAILED", True),
        ("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm`", True),
        ("CUDA out of memory. Tried to allocate 2.00 GiB.", False),
        ("The size of tensor a (3) must match the size of tensor b (4)", False),
    ],
)
def test_faults_of_the_accelerator_are_told_from_others(message: str, lost: bool) -> None:
    assert _is_lost(RuntimeError(message)) == lost
    wrapped = ValueError("no words")
    wrapped.__cause__ = RuntimeError(message)
    assert _is_lost(wrapped) == lost
