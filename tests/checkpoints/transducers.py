"""A transducer on the encoder of a CTC model: prediction network and joint learn, frame by frame, what CTC decided
there. To write this token, or none, and (TDT) how far the next one is. That needs no transducer loss, which takes
minutes on a CPU, and leaves the same networks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pad_sequence

_LATE = 2  # steps in which a token that was missed is still due
_PAUSE = 5  # steps without a token in which TDT learns to take two at once
_STEPS, _BATCH, _RATE = 1000, 8, 5e-3
_EDGE = 2  # tokens at either end of a cut-out that may be those of a broken word


@dataclass(frozen=True)
class Decided:
    """What CTC decided in one sound. encoded: (steps, width); tokens: int (n,), what was written; at: int (n,), the
    step of each."""

    encoded: torch.Tensor
    tokens: torch.Tensor
    at: torch.Tensor


# A batch: sounds, float32 (n, longest); their lengths; their tokens, int (n, most); the number of those of each.
Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]


@torch.no_grad()
def aligned(model: Any, batches: Iterable[Batch], random: np.random.Generator) -> Iterator[Decided]:
    """What CTC decided in the sounds that it writes right, and in cut-outs of them: a chunk of long speech can begin
    and end anywhere, also within a word."""
    for signal, lengths, targets, counts in batches:
        said = [row[:count].tolist() for row, count in zip(targets, counts, strict=True)]
        for heard, tokens in zip(_decided(model, signal, lengths), said, strict=True):
            if heard.tokens.tolist() == tokens:
                yield heard
        cuts = [_cut(row[:length], random) for row, length in zip(signal, lengths, strict=True)]
        sizes = torch.tensor([len(cut) for cut in cuts])
        for heard, tokens in zip(_decided(model, pad_sequence(cuts, batch_first=True), sizes), said, strict=True):
            if _holds(tokens, heard.tokens[_EDGE:-_EDGE].tolist()):
                yield heard


def _cut(sound: torch.Tensor, random: np.random.Generator) -> torch.Tensor:
    """Between a third and all of it, from anywhere."""
    size = int(random.integers(len(sound) // 3, len(sound)))
    start = int(random.integers(0, len(sound) - size + 1))
    return sound[start : start + size]


def _holds(tokens: Sequence[int], part: Sequence[int]) -> bool:
    return any(tokens[i : i + len(part)] == part for i in range(len(tokens) - len(part) + 1))


def _decided(model: Any, signal: torch.Tensor, lengths: torch.Tensor) -> Iterator[Decided]:
    """Of each sound."""
    blank = model.decoder.num_classes_with_blank - 1
    features, lengths = model.preprocessor(input_signal=signal, length=lengths)
    encoded, steps = model.encoder(audio_signal=features, length=lengths)
    for row, labels in enumerate(model.decoder(encoder_output=encoded).argmax(-1)):
        labels = labels[: steps[row]]
        new = (labels != blank) & (labels != torch.cat([torch.tensor([blank]), labels[:-1]]))
        yield Decided(encoded[row, :, : steps[row]].T, labels[new], torch.nonzero(new)[:, 0])


def train_joint(model: Any, sounds: Sequence[Decided], random: np.random.Generator) -> None:
    """Prediction network and joint of a transducer, over its states: at this step, after so many tokens."""
    blank = len(model.joint.vocabulary)
    parameters = [*model.decoder.parameters(), *model.joint.parameters()]
    optimiser = torch.optim.AdamW(parameters, lr=_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=_STEPS, pct_start=0.15)
    states = [_states(sound, blank) for sound in sounds]
    model.train()
    for _ in range(_STEPS):
        chosen = random.choice(len(sounds), min(_BATCH, len(sounds)), replace=False)
        loss = _joint_loss(model, [sounds[i] for i in chosen], [states[i] for i in chosen], blank)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        schedule.step()
    model.eval()


def share_joint(trained: Any, other: Any) -> None:
    """Gives another transducer what the first has learnt; one without durations gets the scores of the tokens alone."""
    other.decoder.load_state_dict(trained.decoder.state_dict())
    own = other.joint.state_dict()
    other.joint.load_state_dict({k: v[: len(own[k])] for k, v in trained.joint.state_dict().items()})


def _joint_loss(model: Any, sounds: Sequence[Decided], states: Sequence[torch.Tensor], blank: int) -> torch.Tensor:
    tokens = pad_sequence([sound.tokens for sound in sounds], batch_first=True)
    predicted, _, _ = model.decoder(targets=tokens, target_length=torch.tensor([len(s.tokens) for s in sounds]))
    heard = torch.cat([sound.encoded[own[:, 0]] for sound, own in zip(sounds, states, strict=True)])
    before = torch.cat([row.T[own[:, 1]] for row, own in zip(predicted, states, strict=True)])
    _, _, token, duration = torch.cat(list(states)).T
    joint = model.joint
    scores = joint.joint_after_projection(joint.project_encoder(heard)[:, None], joint.project_prednet(before)[:, None])
    loss = cross_entropy(scores[:, 0, 0, : blank + 1], token)
    return loss + cross_entropy(scores[:, 0, 0, blank + 1 :], duration) if joint.num_extra_outputs else loss


def _states(sound: Decided, blank: int) -> torch.Tensor:
    """int (states, 4): step, tokens written before it, token to write there, steps to take then.

    After a token nothing more is written at its step. A token that was missed is still due for two steps: without such
    states a single miss would silence the model for good. Two steps are taken only in pauses: one too far skips a
    token, while one too short only costs another.
    """
    at, rows = [*sound.at.tolist(), len(sound.encoded) + 100], []
    for step in range(len(sound.encoded)):
        written = sum(time < step for time in at)
        if at[written] == step:
            rows += [(step, written, int(sound.tokens[written]), 1), (step, written + 1, blank, 1)]
        else:
            rows.append((step, written, blank, 2 if at[written] - step > _PAUSE else 1))
        if written and step - at[written - 1] <= _LATE:
            rows.append((step, written - 1, int(sound.tokens[written - 1]), 1))
    return torch.tensor(rows)
