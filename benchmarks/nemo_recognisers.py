"""Recognisers of NVIDIA's published shapes with random weights: Conformer-CTC and FastConformer-TDT (Parakeet).

Their blank is biased until nothing is written: random weights would write as many tokens as the decoder's limit
allows, in every frame, which no speech does. The time is then that of the networks and of the search through blanks.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from pipeline.types import SAMPLE_RATE

KINDS = ("ctc", "tdt")
_SEED = 3
_DURATIONS = [0, 1, 2, 3, 4]  # steps that a TDT model takes at once
_SILENT = 50.0  # added to the score of the blank


@dataclass(frozen=True)
class Shape:
    """layers, width, heads, kernel: of the encoder; hidden: of prediction network and joint; tokens: of the BPE."""

    layers: int
    width: int
    heads: int
    kernel: int
    hidden: int = 640
    tokens: int = 1024
    features: int = 80


# small: Conformer-CTC-small and a FastConformer of its size; real: Conformer-CTC-large and Parakeet-TDT 0.6b.
SHAPES = {
    "tiny": {"ctc": Shape(1, 32, 4, 5, 32, 64), "tdt": Shape(1, 32, 4, 5, 32, 64)},
    "small": {"ctc": Shape(16, 176, 4, 31), "tdt": Shape(16, 176, 4, 9, 320)},
    "real": {"ctc": Shape(18, 512, 8, 31), "tdt": Shape(24, 1024, 8, 9, features=128)},
}


def save_recogniser(kind: str, size: str, file: Path) -> None:
    """kind: one of KINDS; size: a key of SHAPES. Writes a ``.nemo`` file."""
    from nemo.collections.asr.models import EncDecCTCModelBPE, EncDecRNNTBPEModel
    from omegaconf import OmegaConf

    torch.manual_seed(_SEED)
    shape = SHAPES[size][kind]
    with TemporaryDirectory() as folder:
        _tokenizer(Path(folder), shape.tokens)
        config = OmegaConf.create((_ctc if kind == "ctc" else _tdt)(shape, folder))
        model = (EncDecCTCModelBPE if kind == "ctc" else EncDecRNNTBPEModel)(cfg=config).eval()
        _write_nothing(model)
        model.save_to(str(file))


@torch.no_grad()
def _write_nothing(model: Any) -> None:
    if hasattr(model, "joint"):
        model.joint.joint_net[-1].bias[len(model.joint.vocabulary)] += _SILENT
    else:
        model.decoder.decoder_layers[-1].bias[-1] += _SILENT


def _tokenizer(folder: Path, tokens: int) -> None:
    """A BPE of so many tokens, over made-up words."""
    import sentencepiece

    syllables = ["".join(pair) for pair in product("bdfgklmnprstvw", "aeiou")]
    words = ["".join(pair) for pair in product(syllables, syllables)]
    (folder / "text").write_text("\n".join(" ".join(words[start : start + 9]) for start in range(0, len(words), 9)))
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "text"), model_prefix=str(folder / "tokenizer"), vocab_size=tokens, model_type="bpe",
        character_coverage=1.0, bos_id=-1, eos_id=-1, pad_id=-1, unk_id=0, minloglevel=2,
    )  # fmt: skip
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    (folder / "vocab.txt").write_text("".join(f"{pieces.id_to_piece(i)}\n" for i in range(pieces.get_piece_size())))


def _ctc(shape: Shape, tokenizer: str) -> dict[str, Any]:
    head = dict(
        _target_="nemo.collections.asr.modules.ConvASRDecoder", feat_in=shape.width, num_classes=-1, vocabulary=[]
    )
    steps = dict(subsampling="striding", subsampling_factor=4, subsampling_conv_channels=shape.width)
    return _shared(shape, tokenizer, steps) | dict(decoder=head, decoding={"strategy": "greedy_batch"})


def _tdt(shape: Shape, tokenizer: str) -> dict[str, Any]:
    hidden, count = shape.hidden, len(_DURATIONS)
    steps = dict(
        subsampling="dw_striding",
        subsampling_factor=8,
        subsampling_conv_channels=min(256, shape.width),
        causal_downsampling=False,
    )
    prediction = dict(
        _target_="nemo.collections.asr.modules.RNNTDecoder",
        normalization_mode=None,
        random_state_sampling=False,
        blank_as_pad=True,
        prednet=dict(pred_hidden=hidden, pred_rnn_layers=2, t_max=None, dropout=0.0),
    )
    joint = dict(
        _target_="nemo.collections.asr.modules.RNNTJoint",
        log_softmax=None,
        preserve_memory=False,
        fuse_loss_wer=False,
        num_extra_outputs=count,
        jointnet=dict(joint_hidden=hidden, activation="relu", dropout=0.0),
    )
    sizes = dict(enc_hidden=shape.width, pred_hidden=hidden, joint_hidden=hidden)
    return _shared(shape, tokenizer, steps) | dict(
        model_defaults=sizes | dict(tdt_durations=_DURATIONS, num_tdt_durations=count),
        decoder=prediction,
        joint=joint,
        decoding=dict(strategy="greedy_batch", greedy={"max_symbols": 10}, model_type="tdt", durations=_DURATIONS),
        loss=dict(
            loss_name="tdt",
            tdt_kwargs=dict(fastemit_lambda=0.0, clamp=-1.0, durations=_DURATIONS, sigma=0.02, omega=0.1),
        ),
    )


def _shared(shape: Shape, tokenizer: str, steps: dict[str, Any]) -> dict[str, Any]:
    mel = dict(
        _target_="nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor",
        sample_rate=SAMPLE_RATE,
        normalize="per_feature",
        window_size=0.025,
        window_stride=0.01,
        window="hann",
        features=shape.features,
        n_fft=512,
        dither=1e-5,
        pad_to=0,
    )
    encoder = dict(
        _target_="nemo.collections.asr.modules.ConformerEncoder",
        feat_in=shape.features,
        feat_out=-1,
        n_layers=shape.layers,
        d_model=shape.width,
        ff_expansion_factor=4,
        self_attention_model="rel_pos",
        n_heads=shape.heads,
        att_context_size=[-1, -1],
        xscaling=False,
        untie_biases=True,
        pos_emb_max_len=5000,
        conv_kernel_size=shape.kernel,
        dropout=0.0,
        dropout_pre_encoder=0.0,
        dropout_emb=0.0,
        dropout_att=0.0,
    )
    names = dict(sample_rate=SAMPLE_RATE, log_prediction=False, train_ds=None, validation_ds=None, test_ds=None)
    parts = dict(tokenizer={"dir": tokenizer, "type": "bpe"}, preprocessor=mel, encoder=encoder | steps)
    return names | parts
