"""A few seconds of real speech that come with the project: what models are tried on before the first request."""

from __future__ import annotations

import soundfile

from errors import ModelError
from pipeline.types import SAMPLE_RATE, Audio
from settings import ROOT

RECORDING = ROOT / "samples" / "planning_meeting.flac"
START, END = 10.5, 14.5  # seconds; one person ends, another asks something


def excerpt() -> Audio:
    """4 s, two voices. Raises ModelError: without its recording the project is not complete."""
    try:
        first, last = round(START * SAMPLE_RATE), round(END * SAMPLE_RATE)
        return Audio(soundfile.read(RECORDING, start=first, stop=last, dtype="float32")[0], "excerpt")
    except soundfile.LibsndfileError as error:
        what = f"{RECORDING.parent.name}/{RECORDING.name}"
        raise ModelError(f"{what}, which the models are tried on, is missing or damaged: restore it.") from error
