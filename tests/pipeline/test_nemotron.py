"""A tiny Nemotron 3 Diarization with random weights beside what transformers makes of the whole recording."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from errors import ModelError
from pipeline.clustering import Bounds
from pipeline.diarizer import Diarized
from pipeline.nemotron import NemotronDiarizer, check_nemotron, load_nemotron
from pipeline.types import SAMPLE_RATE, Audio


@pytest.fixture(scope="module")
def nemotron(nemotron_folder: Path) -> NemotronDiarizer:
    return NemotronDiarizer(nemotron_folder)


def whole(folder: Path, samples: np.ndarray) -> np.ndarray:
    """Probabilities of the model's own pass over a whole recording."""
    from transformers import AutoModelForAudioFrameClassification, AutoProcessor

    processor = AutoProcessor.from_pretrained(folder)
    model = AutoModelForAudioFrameClassification.from_pretrained(folder, dtype=torch.float32).eval()
    inputs = processor(samples, sampling_rate=SAMPLE_RATE, return_tensors="pt")
    with torch.inference_mode():
        return model(**inputs).logits[0].sigmoid().numpy()[: len(samples) // 160]


@pytest.mark.parametrize("seconds", [0.011, 0.1, 0.16, 4.0, 4.4, 8.17, 16.0, 71.0])
def test_chunks_are_what_the_model_makes_of_the_whole(
    seconds: float, nemotron: NemotronDiarizer, nemotron_folder: Path, sample: Audio
) -> None:
    audio = Audio(sample.samples[: round(seconds * SAMPLE_RATE)])
    heard = nemotron.listen(audio)
    expected = whole(nemotron_folder, audio.samples)
    assert heard.frame == 0.01
    assert heard.probability.dtype == np.float32
    assert heard.probability.shape == expected.shape
    assert np.abs(heard.probability - expected).max() < 1e-3


def test_turns_are_those_of_the_models_own_processor(
    nemotron: NemotronDiarizer, nemotron_folder: Path, sample: Audio
) -> None:
    """Which counts the last frame of the recording too, and NeMo does not."""
    from transformers import AutoProcessor

    heard = nemotron.listen(sample)
    logits = torch.logit(torch.from_numpy(heard.probability).double())[None]
    (rows,) = AutoProcessor.from_pretrained(nemotron_folder).extract_speaker_dict(logits)
    expected = sorted((str(row["Speaker"]), row["Start"], min(row["End"], 70.99)) for row in rows)
    found = nemotron.tell_apart(sample, heard, Bounds())
    assert sorted((turn.speaker, round(turn.start, 2), round(turn.end, 2)) for turn in found.turns) == [
        row for row in expected if row[1] < row[2]
    ]
    assert len(found.turns) > 20


def test_it_knows_its_limit_of_eight_and_keeps_to_a_lower_one(nemotron: NemotronDiarizer, sample: Audio) -> None:
    assert nemotron.limit == 8
    heard = nemotron.listen(sample)
    for high in (1, 5, 8, 50):
        found = nemotron.tell_apart(sample, heard, Bounds(1, high))
        assert len({turn.speaker for turn in found.turns}) == min(high, 8)


def test_three_minutes_are_heard_in_chunks(
    nemotron: NemotronDiarizer, sample: Audio, monkeypatch: pytest.MonkeyPatch
) -> None:
    audio = Audio(np.tile(sample.samples, 3)[: 180 * SAMPLE_RATE])
    heard, progress = list[int](), list[float]()
    log_mel = nemotron._log_mel
    monkeypatch.setattr(nemotron, "_log_mel", lambda samples: heard.append(len(samples)) or log_mel(samples))
    assert nemotron.listen(audio, progress.append).probability.shape == (18_000, 8)
    assert max(heard) < 5 * SAMPLE_RATE
    assert progress == sorted(progress)
    assert len(progress) == 46
    assert progress[-1] == 1.0


@pytest.mark.parametrize("seconds", [0.0, 0.005, 3.0, 20.0])
def test_nobody_speaks_in_silence(seconds: float, nemotron: NemotronDiarizer) -> None:
    silence = Audio(np.zeros(round(seconds * SAMPLE_RATE), np.float32))
    assert nemotron.tell_apart(silence, nemotron.listen(silence), Bounds()) == Diarized((), ())


def broken(folder: Path, copy: Path, fault: str) -> Path:
    shutil.copytree(folder, copy)
    if fault == "weights":
        (copy / "model.safetensors").write_bytes(b"not weights")
    elif fault == "features":
        for file in copy.glob("*processor_config.json"):
            file.unlink()
    else:
        name, key, value = {
            "kind": ("config.json", "model_type", "wav2vec2"),
            "unknown": ("config.json", "model_type", "nemotron4"),
            "rate": ("processor_config.json", "feature_extractor", {"sampling_rate": 8000}),
            "hop": ("processor_config.json", "feature_extractor", {"hop_length": 80}),
            "size": ("config.json", "audio_config", {"hidden_size": 32, "num_hidden_layers": 3, "num_mel_bins": 16}),
        }[fault]
        config = json.loads((copy / name).read_text())
        config[key] = {**config[key], **value} if isinstance(value, dict) else value
        (copy / name).write_text(json.dumps(config))
    return copy


FAULTS = {
    "weights": "cannot be read (SafetensorError); put a sound one in its place, or choose another model_path.",
    "features": "cannot be read (OSError); put a sound one in its place, or choose another model_path.",
    "kind": "is of kind wav2vec2, not nemotron3_diarization: choose another model_path.",
    "unknown": "cannot be read (ValueError); put a sound one in its place, or choose another model_path.",
    "rate": "hears sound at 8000 Hz, not at 16000 Hz: choose another model_path.",
    "hop": "hears sound every 80 samples, not every 160: choose another model_path.",
}


@pytest.mark.parametrize("fault", [*FAULTS, "size"])
def test_a_folder_that_is_not_this_model_is_refused_in_one_line(
    fault: str, nemotron_folder: Path, tmp_path: Path
) -> None:
    folder = broken(nemotron_folder, tmp_path / "tiny", fault)
    with pytest.raises(ModelError, match="nemotron model tiny") as refused:
        load_nemotron(folder)
    assert "\n" not in refused.value.message
    if fault in FAULTS:  # what shows without a network being built
        assert refused.value.message == f"The nemotron model tiny {FAULTS[fault]}"
        with pytest.raises(ModelError, match=re.escape(FAULTS[fault])):
            check_nemotron(folder)
    assert str(tmp_path) not in refused.value.message


def in_shards(folder: Path, copy: Path) -> Path:
    """The same model with its weights in two files and an index."""
    shutil.copytree(folder, copy)
    weights = load_file(copy / "model.safetensors")
    files = {name: f"model-0000{1 + at % 2}-of-00002.safetensors" for at, name in enumerate(weights)}
    for file in sorted(set(files.values())):
        save_file({name: weights[name] for name in weights if files[name] == file}, copy / file, {"format": "pt"})
    (copy / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": files}))
    (copy / "model.safetensors").unlink()
    return copy


def test_weights_may_lie_in_several_files(nemotron_folder: Path, tmp_path: Path) -> None:
    folder = in_shards(nemotron_folder, tmp_path / "tiny")
    check_nemotron(folder)
    load_nemotron(folder)


@pytest.mark.parametrize("gone", ["model-00002-of-00002.safetensors", "model.safetensors.index.json"])
def test_every_file_of_the_weights_must_be_there(gone: str, nemotron_folder: Path, tmp_path: Path) -> None:
    folder = in_shards(nemotron_folder, tmp_path / "tiny")
    (folder / gone).unlink()
    for read in (check_nemotron, load_nemotron):
        with pytest.raises(ModelError, match="nemotron model tiny cannot be read"):
            read(folder)


def test_weights_that_are_pickled_are_not_read(nemotron_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(nemotron_folder, tmp_path / "tiny")
    torch.save(load_file(tmp_path / "tiny" / "model.safetensors"), tmp_path / "tiny" / "pytorch_model.bin")
    (tmp_path / "tiny" / "model.safetensors").unlink()
    for read in (check_nemotron, load_nemotron):
        with pytest.raises(ModelError, match="nemotron model tiny cannot be read"):
            read(tmp_path / "tiny")


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="nemotron model nowhere cannot be read"):
        load_nemotron(tmp_path / "nowhere")


def test_a_damaged_model_is_fetched_again_by_its_name(nemotron_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"models pull --force nvidia/Nemotron-3-Diarization$"):
        load_nemotron(broken(nemotron_folder, tmp_path / "tiny", "weights"), model_path="nvidia/Nemotron-3-Diarization")
