"""What runs a job. ``jobs/service.py`` decides which jobs may wait; an executor runs what it is given, in order."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Protocol

from audio_utils import read_audio
from jobs.job import Job
from pipeline.types import Audio, Conversation, OnProgress, Options


class Processor(Protocol):
    """The part of ``NeMoProcessor`` that an executor needs. ``models`` maps a stage to the name of its model."""

    @property
    def profile(self) -> str: ...

    @property
    def models(self) -> dict[str, str]: ...

    def process(
        self, channels: Sequence[Audio], options: Options, on_progress: OnProgress | None = None
    ) -> Conversation: ...


@dataclass(frozen=True)
class ExecutorState:
    """ready: models are loaded; errors: why they are not, in words for the client; profile: the one that MODEL_CONFIG
    came to, empty until it is known; readiness: each of its stages "waiting", "loading", "ready" or "failed"; loaded:
    the profiles whose models are in memory; queued, running: jobs; restarts: how often a worker was replaced."""

    ready: bool
    errors: tuple[str, ...] = ()
    models: dict[str, str] = field(default_factory=dict)
    profile: str = ""
    readiness: dict[str, str] = field(default_factory=dict)
    loaded: tuple[str, ...] = ()
    queued: int = 0
    running: int = 0
    restarts: int = 0


class Executor(Protocol):
    """Runs jobs one after another.

    The future of :meth:`submit` ends with the conversation or with a DiarizationError; ``cancel()`` takes back a
    job that has not begun. :meth:`close` ends every job that is left with NotReady.
    """

    def submit(self, job: Job, on_progress: OnProgress | None = None) -> Future[Conversation]: ...

    def state(self) -> ExecutorState: ...

    def close(self) -> None: ...


def run_job(processor: Processor, job: Job, on_progress: OnProgress | None = None) -> Conversation:
    """The work itself: the job's normalised WAV through the processor. Raises what the processor raises."""
    conversation = processor.process(read_audio(job.audio, job.name), job.options, on_progress)
    return replace(conversation, warnings=(*job.warnings, *conversation.warnings))
