"""Many requests at once on the real pipeline, with NVIDIA's kinds of models as the tests trained them."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import soundfile

from pipeline.types import SAMPLE_RATE, Audio
from tests.fakes import wait_until
from tests.web.conftest import StartServer

TURNS = [(0.2, 6.4), (6.6, 12.8), (14.8, 18.8), (29.6, 34.2)]  # s of the sample: four different things are said
REQUESTS = 32
FRAME = 0.09  # s: a word may move by one of the recogniser's frames (80 ms) in other company


def as_wav(audio: Audio, start: float, end: float) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, audio.cut(start, end), SAMPLE_RATE, format="WAV", subtype="PCM_16")
    return file.getvalue()


def assert_same(answer: Sequence[dict[str, Any]], alone: Sequence[dict[str, Any]]) -> None:
    """Speakers and texts; times up to a frame."""
    assert [(one["speaker"], one["text"]) for one in answer] == [(one["speaker"], one["text"]) for one in alone]
    for end in ("start_time", "end_time"):
        assert [one[end] for one in answer] == pytest.approx([one[end] for one in alone], abs=FRAME)


def test_everybody_in_a_crowd_gets_their_own_answer_in_the_order_they_came(
    start_server: StartServer, titanet: Path, frame_marblenet: Path, asr_checkpoints: dict[str, Path], sample: Audio,
    tmp_path: Path,
) -> None:  # fmt: skip
    (tmp_path / "crowd.yaml").write_text(
        f"device: cpu\ndiarizer:\n  vad:\n    model_path: {frame_marblenet}\n"
        f"  speaker_embeddings:\n    model_path: {titanet}\n  asr:\n    model_path: {asr_checkpoints['ctc']}\n"
    )
    own = {"model_config_dir": tmp_path, "model_config": "crowd", "max_queue": REQUESTS, "web_threads": 64}
    server = start_server("tests.watched:load", **own).wait_ready()
    clips = [as_wav(sample, *turn) for turn in TURNS]
    alone = [server.post(audio=clip, num_speakers=1).json()["conversation"] for clip in clips]
    assert len({str(answer) for answer in alone}) == len(TURNS)
    with ThreadPoolExecutor(REQUESTS) as pool:
        (tmp_path / "hold").touch()
        crowd = [pool.submit(server.post, audio=clips[i % len(clips)], num_speakers=1) for i in range(REQUESTS)]
        wait_until(lambda: server.log.count("Job accepted") == len(clips) + REQUESTS, seconds=60)
        (tmp_path / "hold").unlink()
    answers = [request.result() for request in crowd]
    assert [answer.status_code for answer in answers] == [200] * REQUESTS
    for i, answer in enumerate(answers):
        assert_same(answer.json()["conversation"], alone[i % len(clips)])
    company = [line.split(",") for line in (tmp_path / "company").read_text().splitlines()]
    assert max(map(len, company)) > 1, "some were processed together"
    accepted = re.findall(r"job=(\w+) jobs.intake: Job accepted", server.log)
    assert [job for together in company for job in together] == accepted
    wait_until(lambda: server.temp_files() == [])
