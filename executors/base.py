"""What runs a job. ``jobs/service.py`` decides which jobs may wait; an executor runs what it is given, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from audio_utils import read_audio
from jobs.job import Job
from pipeline.known import Voiceprint
from pipeline.types import Conversation, OnProgress, OnSegments, Recording

Outcome = Conversation | Exception  # of one recording
Made = Conversation | Sequence[Voiceprint]  # of one job


@dataclass(frozen=True)
class Reports:
    """Who hears of a job while it runs. on_start: before it is worked on, each time, with the number of the attempt;
    on_restart: it will be tried again from its beginning, so that all that ``on_segments`` had is void, with the number
    of attempts that failed."""

    on_progress: OnProgress | None = None
    on_segments: OnSegments | None = None
    on_restart: Callable[[int], None] | None = None
    on_start: Callable[[int], None] | None = None


SILENT = Reports()


class Processor(Protocol):
    """The part of ``NeMoProcessor`` that an executor needs. models: {stage: name of its model}; together: how many
    short recordings are worth processing at once."""

    @property
    def profile(self) -> str: ...

    @property
    def models(self) -> dict[str, str]: ...

    @property
    def together(self) -> int: ...

    def process_all(self, recordings: Sequence[Recording]) -> list[Outcome]: ...

    def relabel(self, recording: Recording) -> Conversation: ...

    def enrol(self, recording: Recording) -> Sequence[Voiceprint]: ...


@dataclass(frozen=True)
class ExecutorState:
    """ready: models are loaded; errors: why they are not, in words for the client; profile: the one that MODEL_CONFIG
    came to, empty until it is known; readiness: each of its stages "waiting", "loading", "ready" or "failed"; loaded:
    the profiles whose models are in memory; queued, running: jobs; restarts: how often a worker was replaced; retries:
    how often a job was tried again after that; alive: whether there is still somebody who would replace it."""

    ready: bool
    errors: tuple[str, ...] = ()
    models: dict[str, str] = field(default_factory=dict)
    profile: str = ""
    readiness: dict[str, str] = field(default_factory=dict)
    loaded: tuple[str, ...] = ()
    queued: int = 0
    running: int = 0
    restarts: int = 0
    retries: int = 0
    alive: bool = True


class Executor(Protocol):
    """Runs jobs in order, some short ones perhaps together.

    The future of :meth:`submit` ends with the conversation or with a DiarizationError; ``cancel()`` takes back a
    job that has not begun. :meth:`cancel` takes back one that has, too: it ends with Cancelled within a few seconds.
    :meth:`relabel` and :meth:`enrol` are for jobs that ask for it (``jobs/job.py``), and do not wait behind others if
    they need not. :meth:`close` ends every job that is left with NotReady.
    """

    def submit(self, job: Job, reports: Reports = SILENT) -> Future[Conversation]: ...

    def relabel(self, job: Job) -> Conversation: ...

    def enrol(self, job: Job) -> Sequence[Voiceprint]: ...

    def cancel(self, id: str) -> None: ...

    def state(self) -> ExecutorState: ...

    def close(self) -> None: ...


def run_enrolment(processor: Processor, job: Job) -> Sequence[Voiceprint]:
    """The work itself, of clips of one voice."""
    read = _recording(job, SILENT)
    if isinstance(read, Exception):
        raise read
    return processor.enrol(read)


def run_jobs(processor: Processor, jobs: Sequence[Job], reports: Sequence[Reports]) -> list[Outcome]:
    """The work itself: each job's normalised WAV through the processor."""
    read = [_recording(job, report) for job, report in zip(jobs, reports, strict=True)]
    work = processor.process_all
    if any(job.relabel for job in jobs):
        work = partial(_relabel, processor)
    results = iter(work([one for one in read if isinstance(one, Recording)]))
    return [
        _with_warnings(next(results), job) if isinstance(one, Recording) else one
        for one, job in zip(read, jobs, strict=True)
    ]


def _relabel(processor: Processor, recordings: Sequence[Recording]) -> list[Outcome]:
    return [processor.relabel(recording) for recording in recordings]


def _recording(job: Job, reports: Reports) -> Recording | Exception:
    try:
        audio = read_audio(job.audio, job.name)
        clips = [(clip.name, read_audio(clip.audio, clip.name)[0]) for clip in job.clips]
        return Recording(
            audio, job.options, reports.on_progress, reports.on_segments, shelf=job.shelf, known=job.known, clips=clips
        )
    except Exception as error:
        return error


def _with_warnings(outcome: Outcome, job: Job) -> Outcome:
    """With what was noticed on the recording's way in."""
    if isinstance(outcome, Exception):
        return outcome
    return replace(outcome, warnings=(*job.warnings, *outcome.warnings))
