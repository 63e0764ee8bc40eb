"""The windowed MarbleNet, beside NeMo's own way with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from errors import ModelError
from pipeline.lanes import Lanes
from pipeline.nemo_checkpoints import restore
from pipeline.parameters import VadParameters
from pipeline.types import SAMPLE_RATE, Audio, Span
from pipeline.vad import FRAME
from pipeline.window_vad import WindowDetector
from tests.clustering_diarizer import Recipe, diarizer

# The windows of NeMo's own profiles, and one whose stretches meet at an odd place.
MEETING = VadParameters(shift_length_in_sec=0.01, onset=0.9, offset=0.5, pad_onset=0, pad_offset=0, min_duration_on=0)
TELEPHONIC = VadParameters(
    window_length_in_sec=0.15, shift_length_in_sec=0.01, smoothing="median", overlap=0.5, onset=0.1, offset=0.1,
    pad_onset=0.1, pad_offset=0, min_duration_on=0, min_duration_off=0.2,
)  # fmt: skip
COARSE = VadParameters(window_length_in_sec=0.4, shift_length_in_sec=0.03, filter_speech_first=False)
MEAN = VadParameters(shift_length_in_sec=0.02, smoothing="mean", overlap=0.875)


@pytest.fixture(scope="module")
def model(window_marblenet: Path) -> Any:
    return restore(window_marblenet, ("EncDecClassificationModel",), "vad")


def nemos(audio: Audio, rules: VadParameters, vad: Path, titanet: Path, folder: Path) -> list[Span]:
    """The speech that ClusteringDiarizer finds, without the rest of its work."""
    import json

    import soundfile
    from nemo.collections.asr.parts.utils.speaker_utils import audio_rttm_map

    wav = folder / "recording.wav"
    soundfile.write(wav, audio.samples, SAMPLE_RATE, "FLOAT")
    model = diarizer(Recipe(titanet, vad=vad, rules=rules), wav, folder)
    (folder / "out").mkdir()
    model._vad_dir, model._vad_out_file = str(folder / "out/vad"), str(folder / "out/vad/vad_out.json")
    model.AUDIO_RTTM_MAP = audio_rttm_map(str(folder / "manifest.json"))
    model._perform_speech_activity_detection()
    rows = [json.loads(line) for line in Path(model._vad_out_file).read_text().splitlines()]
    return [Span(row["offset"], row["offset"] + row["duration"]) for row in rows]


@pytest.mark.parametrize("rules", [MEETING, TELEPHONIC, COARSE, MEAN], ids=["meeting", "telephonic", "coarse", "mean"])
def test_exact_spans_are_nemos(
    rules: VadParameters, model: Any, sample: Audio, window_marblenet: Path, titanet: Path, tmp_path: Path
) -> None:
    """Of more than two stretches, so that there is a first, a middle and a last one."""
    long = Audio(np.concatenate([sample.samples, 0.5 * sample.samples[: 35 * SAMPLE_RATE + 77]]))
    theirs = nemos(long, rules, window_marblenet, titanet, tmp_path)
    ours = WindowDetector(model, rules, precision="exact").spans(long)
    assert len(theirs) > 2
    assert [rounded(span) for span in ours] == [rounded(span) for span in theirs]


def rounded(span: Span) -> tuple[float, float]:
    """As the manifest says it: offset and duration."""
    return round(span.start, 5), round(span.duration, 5)


def test_a_network_of_other_labels_is_refused() -> None:
    def five_words(input_signal: torch.Tensor, input_signal_length: torch.Tensor) -> torch.Tensor:
        return torch.zeros(len(input_signal), 5)

    with pytest.raises(ModelError, match="model_path"):
        WindowDetector(five_words)


def test_fast_hears_almost_the_same(model: Any, sample: Audio) -> None:
    for rules in (MEETING, TELEPHONIC, COARSE):
        exact = speech(WindowDetector(model, rules, precision="exact").spans(sample))
        fast = speech(WindowDetector(model, rules).spans(sample))
        assert 0.2 < exact.mean() < 0.95
        assert (exact == fast).mean() > 0.98


def speech(spans: list[Span]) -> np.ndarray:
    """bool, one for each 10 ms of the sample."""
    found = np.zeros(7_500, bool)
    for span in spans:
        found[round(span.start * 100) : round(span.end * 100)] = True
    return found


@pytest.mark.parametrize("precision", ["fast", "exact"])
def test_each_frame_of_20_ms_has_its_probability(model: Any, sample: Audio, precision: str) -> None:
    probability = WindowDetector(model, MEETING, precision=precision)(sample)
    assert probability.dtype == np.float32
    assert len(probability) == pytest.approx(sample.duration / FRAME, abs=1)
    assert probability[round(9.0 / FRAME) : round(11.0 / FRAME)].mean() > 0.8
    assert WindowDetector(model, MEETING, precision=precision)(silence(3.0)).max() < 0.5


@pytest.mark.parametrize("precision", ["fast", "exact"])
@pytest.mark.parametrize("seconds", [0.0, 0.005, 0.1, 0.7])
def test_the_shortest_recordings_pass(model: Any, precision: str, seconds: float) -> None:
    detector = WindowDetector(model, MEETING, precision=precision)
    assert detector.spans(silence(seconds)) == []
    assert detector(silence(seconds)).shape == (-(-round(seconds * SAMPLE_RATE) // 320),) or seconds < 0.01


def silence(seconds: float) -> Audio:
    return Audio(np.zeros(round(seconds * SAMPLE_RATE), np.float32))


def test_lanes_change_nothing_and_progress_rises_to_one(model: Any, sample: Audio) -> None:
    for precision in ("fast", "exact"):
        seen: list[float] = []
        alone = WindowDetector(model, MEETING, precision=precision).spans(sample, seen.append)
        assert seen == sorted(seen)
        assert seen[-1] == 1.0
        assert WindowDetector(model, MEETING, precision=precision, lanes=Lanes(2)).spans(sample) == alone
