from __future__ import annotations

import json
from pathlib import Path

from jobs.job import Job
from pipeline.types import Options


def test_a_job_survives_json() -> None:
    options = Options(language="haw", num_speakers=2, min_speakers=1, max_speakers=4, diarizer="nemotron")
    job = Job("1", Path("/data/audio.wav"), options, "meeting", ("a warning",))
    assert Job.from_dict(json.loads(json.dumps(job.to_dict()))) == job
