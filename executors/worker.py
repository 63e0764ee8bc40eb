"""The worker process: owns the models and runs what it is sent, one message after another.

It speaks with its parent (executors/process.py) over one pipe, in JSON, and over another one aside
(executors/asides.py):

    from the parent   {"factory", "settings"}   once
                      {"jobs": [{"id", "audio", "options", "name", "warnings", "seconds"}, ...]}   to run together
                      {"cancel": id}   of a job that runs: it ends with an error at its next sign of progress
    to the parent     {"kind": "loading", "profile", "readiness", "loaded"}   at each change while models load or go,
                                       for jobs too, before their progress
                      {"kind": "ready", "models", "together"} or {"kind": "error", "error"}   when loading ended
                      {"kind": "progress", "id", "stage", "fraction"}
                      {"kind": "segments", "id", "segments"}   those that have become final, without their words
                      {"kind": "done", "id", "conversation" or "voiceprints"} or {"kind": "error", "id", "error"}   once
                                       for each job
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any

from errors import Cancelled, DiarizationError
from executors.asides import answer_asides
from executors.base import SILENT, Made, Processor, Reports, run_enrolment, run_jobs
from executors.loaded import LoadedProfiles
from jobs.job import Job
from logging_setup import configure_logging, job_id, log_uncaught, traceback_without_message
from pipeline.allocator import keep_freed_memory
from pipeline.types import Conversation, Segment
from settings import Settings, load_settings

log = logging.getLogger("executors.worker")

Send = Callable[[dict[str, Any]], None]

LOST = 86  # exit status after a fault of the accelerator
LOST_SIGNS = ("CUDA error", "cuDNN error", "CUDNN_STATUS", "cuFFT error", "CUBLAS_STATUS", "cusolver error")


def main() -> None:
    keep_freed_memory()  # before the first thread
    pipe, aside = Connection(int(sys.argv[1])), Connection(int(sys.argv[2]))
    for own in (pipe, aside):
        os.set_inheritable(own.fileno(), False)
    inbox: SimpleQueue[dict[str, Any]] = SimpleQueue()
    unwanted = set[str]()
    threading.Thread(target=_listen, args=(pipe, inbox, unwanted), daemon=True).start()
    start = inbox.get()
    settings = load_settings(**start["settings"])
    configure_logging(settings)
    log_uncaught()
    send = _sender(pipe)
    processor = _load(start["factory"], settings, send)
    if processor:
        threading.Thread(target=answer_asides, args=(aside, partial(_aside, processor)), daemon=True).start()
    while processor and processor.usable:
        _run(processor, [Job.from_dict(job) for job in inbox.get()["jobs"]], send, unwanted)


def _listen(pipe: Connection, inbox: SimpleQueue[dict[str, Any]], unwanted: set[str]) -> None:
    """Read in a thread of its own, so that the end of the parent (end of file) is seen in the middle of a job, and so
    that one can be taken back."""
    with suppress(EOFError, OSError):
        while True:
            message = json.loads(pipe.recv_bytes())
            if "cancel" in message:
                unwanted.add(message["cancel"])
            else:
                inbox.put(message)
    with suppress(ProcessLookupError):
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


def _sender(pipe: Connection) -> Send:
    lock = threading.Lock()

    def send(message: dict[str, Any]) -> None:
        with lock:
            pipe.send_bytes(json.dumps(message).encode())

    return send


def _load(factory: str, settings: Settings, send: Send) -> LoadedProfiles | None:
    """What ``factory`` ("module:function") makes of the settings, or None after telling the parent why not."""
    try:
        module, _, function = factory.partition(":")
        processor = LoadedProfiles(getattr(importlib.import_module(module), function), settings, send)
    except Exception as error:
        send(_failure(error, "The models could not be loaded; the server's log has the cause."))
        return None
    send({"kind": "ready", "models": processor.models, "together": processor.together})
    return processor


def _run(processor: Processor, jobs: Sequence[Job], send: Send, unwanted: set[str]) -> None:
    job_id.set(",".join(job.id for job in jobs))
    answers = _Answers(send, unwanted, [job.id for job in jobs])
    try:
        outcomes = _outcomes(processor, jobs, [answers.reports(job.id) for job in jobs])
    except Exception as error:
        outcomes = [error] * len(jobs)
    for job, outcome in zip(jobs, outcomes, strict=True):
        job_id.set(job.id)
        unwanted.discard(job.id)  # before the answer: the job may come again, and be wanted then
        answers.end(job.id, _answer(outcome))


def _outcomes(processor: Processor, jobs: Sequence[Job], reports: Sequence[Reports]) -> Sequence[Made | Exception]:
    """Clips of one voice come alone."""
    if len(jobs) == 1 and jobs[0].enrol:
        return [run_enrolment(processor, jobs[0])]
    return run_jobs(processor, jobs, reports)


def _aside(processor: LoadedProfiles, question: dict[str, Any]) -> dict[str, Any]:
    """Beside the job that runs, and from what is kept alone, so that nobody waits for hours for a second's work."""
    job = Job.from_dict(question)
    job_id.set(job.id)
    loaded = processor.held(job.options.profile)
    if loaded is None:
        return {"kind": "unloaded"}
    try:
        (outcome,) = _outcomes(loaded, [job], [SILENT])
    except Exception as error:
        outcome = error
    return _answer(outcome)


