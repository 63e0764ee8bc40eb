"""Tiny ASR models of every kind, which write eight turns of the sample exactly.

A Conformer learns the sentences with CTC. The transducers keep its encoder and learn, frame by frame, what CTC decided
there: to write this token, or none, and (TDT) how far the next one is. That needs no transducer loss, which takes
minutes on a CPU, and leaves the same networks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import soundfile
import torch
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pad_sequence

from tests.checkpoints import asr_configs
from tests.checkpoints.cache import cached
from tests.media import RATE, SAMPLE

# Of samples/planning_meeting.seglst.json: said by one voice alone.
ROWS = (2, 3, 4, 8, 9, 11, 13, 16)
KINDS = ("ctc", "rnnt", "tdt", "hybrid")
_VOCABULARY = 96
_LATE = 2  # steps in which a token that was missed is still due
_LONGEST = 2  # steps that TDT learns to take at once
_STEPS, _RATE = 230, 2e-3
_ALIGNED, _JOINT_STEPS, _JOINT_BATCH, _JOINT_RATE = 12, 400, 8, 5e-3


@dataclass(frozen=True)
class Utterance:
    """samples: float32 (n,) at 16 kHz; start, end: s in the sample."""

    samples: np.ndarray
    text: str
    start: float
    end: float


def utterances() -> list[Utterance]:
    """The eight turns (some are two) that the models know, in the order of the recording."""
    sound = soundfile.read(SAMPLE, dtype="float32")[0]
    rows = sorted(json.loads(SAMPLE.with_suffix(".seglst.json").read_text()), key=lambda row: row["start_time"])
    spans = [(rows[i]["start_time"], rows[i]["end_time"], rows[i]["words"]) for i in ROWS]
    return [Utterance(sound[round(a * RATE) : round(b * RATE)], text, a, b) for a, b, text in spans]


def checkpoints() -> dict[str, Path]:
    """{kind: ``.nemo`` file}, built where they are not there yet: about a minute on two cores."""
    recipe = [Path(__file__), Path(asr_configs.__file__)]
    folder = cached("asr", recipe, _build)
    return {kind: folder / f"{kind}.nemo" for kind in KINDS}


def _build(folder: Path) -> None:
    from nemo.collections.asr import models

    torch.manual_seed(0)
    random, known = np.random.default_rng(0), utterances()
    with TemporaryDirectory() as tokenizer:
        _tokenizer(Path(tokenizer), [utterance.text for utterance in known])
        kinds = {"rnnt": models.EncDecRNNTBPEModel, "hybrid": models.EncDecHybridRNNTCTCBPEModel}
        ctc = models.EncDecCTCModelBPE(cfg=_config("ctc", tokenizer))
        made = {kind: cls(cfg=_config(kind, tokenizer)) for kind, cls in kinds.items()}
        made["tdt"] = models.EncDecRNNTBPEModel(cfg=_config("tdt", tokenizer))
        _train_ctc(ctc, known, random)
        steps = list(_aligned(ctc, known, random))
        for kind in ("rnnt", "hybrid"):
            made[kind].encoder.load_state_dict(ctc.encoder.state_dict())
            _train_joint(made[kind], steps, random)
        made["hybrid"].ctc_decoder.load_state_dict(ctc.decoder.state_dict())
        for part in ("encoder", "decoder", "joint"):
            getattr(made["tdt"], part).load_state_dict(getattr(made["hybrid"], part).state_dict())
        for kind, model in {"ctc": ctc, **made}.items():
            _check(kind, model, known)
            model.save_to(str(folder / f"{kind}.nemo"))


def _config(kind: str, tokenizer: str) -> Any:
    from omegaconf import OmegaConf

    return OmegaConf.create(getattr(asr_configs, kind)(Path(tokenizer)))


def _tokenizer(folder: Path, texts: Sequence[str]) -> None:
    import sentencepiece

    (folder / "text").write_text("\n".join(texts))
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "text"), model_prefix=str(folder / "tokenizer"), vocab_size=_VOCABULARY, model_type="bpe",
        character_coverage=1.0, bos_id=-1, eos_id=-1, pad_id=-1, unk_id=0, minloglevel=2,
    )  # fmt: skip
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    lines = [pieces.id_to_piece(i) for i in range(pieces.get_piece_size())]
    (folder / "vocab.txt").write_text("\n".join(lines) + "\n")


def _train_ctc(model: Any, known: Sequence[Utterance], random: np.random.Generator) -> None:
    optimiser = torch.optim.AdamW(model.parameters(), lr=_RATE, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=_STEPS, pct_start=0.15)
    model.train()
    for _ in range(_STEPS):
        signal, lengths, targets, target_lengths = _batch(model, known, random)
        scores, steps, _ = model(input_signal=signal, input_signal_length=lengths)
        loss = model.loss(log_probs=scores, targets=targets, input_lengths=steps, target_lengths=target_lengths)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
    model.eval()


def _batch(
    model: Any, known: Sequence[Utterance], random: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Every turn once, alone or some in a row, and a row without any, each at its own level, with noise and silence
    around: what batch and feature normalisation would else learn by heart."""
    order, rows = random.permutation(len(known)).tolist(), list[list[int]]([[]])
    while order:
        count = int(random.choice([1, 1, 2, 4]))
        rows.append(order[:count])
        order = order[count:]
    sounds = [_sound([known[i].samples for i in row], random) for row in rows]
    texts = [" ".join(known[i].text for i in row) for row in rows]
    tokens = [torch.tensor(model.tokenizer.text_to_ids(text), dtype=torch.long) for text in texts]
    lengths = torch.tensor([len(sound) for sound in sounds])
    signal = pad_sequence([torch.from_numpy(sound) for sound in sounds], batch_first=True)
    counts = torch.tensor([len(row) for row in tokens])
    return signal, lengths, pad_sequence(tokens, batch_first=True), counts


