"""The loop: batches of clips, AdamW, a rate that rises and falls, held-out clips after each epoch.

Which clips come together is settled by the seed and the number of the epoch, and what is left to chance in a batch, as
dropout is, by these and the number of the batch. So a run that was killed goes on with the batch after its last
checkpoint, and learns what it would have learnt, as exactly as its device computes the same twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from errors import InvalidOption, ModelError
from evaluation.wer import WordErrors, normaliser, word_errors
from pipeline.types import Segment
from training.manifest import Example, batches
from training.network import CtcNetwork, enough_memory

SAVE_EVERY = 300.0  # s
_CLIP = 1.0  # norm of the gradients
_WARM_UP = 0.1  # share of all steps
_DECAY = 1e-3
_PATIENCE = 20  # batches in a row whose loss is no number

# on_progress(epoch, fraction of its batches, mean loss so far)
OnProgress = Callable[[int, float, float], None]
# on_checkpoint(state of the run)
OnCheckpoint = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Plan:
    """batch_seconds: of sound with its padding; rate: of learning, at its highest."""

    epochs: int = 10
    batch_seconds: float = 60.0
    rate: float = 1e-4
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.epochs <= 10_000:
            raise InvalidOption("--epochs must be from 1 to 10000.", field="epochs")
        if not 1 <= self.batch_seconds <= 36_000:
            raise InvalidOption("--batch-seconds must be from 1 to 36000.", field="batch-seconds")
        if not 0 < self.rate <= 1:
            raise InvalidOption("--lr must be above 0 and at most 1.", field="lr")


@dataclass(frozen=True)
class Epoch:
    """What an epoch came to on the held-out clips; number 0 is the model as it was."""

    number: int
    held_out: WordErrors
    loss: float | None = None

    @property
    def wer(self) -> float:
        """1.0 where nothing is said in the held-out clips."""
        return 1.0 if self.held_out.rate is None else self.held_out.rate


@dataclass
class Run:
    """A run of fine-tuning: ``learn`` goes through what is left of it. ``epochs``: those that are done, with the model
    as it was; the weights of the best one are kept."""

    network: CtcNetwork
    training: Sequence[Example]
    held_out: Sequence[Example]
    plan: Plan
    epochs: list[Epoch] = field(default_factory=list)
    _done: int = 0  # batches of the epoch in work
    _losses: list[float] = field(default_factory=list)
    _best: dict[str, torch.Tensor] = field(default_factory=dict)
    _lost: int = 0  # batches in a row whose loss was no number

    def __post_init__(self) -> None:
        self._optimiser = torch.optim.AdamW(self.network.parameters, lr=self.plan.rate, weight_decay=_DECAY)

    @property
    def best(self) -> Epoch:
        """With the fewest errors; of equal ones the first."""
        return min(self.epochs, key=lambda epoch: (epoch.wer, epoch.number))

    def learn(self, on_epoch: Callable[[Epoch], None], on_progress: OnProgress, on_checkpoint: OnCheckpoint) -> None:
        """Afterwards the network has the weights of the best epoch. Raises ModelError where the loss is no number."""
        if not self.epochs:
            self._judge(None, on_epoch)
        while len(self.epochs) <= self.plan.epochs:
            self._learn_epoch(len(self.epochs), on_progress, on_checkpoint)
            self._judge(float(np.mean(self._losses)) if self._losses else None, on_epoch)
            self._done, self._losses = 0, []
            on_checkpoint(self.state())
        self.network.load(self._best)

    def _learn_epoch(self, number: int, on_progress: OnProgress, on_checkpoint: OnCheckpoint) -> None:
        made, saved = self._batches(number), time.monotonic()
        for index in range(self._done, len(made)):
            self.network.seed(_seed(self.plan.seed, number, index))
            self._step(made[index], (number - 1) * len(made) + index, self.plan.epochs * len(made))
            self._done = index + 1
            on_progress(number, self._done / len(made), float(np.mean(self._losses or [0.0])))
            if time.monotonic() - saved > SAVE_EVERY and self._done < len(made):
                on_checkpoint(self.state())
                saved = time.monotonic()

    def _batches(self, number: int) -> list[list[Example]]:
        order = np.random.default_rng((self.plan.seed, number))
        return batches(list(self.training), self.plan.batch_seconds, order)

    def _step(self, batch: Sequence[Example], step: int, steps: int) -> None:
        for group in self._optimiser.param_groups:
            group["lr"] = self.plan.rate * _share(step / steps)
        loss = self.network.loss(batch)
        self._optimiser.zero_grad()
        if not torch.isfinite(loss):
            self._stop_if_lost()
            return
        with enough_memory():
            loss.backward()
            norm = torch.nn.utils.clip_grad_norm_(self.network.parameters, _CLIP)
            if torch.isfinite(norm):
                self._optimiser.step()
        self._losses.append(float(loss.detach()))
        self._lost = 0

    def _stop_if_lost(self) -> None:
        self._lost += 1
        if self._lost >= _PATIENCE:
            raise ModelError("The loss is no number any more: try a smaller --lr.")

    def _judge(self, loss: float | None, on_epoch: Callable[[Epoch], None]) -> None:
        epoch = Epoch(len(self.epochs), heard(self.network, self.held_out, self.plan.batch_seconds), loss)
        self.epochs.append(epoch)
        if self.best is epoch:
            self._best = self.network.state()
        on_epoch(epoch)

    def state(self) -> dict[str, Any]:
        """All that a run needs to go on; plain data and tensors."""
        return {
            "epochs": [[one.number, *vars(one.held_out).values(), one.loss] for one in self.epochs],
            "done": self._done,
            "losses": self._losses,
            "weights": self.network.state(),
            "best": self._best,
            "optimiser": self._optimiser.state_dict(),
        }

    def go_on(self, state: dict[str, Any]) -> None:
        """From what :meth:`state` said. Raises ModelError for the state of another run."""
        try:
            self.epochs = [Epoch(row[0], WordErrors(*row[1:5]), row[5]) for row in state["epochs"]]
            self._done, self._losses, self._best = state["done"], [*state["losses"]], state["best"]
            self._optimiser.load_state_dict(state["optimiser"])
            self.network.load(state["weights"])
        except (LookupError, TypeError, ValueError) as error:
            raise ModelError("The checkpoint is of another run.") from error


def heard(network: CtcNetwork, examples: Sequence[Example], seconds: float) -> WordErrors:
    """What the network writes of the clips, against their texts, after Whisper's normalisation (evaluation/wer.py)."""
    total = WordErrors()
    for batch in batches(list(examples), seconds):
        for example, text in zip(batch, network.write(batch), strict=True):
            said, written = (Segment("", 0.0, example.duration, words) for words in (example.text, text))
            total += word_errors([said], [written], normaliser(example.language))
    return total


def _seed(*numbers: int) -> int:
    """One number of 32 bits for several."""
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


def _share(done: float) -> float:
    """Of the highest rate: it rises in a straight line, and falls as a cosine to a hundredth."""
    if done < _WARM_UP:
        return max(0.01, done / _WARM_UP)
    return 0.01 + 0.99 * 0.5 * (1 + float(np.cos(np.pi * (done - _WARM_UP) / (1 - _WARM_UP))))
