"""Tiny ASR models of every kind, which write eight turns of the sample exactly, alone and in a row.

A Conformer learns the sentences with CTC; the transducers keep its encoder (tests/checkpoints/transducers.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence

from tests.checkpoints import asr_configs, transducers, utterances
from tests.checkpoints.cache import cached
from tests.checkpoints.transducers import Batch, aligned, share_joint, train_joint
from tests.checkpoints.utterances import Utterance
from tests.media import RATE

KINDS = ("ctc", "rnnt", "tdt", "hybrid")
_VOCABULARY = 96
_STEPS, _RATE = 330, 2e-3
_ALIGNED = 48  # batches that the transducers learn from


def checkpoints() -> dict[str, Path]:
    """{kind: ``.nemo`` file}, built where they are not there yet: about a minute and a half on two cores."""
    recipe = [Path(str(module.__file__)) for module in (asr_configs, transducers, utterances)]
    folder = cached("asr", [Path(__file__), *recipe], _build)
    return {kind: folder / f"{kind}.nemo" for kind in KINDS}


def _build(folder: Path) -> None:
    from nemo.collections.asr import models

    torch.manual_seed(0)
    random, known = np.random.default_rng(0), utterances.utterances()
    with TemporaryDirectory() as tokenizer:
        _tokenizer(Path(tokenizer), [utterance.text for utterance in known])
        kinds = {"rnnt": models.EncDecRNNTBPEModel, "hybrid": models.EncDecHybridRNNTCTCBPEModel}
        ctc = models.EncDecCTCModelBPE(cfg=_config("ctc", tokenizer))
        made = {kind: cls(cfg=_config(kind, tokenizer)) for kind, cls in kinds.items()}
        made["tdt"] = models.EncDecRNNTBPEModel(cfg=_config("tdt", tokenizer))
        _train_ctc(ctc, known, random)
        heard = list(aligned(ctc, (_batch(ctc, known, random) for _ in range(_ALIGNED)), random))
        for model in made.values():
            model.encoder.load_state_dict(ctc.encoder.state_dict())
        train_joint(made["hybrid"], heard, random)
        for kind in ("tdt", "rnnt"):
            share_joint(made["hybrid"], made[kind])
        made["hybrid"].ctc_decoder.load_state_dict(ctc.decoder.state_dict())
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


def _batch(model: Any, known: Sequence[Utterance], random: np.random.Generator) -> Batch:
    """Every turn once, alone or some in a row, and a row without any, each at its own level, with noise and silence
    around: what batch and feature normalisation would else learn by heart. Rows of a batch hold equally many turns, so
    that little of it is padding."""
    order, count = random.permutation(len(known)).tolist(), int(random.choice([1, 2, 4]))
    rows = [[], *(order[first : first + count] for first in range(0, len(order), count))]
    sounds = [_sound([known[i].samples for i in row], random) for row in rows]
    texts = [" ".join(known[i].text for i in row) for row in rows]
    tokens = [torch.tensor(model.tokenizer.text_to_ids(text), dtype=torch.long) for text in texts]
    lengths = torch.tensor([len(sound) for sound in sounds])
    signal = pad_sequence([torch.from_numpy(sound) for sound in sounds], batch_first=True)
    counts = torch.tensor([len(row) for row in tokens])
    return signal, lengths, pad_sequence(tokens, batch_first=True), counts


def _sound(parts: Sequence[np.ndarray], random: np.random.Generator) -> np.ndarray:
    pauses = random.integers(0, RATE, len(parts) + 1) * random.integers(0, 2, len(parts) + 1)
    pieces = [np.zeros(pauses[0] + (0 if parts else 2 * RATE), np.float32)]
    for part, pause in zip(parts, pauses[1:], strict=True):
        pieces += [part, np.zeros(pause, np.float32)]
    sound = np.concatenate(pieces) * random.uniform(0.3, 1.5)
    return (sound + random.standard_normal(len(sound)) * 10 ** random.uniform(-5, -3)).astype(np.float32)


def _check(kind: str, model: Any, known: Sequence[Utterance]) -> None:
    """Raises RuntimeError for a model that has not learnt its sentences, so that no test blames the code for it."""
    model.eval()
    written = [h.text for h in model.transcribe([u.samples for u in known], batch_size=4, verbose=False)]
    if wrong := [(text, u.text) for text, u in zip(written, known, strict=True) if text != u.text]:
        raise RuntimeError(f"the {kind} fixture did not learn: {wrong}")
