from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.media import SAMPLE, write_wav

MakeWav = Callable[..., Path]


@pytest.fixture
def make_wav(tmp_path: Path) -> MakeWav:
    """make_wav(*channels): a WAV of them, at 16 kHz."""
    return lambda *channels: write_wav(tmp_path / "audio.wav", np.stack(channels))


@pytest.fixture(scope="session")
def meeting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, 71 s, three speakers, as a job has it."""
    wav = tmp_path_factory.mktemp("meeting") / "audio.wav"
    samples, rate = soundfile.read(SAMPLE, dtype="int16")
    soundfile.write(wav, samples, rate)
    return wav
