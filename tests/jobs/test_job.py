from __future__ import annotations

import json
from pathlib import Path

from jobs.job import Job
from pipeline.known import KnownClip, KnownVoice, Voiceprint
from pipeline.types import Options


def test_a_job_survives_json() -> None:
    options = Options(language="haw", num_speakers=2, min_speakers=1, max_speakers=4, diarizer="nemotron")
    job = Job("1", Path("/data/audio.wav"), options, "meeting", ("a warning",))
    assert Job.from_dict(json.loads(json.dumps(job.to_dict()))) == job


def test_known_voices_go_with_it() -> None:
    known = (KnownVoice("Anna", (Voiceprint((0.6, 0.8), "m@1", 4.0),)),)
    clips = (KnownClip("Ben", Path("/data/known-0/audio.wav")),)
    job = Job("1", Path("/data/audio.wav"), Options(identify=True), enrol=True, known=known, clips=clips)
    assert Job.from_dict(json.loads(json.dumps(job.to_dict()))) == job
