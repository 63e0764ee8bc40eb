"""What is counted of jobs while a service runs; web/metrics.py shows it, docs/operations.md explains each name."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics

from jobs.states import ENDED, State
from pipeline.types import Conversation

disable_created_metrics()  # a series beside each counter that only says when the process began

_SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
_FACTORS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)


class Meters:
    """registry: of one service, with all that is counted in it. Safe between threads. Nothing here names a job, an
    owner or a file: whoever reads the figures need not be allowed to see them."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._accepted = Counter("diarization_jobs_accepted", "Jobs stored.", registry=registry)
        self._seconds_in = Counter(
            "diarization_audio_accepted_seconds", "Seconds of audio of jobs stored.", registry=registry
        )
        self._seconds_done = Counter(
            "diarization_audio_processed_seconds", "Seconds of audio of jobs done.", registry=registry
        )
        self._ended = Counter("diarization_jobs_ended", "Jobs by how they ended.", ["state"], registry=registry)
        self._reclaimed = Counter(
            "diarization_job_reclaims", "Jobs begun again after a lease had run out.", registry=registry
        )
        self._lost = Counter(
            "diarization_lease_losses", "Jobs that another worker took over from this one.", registry=registry
        )
        self._stages = Histogram(
            "diarization_stage_seconds",
            "Seconds of each stage of jobs done.",
            ["stage"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._factor = Histogram(
            "diarization_real_time_factor",
            "Seconds of work for each second of audio, of jobs done.",
            buckets=_FACTORS,
            registry=registry,
        )
        for state in ENDED:
            self._ended.labels(state.value)

    def accepted(self, seconds: float) -> None:
        """A job with so many seconds of audio was stored."""
        self._accepted.inc()
        self._seconds_in.inc(seconds)

    def begun(self, attempts: int) -> None:
        """A job begins; attempts: how often it has now begun."""
        if attempts > 1:
            self._reclaimed.inc()

    def ended(self, state: State, jobs: int = 1) -> None:
        self._ended.labels(state.value).inc(jobs)

    def processed(self, conversation: Conversation) -> None:
        """A job is done, with this result."""
        self._seconds_done.inc(conversation.duration)
        for stage, seconds in conversation.timings.items():
            self._stages.labels(stage).observe(seconds)
        if conversation.timings and conversation.duration:
            self._factor.observe(sum(conversation.timings.values()) / conversation.duration)

    def lease_lost(self) -> None:
        self._lost.inc()