class _Answers:
    """What is said of jobs that run together: each has one end. Safe between threads: lanes report too."""

    def __init__(self, send: Send, unwanted: Collection[str], jobs: Sequence[str]) -> None:
        self._send, self._unwanted, self._jobs = send, unwanted, jobs
        self._open, self._lock = set(jobs), threading.Lock()

    def reports(self, job: str) -> Reports:
        """They raise Cancelled, through the stage that reports, for a job that was taken back."""

        def on_segments(segments: Sequence[Segment]) -> None:
            rows = [dict(speaker=one.speaker, start=one.start, end=one.end, text=one.text) for one in segments]
            self._tell(job, "segments", segments=rows)

        return Reports(lambda stage, fraction: self._tell(job, "progress", stage=stage, fraction=fraction), on_segments)

    def end(self, job: str, answer: dict[str, Any]) -> None:
        """Only the first one counts."""
        with self._lock:
            if job in self._open:
                self._open.remove(job)
                self._send({"id": job, **answer})

    def _tell(self, job: str, kind: str, **what: Any) -> None:
        cancelled = Cancelled("The job was cancelled.")
        for unwanted in [one for one in self._jobs if one in self._unwanted]:
            self.end(unwanted, _answer(cancelled))  # at once: the others may take long before its turn comes
        if job in self._unwanted:
            raise cancelled
        with self._lock:
            if job in self._open:
                self._send({"kind": kind, "id": job, **what})


def _answer(outcome: Made | Exception) -> dict[str, Any]:
    if isinstance(outcome, Conversation):
        return {"kind": "done", "conversation": outcome.to_dict()}
    if not isinstance(outcome, Exception):
        return {"kind": "done", "voiceprints": [one.to_dict() for one in outcome]}
    if _is_lost(outcome):
        log.critical("The accelerator failed; this process ends:\n%s", traceback_without_message(outcome))
        logging.shutdown()
        os._exit(LOST)  # the parent starts another process and tries the job again there
    return _failure(outcome, "The recording could not be processed because of a fault in the server.")


def _is_lost(error: BaseException | None) -> bool:
    """Whether a CUDA error has happened: whatever this process then asks of the device fails too, for ever."""
    while error:
        if type(error).__name__ == "AcceleratorError" or (
            isinstance(error, RuntimeError) and any(sign in str(error) for sign in LOST_SIGNS)
        ):
            return True
        error = error.__cause__ or error.__context__
    return False


def _failure(error: Exception, message: str) -> dict[str, Any]:
    """An error of ours crosses as it is; any other is logged here and crosses as an internal error."""
    if not isinstance(error, DiarizationError):
        log.error("Unexpected error:\n%s", traceback_without_message(error))
        error = DiarizationError(message)
    return {"kind": "error", "error": error.to_dict()}


if __name__ == "__main__":
    main()
