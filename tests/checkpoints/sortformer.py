"""A tiny Sortformer with random weights, whose speakers come and go with the sound and are not heard in silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from pipeline.types import SAMPLE_RATE

SPEAKERS = 4
WIDTH, NARROW = 64, 32  # of the encoder and of the layers above it
SILENCES = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)  # seconds
CONTRAST = 300.0  # makes random outputs lean to 0 and 1 as trained ones do


def build(file: Path, voice: np.ndarray, streaming: bool, speakers: int = SPEAKERS) -> None:
    """Write the ``.nemo``. voice: speech, float32 (n,), on which the outputs are balanced."""
    from nemo.collections.asr.models import SortformerEncLabelModel
    from omegaconf import OmegaConf

    torch.manual_seed(20)
    model = SortformerEncLabelModel(cfg=OmegaConf.create(_config(streaming, speakers))).eval()
    balance(model.sortformer_modules.single_hidden_to_spks, lambda samples: _listen(model, samples), voice)
    model.save_to(str(file))


def balance(layer: torch.nn.Linear, listen: Any, voice: np.ndarray) -> None:
    """Turn, scale and shift the last layer: each speaker is active in part of ``voice`` and never in silence.

    listen: samples -> probabilities, float (frames, speakers).
    """
    silences = [np.zeros(round(seconds * SAMPLE_RATE), np.float32) for seconds in SILENCES]
    with torch.no_grad():
        speech, silence = torch.logit(listen(voice)), torch.logit(torch.cat([listen(samples) for samples in silences]))
        above = speech.quantile(0.6, dim=0) - silence.amax(0)
        below = silence.amin(0) - speech.quantile(0.4, dim=0)
        contrast = torch.where(above > below, CONTRAST, -CONTRAST)
        speech, silence = (contrast * (logits - layer.bias) for logits in (speech, silence))
        layer.weight *= contrast[:, None]
        layer.bias.copy_(-torch.maximum(speech.quantile(0.6, dim=0), silence.amax(0) + 1.0))


def _listen(model: Any, samples: np.ndarray) -> torch.Tensor:
    signal = torch.from_numpy(samples)[None]
    return model(audio_signal=signal, audio_signal_length=torch.tensor([len(samples)]))[0]


def _config(streaming: bool, speakers: int) -> dict[str, Any]:
    """NeMo's streaming_sortformer_diarizer_4spk-v2, smaller; chunks of 4 s and a memory that soon overflows."""
    return dict(
        pil_weight=0.5,
        ats_weight=0.5,
        max_num_of_spks=speakers,
        streaming_mode=streaming,
        model_defaults=dict(fc_d_model=WIDTH, tf_d_model=NARROW),
        train_ds=None,
        validation_ds=None,
        test_ds=None,
        preprocessor=dict(
            _target_="nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor",
            normalize="per_feature",
            window_size=0.025,
            sample_rate=SAMPLE_RATE,
            window_stride=0.01,
            window="hann",
            features=80,
            n_fft=512,
            frame_splicing=1,
            dither=1e-5,
        ),
        sortformer_modules=dict(
            _target_="nemo.collections.asr.modules.sortformer_modules.SortformerModules",
            num_spks=speakers,
            dropout_rate=0.5,
            fc_d_model=WIDTH,
            tf_d_model=NARROW,
            spkcache_len=40,
            fifo_len=20,
            chunk_len=50,
            spkcache_update_period=30,
            chunk_left_context=2,
            chunk_right_context=3,
        ),
        encoder=dict(
            _target_="nemo.collections.asr.modules.ConformerEncoder",
            feat_in=80,
            feat_out=-1,
            n_layers=2,
            d_model=WIDTH,
            subsampling="dw_striding",
            subsampling_factor=8,
            subsampling_conv_channels=32,
            ff_expansion_factor=4,
            self_attention_model="rel_pos",
            n_heads=4,
            att_context_size=[-1, -1],
            xscaling=True,
            untie_biases=True,
            pos_emb_max_len=5000,
            conv_kernel_size=9,
            conv_norm_type="batch_norm",
            dropout=0.1,
            dropout_pre_encoder=0.1,
            dropout_emb=0.0,
            dropout_att=0.1,
        ),
        transformer_encoder=dict(
            _target_="nemo.collections.asr.modules.transformer.transformer_encoders.TransformerEncoder",
            num_layers=2,
            hidden_size=NARROW,
            inner_size=64,
            num_attention_heads=4,
            attn_score_dropout=0.5,
            attn_layer_dropout=0.5,
            ffn_dropout=0.5,
            hidden_act="relu",
            pre_ln=False,
            pre_ln_final_layer_norm=True,
        ),
        loss=dict(_target_="nemo.collections.asr.losses.bce_loss.BCELoss", weight=None, reduction="mean"),
        lr=1e-4,
    )
