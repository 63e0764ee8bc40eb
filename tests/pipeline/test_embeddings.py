from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers.audio_utils import mel_filter_bank, spectrogram, window_function

from pipeline.embeddings import VoiceEmbedder, log_mel, mel_banks
from pipeline.lanes import Lanes
from pipeline.loading import Models
from pipeline.pieces import Piece
from pipeline.types import Audio, Span

POVEY = torch.hann_window(400, periodic=False).pow(0.85)
# Seconds of samples/planning_meeting.flac in which one person speaks, in turn and by themselves.
SPOKEN = {"mara": [(0.6, 4.6), (29.8, 33.8), (42.2, 46.2)], "tom": [(7, 11), (15.2, 18.6), (52.6, 56.6)],
          "ines": [(13.3, 14.4), (24, 27.5), (47.4, 51.4)]}  # fmt: skip


def piece(start: float, end: float) -> Piece:
    frames = np.arange(round(start * 100), round(end * 100))
    return Piece(0, start, end, frames, end - start)


def test_log_mel_equals_another_implementation_of_kaldis(sample: Audio) -> None:
    samples = sample.cut(1.0, 3.0)
    banks = mel_filter_bank(257, 80, 20, 8_000, 16_000, mel_scale="kaldi", triangularize_in_mel_space=True)
    theirs = spectrogram(
        samples, window_function(400, "povey", periodic=False), frame_length=400, hop_length=160, fft_length=512,
        power=2.0, center=False, preemphasis=0.97, mel_filters=banks, log_mel="log", mel_floor=1.19e-7,
        remove_dc_offset=True,
    )  # fmt: skip
    ours = log_mel(torch.from_numpy(samples), mel_banks(), POVEY)
    assert ours.shape == (1 + (len(samples) - 400) // 160, 80)
    np.testing.assert_allclose(ours.numpy(), theirs.T, atol=2e-3)


def test_loudness_and_offset_do_not_change_a_voice(models: Models, sample: Audio) -> None:
    pieces = [piece(1, 4)]
    as_it_is = models.diarizer._embedder(sample, pieces).vectors
    other = Audio((0.3 * sample.samples + 0.01).astype(np.float32))
    assert (models.diarizer._embedder(other, pieces).vectors @ as_it_is.T).item() > 0.999


def test_a_voice_is_closer_to_itself_than_to_any_other(models: Models, sample: Audio) -> None:
    pieces = [piece(*span) for spans in SPOKEN.values() for span in spans]
    names = np.repeat(list(SPOKEN), 3)
    prints = models.diarizer._embedder(sample, pieces)
    assert prints.vectors.dtype == np.float32
    assert np.linalg.norm(prints.vectors, axis=1) == pytest.approx(1)
    assert prints.spans == tuple(Span(piece.start, piece.end) for piece in pieces)
    likeness = prints.vectors @ prints.vectors.T
    same = names[:, None] == names[None]
    for row, mine in zip(likeness - 2 * np.eye(9), same, strict=True):
        assert row[mine].max() > row[~mine].max()
    assert likeness[same].mean() > likeness[~same].mean() + 0.25


def test_vectors_come_in_the_order_of_the_pieces_whatever_shares_a_batch(models: Models, sample: Audio) -> None:
    pieces = [piece(1, 1.12), piece(7, 10), piece(13.3, 14.4), piece(8, 11), piece(24, 24.5), piece(30, 33.19)]
    seen: list[float] = []
    together = models.diarizer._embedder(sample, pieces, seen.append).vectors
    alone = np.concatenate([models.diarizer._embedder(sample, [one]).vectors for one in pieces])
    np.testing.assert_allclose(together, alone, atol=1e-4)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_only_the_frames_of_a_piece_are_heard(models: Models, sample: Audio) -> None:
    frames = np.concatenate([np.arange(100, 200), np.arange(300, 400)])
    gap = Piece(0, 1.0, 4.0, frames, 2.0)
    noisy = sample.samples.copy()
    noisy[34_000:46_000] = np.random.default_rng(0).normal(0, 0.3, 12_000)
    heard = [models.diarizer._embedder(Audio(samples), [gap]).vectors for samples in (sample.samples, noisy)]
    np.testing.assert_allclose(*heard, atol=1e-5)


def test_no_piece_no_vector(sample: Audio) -> None:
    prints = VoiceEmbedder(torch.nn.Identity())(sample, [])
    assert prints.vectors.shape == (0, 192)
    assert prints.spans == ()


def test_lanes_change_nothing(models: Models, sample: Audio) -> None:
    pieces = [piece(start, start + 0.5 + 0.07 * start) for start in range(1, 60, 2)]
    net = models.diarizer._embedder._net
    alone, together = (VoiceEmbedder(net, lanes=Lanes(count))(sample, pieces).vectors for count in (1, 3))
    np.testing.assert_array_equal(alone, together)
