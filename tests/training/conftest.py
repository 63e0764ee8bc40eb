"""A little network that learns exactly, and clips whose sound says what it is to write."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from tests.checkpoints.utterances import utterances
from training.manifest import Example, read_sound

RATE = 16_000


class LittleNetwork:
    """Says "loud" or "quiet" of a clip; begins by saying the opposite of what is right. Leaves
    some out while it learns, as chance has it."""

    def __init__(self) -> None:
        self.weight, self.bias = torch.nn.Parameter(torch.tensor(-1.0)), torch.nn.Parameter(torch.tensor(0.0))
        self.heard: list[list[str]] = []
        self.parameters = [self.weight, self.bias]

    def _scores(self, batch: Sequence[Example]) -> torch.Tensor:
        levels = torch.tensor([float(np.abs(read_sound(example)).mean()) for example in batch])
        return self.weight * (levels - 0.25) * 10 + self.bias

    def loss(self, batch: Sequence[Example]) -> torch.Tensor:
        self.heard.append([example.sound.name for example in batch])
        wanted = torch.tensor([float(example.text == "loud") for example in batch])
        scores = self._scores(batch) * torch.nn.functional.dropout(torch.ones(len(batch)), 0.2)
        return torch.nn.functional.binary_cross_entropy_with_logits(scores, wanted)

    def seed(self, number: int) -> None:
        torch.manual_seed(number)

    def write(self, batch: Sequence[Example]) -> list[str]:
        with torch.no_grad():
            return ["loud" if score > 0 else "quiet" for score in self._scores(batch)]

    def state(self) -> dict[str, torch.Tensor]:
        return {"weight": self.weight.detach().clone(), "bias": self.bias.detach().clone()}

    def load(self, state: dict[str, torch.Tensor]) -> None:
        with torch.no_grad():
            self.weight.copy_(state["weight"])
            self.bias.copy_(state["bias"])


@pytest.fixture
def clips(tmp_path: Path) -> list[Example]:
    """Twelve clips of half a second to one and a half, loud or quiet."""
    found = []
    for index in range(12):
        seconds, level = 0.5 + index % 3 / 2, 0.4 if index % 2 else 0.1
        soundfile.write(tmp_path / f"{index}.wav", np.full(round(seconds * RATE), level), RATE)
        found.append(Example(tmp_path / f"{index}.wav", seconds, "loud" if index % 2 else "quiet"))
    return found


@pytest.fixture
def slow_speech(tmp_path: Path) -> Callable[..., Path]:
    """slow_speech("train", 0.76, 0.84): a manifest of the sentences that the fixture models know, at other speeds."""

    def make(name: str, *speeds: float) -> Path:
        random, rows = np.random.default_rng(len(name)), []
        for speed in speeds:
            for index, known in enumerate(utterances()):
                times = np.arange(0, len(known.samples) - 1, speed)
                sound = np.interp(times, np.arange(len(known.samples)), known.samples)
                noisy = sound * random.uniform(0.5, 1.0) + random.normal(0, 1e-3, len(sound))
                file = f"{name}-{speed}-{index}.wav"
                soundfile.write(tmp_path / file, noisy, RATE)
                rows.append({"audio_filepath": file, "duration": len(sound) / RATE, "text": known.text, "lang": "en"})
        (tmp_path / f"{name}.json").write_text("".join(json.dumps(row) + "\n" for row in rows))
        return tmp_path / f"{name}.json"

    return make