def _sound(parts: Sequence[np.ndarray], random: np.random.Generator) -> np.ndarray:
    pauses = random.integers(0, RATE // 2, len(parts) + 1) * random.integers(0, 2, len(parts) + 1)
    pieces = [np.zeros(pauses[0] + (0 if parts else 2 * RATE), np.float32)]
    for part, pause in zip(parts, pauses[1:], strict=True):
        pieces += [part, np.zeros(pause, np.float32)]
    sound = np.concatenate(pieces) * random.uniform(0.3, 1.5)
    return (sound + random.standard_normal(len(sound)) * 10 ** random.uniform(-5, -3)).astype(np.float32)


@dataclass(frozen=True)
class _Steps:
    """What CTC decided in one sound. encoded: (steps, width); tokens: int (n,), what was written; at: int (n,), the
    step of each."""

    encoded: torch.Tensor
    tokens: torch.Tensor
    at: torch.Tensor


@torch.no_grad()
def _aligned(model: Any, known: Sequence[Utterance], random: np.random.Generator) -> Iterator[_Steps]:
    """Sounds of other batches, as far as CTC writes them right."""
    blank = model.decoder.num_classes_with_blank - 1
    for _ in range(_ALIGNED):
        signal, lengths, targets, counts = _batch(model, known, random)
        features, lengths = model.preprocessor(input_signal=signal, length=lengths)
        encoded, steps = model.encoder(audio_signal=features, length=lengths)
        best = model.decoder(encoder_output=encoded).argmax(-1)
        for row, labels in enumerate(best):
            labels = labels[: steps[row]]
            new = (labels != blank) & (labels != torch.cat([torch.tensor([blank]), labels[:-1]]))
            if torch.equal(labels[new], targets[row, : counts[row]]):
                yield _Steps(encoded[row, :, : steps[row]].T, labels[new], torch.nonzero(new)[:, 0])


def _train_joint(model: Any, sounds: Sequence[_Steps], random: np.random.Generator) -> None:
    """Prediction network and joint of a transducer, over its states: at this step, after so many tokens."""
    blank, states_of = len(model.joint.vocabulary), _tdt_states if model.joint.num_extra_outputs else _rnnt_states
    parameters = [*model.decoder.parameters(), *model.joint.parameters()]
    optimiser = torch.optim.AdamW(parameters, lr=_JOINT_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _JOINT_RATE, total_steps=_JOINT_STEPS, pct_start=0.15)
    states = [states_of(sound, blank) for sound in sounds]
    model.train()
    for _ in range(_JOINT_STEPS):
        chosen = random.choice(len(sounds), min(_JOINT_BATCH, len(sounds)), replace=False)
        loss = _joint_loss(model, [sounds[i] for i in chosen], [states[i] for i in chosen], blank)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        schedule.step()
    model.eval()


def _joint_loss(model: Any, sounds: Sequence[_Steps], states: Sequence[torch.Tensor], blank: int) -> torch.Tensor:
    tokens = pad_sequence([sound.tokens for sound in sounds], batch_first=True)
    predicted, _, _ = model.decoder(targets=tokens, target_length=torch.tensor([len(s.tokens) for s in sounds]))
    heard = torch.cat([sound.encoded[own[:, 0]] for sound, own in zip(sounds, states, strict=True)])
    before = torch.cat([row.T[own[:, 1]] for row, own in zip(predicted, states, strict=True)])
    _, _, token, duration = torch.cat(list(states)).T
    joint = model.joint
    scores = joint.joint_after_projection(joint.project_encoder(heard)[:, None], joint.project_prednet(before)[:, None])
    loss = cross_entropy(scores[:, 0, 0, : blank + 1], token)
    return loss + cross_entropy(scores[:, 0, 0, blank + 1 :], duration) if joint.num_extra_outputs else loss


def _states(sound: _Steps) -> Iterator[tuple[int, int, bool]]:
    """Step, tokens written before it, and whether it is time for the next. A token that was missed is still due for
    two steps: without such states a single miss would silence the model for good."""
    at = sound.at.tolist()
    for step in range(len(sound.encoded)):
        written = sum(time < step for time in at)
        yield step, written, step in at
        if written and step - at[written - 1] <= _LATE:
            yield step, written - 1, True


def _rnnt_states(sound: _Steps, blank: int) -> torch.Tensor:
    """int (states, 4): step, tokens written before it, token to write there, nothing. After a token nothing more is
    written at its step."""
    rows = []
    for step, written, due in _states(sound):
        rows.append((step, written, int(sound.tokens[written]) if due else blank, 0))
        if due and int(sound.at[written]) == step:
            rows.append((step, written + 1, blank, 0))
    return torch.tensor(rows)


def _tdt_states(sound: _Steps, blank: int) -> torch.Tensor:
    """As :func:`_rnnt_states`, and last how many steps to take: two less than to the next token, as a step too far
    skips it, while too short a one costs only another."""
    at = [*sound.at.tolist(), len(sound.encoded) + 100]
    rows = []
    for step, written, due in _states(sound):
        token = int(sound.tokens[written]) if due else blank
        rows.append((step, written, token, max(1, min(_LONGEST, at[written + due] - step - 2))))
    return torch.tensor(rows)


def _check(kind: str, model: Any, known: Sequence[Utterance]) -> None:
    """Raises RuntimeError for a model that has not learnt its sentences, so that no test blames the code for it."""
    model.eval()
    written = [h.text for h in model.transcribe([u.samples for u in known], batch_size=4, verbose=False)]
    if wrong := [(text, u.text) for text, u in zip(written, known, strict=True) if text != u.text]:
        raise RuntimeError(f"the {kind} fixture did not learn: {wrong}")
