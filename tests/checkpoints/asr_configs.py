"""Configurations of tiny Conformers: NeMo's own examples, cut to what learns a few sentences in a minute."""

from __future__ import annotations

from pathlib import Path
from typing import Any

WIDTH, HIDDEN = 96, 96
DURATIONS = [0, 1, 2, 3, 4]  # encoder steps that a TDT model can take at once


def ctc(tokenizer: Path) -> dict[str, Any]:
    return _shared(tokenizer) | {"decoder": _ctc_head(), "decoding": {"strategy": "greedy_batch"}}


def rnnt(tokenizer: Path) -> dict[str, Any]:
    return _shared(tokenizer) | {
        "model_defaults": {"enc_hidden": WIDTH, "pred_hidden": HIDDEN, "joint_hidden": HIDDEN},
        "decoder": {
            "_target_": "nemo.collections.asr.modules.RNNTDecoder",
            "normalization_mode": None,
            "random_state_sampling": False,
            "blank_as_pad": True,
            "prednet": {"pred_hidden": HIDDEN, "pred_rnn_layers": 1, "t_max": None, "dropout": 0.0},
        },
        "joint": {
            "_target_": "nemo.collections.asr.modules.RNNTJoint",
            "log_softmax": None,
            "preserve_memory": False,
            "fuse_loss_wer": False,
            "jointnet": {"joint_hidden": HIDDEN, "activation": "relu", "dropout": 0.0},
        },
        "decoding": {"strategy": "greedy_batch", "greedy": {"max_symbols": 10}},
        "loss": {"loss_name": "default", "warprnnt_numba_kwargs": {"fastemit_lambda": 0.0, "clamp": -1.0}},
    }


def tdt(tokenizer: Path) -> dict[str, Any]:
    config = rnnt(tokenizer)
    config["model_defaults"] |= {"tdt_durations": DURATIONS, "num_tdt_durations": len(DURATIONS)}
    config["joint"]["num_extra_outputs"] = len(DURATIONS)
    config["decoding"] |= {"model_type": "tdt", "durations": DURATIONS}
    kwargs = {"fastemit_lambda": 0.0, "clamp": -1.0, "durations": DURATIONS, "sigma": 0.02, "omega": 0.1}
    return config | {"loss": {"loss_name": "tdt", "tdt_kwargs": kwargs}}


def hybrid(tokenizer: Path) -> dict[str, Any]:
    aux = {"ctc_loss_weight": 0.3, "use_cer": False, "ctc_reduction": "mean_batch"}
    return tdt(tokenizer) | {"aux_ctc": aux | {"decoder": _ctc_head(), "decoding": {"strategy": "greedy_batch"}}}


def _ctc_head() -> dict[str, Any]:
    return {
        "_target_": "nemo.collections.asr.modules.ConvASRDecoder",
        "feat_in": WIDTH,
        "num_classes": -1,
        "vocabulary": [],
    }


def _shared(tokenizer: Path) -> dict[str, Any]:
    """The attention reaches 16 steps (0.64 s) to both sides, so that the few sentences are learnt by their sounds and
    not by the place of a sound in its sentence: a cut-out is then written as the same words are in the whole."""
    return {
        "sample_rate": 16_000,
        "log_prediction": False,
        "train_ds": None,
        "validation_ds": None,
        "test_ds": None,
        "tokenizer": {"dir": str(tokenizer), "type": "bpe"},
        "preprocessor": {
            "_target_": "nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor",
            "sample_rate": 16_000,
            "normalize": "per_feature",
            "window_size": 0.025,
            "window_stride": 0.01,
            "window": "hann",
            "features": 80,
            "n_fft": 512,
            "dither": 1e-5,
            "pad_to": 0,
        },
        "encoder": {
            "_target_": "nemo.collections.asr.modules.ConformerEncoder",
            "feat_in": 80,
            "feat_out": -1,
            "n_layers": 3,
            "d_model": WIDTH,
            "subsampling": "striding",
            "subsampling_factor": 4,
            "subsampling_conv_channels": 32,
            "ff_expansion_factor": 2,
            "self_attention_model": "rel_pos",
            "n_heads": 4,
            "att_context_size": [16, 16],
            "xscaling": False,
            "untie_biases": True,
            "pos_emb_max_len": 5000,
            "conv_kernel_size": 9,
            "dropout": 0.0,
            "dropout_pre_encoder": 0.0,
            "dropout_emb": 0.0,
            "dropout_att": 0.0,
        },
    }
