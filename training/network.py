"""A CTC model of NeMo's that learns: its loss, what it writes, its weights."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence

from errors import DiarizationError, ModelError
from pipeline.nemo_checkpoints import restore
from pipeline.types import SAMPLE_RATE
from training.manifest import Example, read_sound

KINDS = ("EncDecCTCModelBPE", "EncDecCTCModel")
SMALLER = "The GPU's memory is too small: lower --batch-seconds."


class CtcNetwork:
    """Owns the model. Its front end, networks, loss and decoding are NeMo's; the loop is ours (training/finetuning.py),
    so that a run can be broken off and goes on at the same batch."""

    def __init__(self, model: Any, device: str) -> None:
        self._model, self._device = model.to(device), torch.device(device)
        for parameter in model.parameters():  # those of a file are mapped, and not made to be changed
            parameter.data = parameter.data.clone()
            parameter.requires_grad_(parameter.is_floating_point())
        if hasattr(model, "loss"):
            model.loss.zero_infinity = True  # of a clip that has more signs than the network has steps

    @property
    def parameters(self) -> list[torch.nn.Parameter]:
        return [parameter for parameter in self._model.parameters() if parameter.requires_grad]

    def state(self) -> dict[str, torch.Tensor]:
        """A copy of the weights in memory, not on the GPU."""
        return {name: value.detach().to("cpu", copy=True) for name, value in self._model.state_dict().items()}

    def load(self, state: dict[str, torch.Tensor]) -> None:
        """Raises ModelError for weights of another model."""
        try:
            self._model.load_state_dict(state)
        except RuntimeError as error:
            raise ModelError("The checkpoint is of another model.") from error

    def seed(self, number: int) -> None:
        """Settle all that is left to chance while it learns: dropout, dither, SpecAugment. number: of 32 bits."""
        torch.manual_seed(number)
        random.seed(number)
        np.random.seed(number)
        for module in self._model.modules():
            if isinstance(own := getattr(module, "_rng", None), random.Random):  # as NeMo's SpecAugment has one
                own.seed(number)

    def writes(self, sign: str) -> bool:
        """Whether the model can write a character."""
        if tokenizer := getattr(self._model, "tokenizer", None):
            unknown = getattr(tokenizer, "unk_id", None)
            return all(token != unknown for token in tokenizer.text_to_ids(sign))
        return sign in self._signs

    @property
    def _signs(self) -> dict[str, int]:
        """Of a model that writes letter by letter."""
        return {sign: index for index, sign in enumerate(self._model.decoder.vocabulary)}

    def _tokens(self, text: str) -> list[int]:
        if tokenizer := getattr(self._model, "tokenizer", None):
            return tokenizer.text_to_ids(text)
        signs = self._signs
        return [signs[sign] for sign in text if sign in signs]

    def loss(self, batch: Sequence[Example]) -> torch.Tensor:
        """Mean over the clips. The statistics of batch norms stay: those of a few clips would be worse."""
        self._model.train()
        for module in self._model.modules():
            if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
                module.eval()
        tokens = [torch.tensor(self._tokens(example.text), dtype=torch.long) for example in batch]
        counts = torch.tensor([len(row) for row in tokens], device=self._device)
        with enough_memory():
            scores, steps = self._forward(batch)
            targets = pad_sequence(tokens, batch_first=True).to(self._device)
            return self._model.loss(
                log_probs=scores.float(), targets=targets, input_lengths=steps, target_lengths=counts
            )

    @torch.no_grad()
    def write(self, batch: Sequence[Example]) -> list[str]:
        """What is said in each clip, by greedy decoding."""
        self._model.eval()
        with enough_memory():
            scores, steps = self._forward(batch)
        found = self._model.decoding.ctc_decoder_predictions_tensor(scores.float(), decoder_lengths=steps)
        return [str(getattr(one, "text", one)) for one in found]

    def _forward(self, batch: Sequence[Example]) -> tuple[torch.Tensor, torch.Tensor]:
        sounds = [_a_second(read_sound(example)) for example in batch]
        lengths = torch.tensor([len(sound) for sound in sounds], device=self._device)
        signal = pad_sequence([torch.from_numpy(sound) for sound in sounds], batch_first=True).to(self._device)
        halves = self._device.type == "cuda"
        with torch.autocast("cuda", torch.bfloat16) if halves else nullcontext():
            scores, steps, _ = self._model(input_signal=signal, input_signal_length=lengths)
        return scores, steps

    def save(self, path: Path) -> None:
        """As a ``.nemo`` file, which is there whole or not at all. Raises DiarizationError where the disk refuses."""
        partial = path.with_name(f".{path.stem}.partial.nemo")
        self._model.eval()
        try:
            self._model.save_to(str(partial.resolve()))
            os.replace(partial, path)
        except (OSError, RuntimeError) as error:  # torch's writer raises the latter on a full disk
            with suppress(OSError):
                partial.unlink()
            said = getattr(error, "strerror", None) or "is the disk full?"
            raise DiarizationError(f"{path.name} cannot be written: {said}") from error


def open_network(path: Path, device: str, name: str) -> CtcNetwork:
    """name: what the user calls the model. Raises ModelError."""
    model = restore(path, KINDS, "asr", device, name)
    if hasattr(getattr(model, "tokenizer", None), "tokenizers_dict"):
        raise ModelError(
            "A model with a tokenizer for each language cannot be fine-tuned here: choose another --model."
        )
    return CtcNetwork(model, device)


def choose_device(wanted: str) -> str:
    """ "auto" is the GPU where there is one. Raises ModelError for one that is not there."""
    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if wanted.startswith("cuda") and not torch.cuda.is_available():
        raise ModelError("There is no CUDA device here; use --device auto or cpu.")
    return wanted


def _a_second(sound: np.ndarray) -> np.ndarray:
    """At least, with silence at the end: NeMo's front end wants some frames."""
    return np.pad(sound, (0, max(0, SAMPLE_RATE - len(sound))))


@contextmanager
def enough_memory() -> Iterator[None]:
    """Raises ModelError where the GPU has too little."""
    try:
        yield
    except torch.cuda.OutOfMemoryError as error:
        raise ModelError(SMALLER) from error
