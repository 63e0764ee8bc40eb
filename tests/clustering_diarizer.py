"""NeMo's own ClusteringDiarizer, as its scripts run it: through files, in a folder of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import soundfile
import torch
from torch import Tensor

from pipeline.parameters import ClusteringParameters, EmbeddingParameters, VadParameters
from pipeline.types import Audio, Span, Turn


@dataclass(frozen=True, eq=False)
class Found:
    """speech: as in its manifest; vectors: one Tensor (n, d) for each scale; turns: from its RTTM, by start."""

    speech: list[Span]
    vectors: list[Tensor]
    turns: list[Turn]


@dataclass(frozen=True)
class Recipe:
    """Checkpoints and parameters; speech that is found elsewhere, or the checkpoint that finds it."""

    titanet: Path
    speech: Sequence[Span] | None = None
    vad: Path | None = None
    rules: VadParameters = field(default_factory=VadParameters)
    embeddings: EmbeddingParameters = field(default_factory=EmbeddingParameters)
    clustering: ClusteringParameters = field(default_factory=ClusteringParameters)
    num_speakers: int | None = None
    num_workers: int = 0


def diarize(audio: Audio, recipe: Recipe, folder: Path) -> Found:
    """What NeMo finds; it writes into ``folder``, which must be empty."""
    from omegaconf import OmegaConf

    wav = folder / "recording.wav"
    soundfile.write(wav, audio.samples, audio.sample_rate, "FLOAT")
    model = diarizer(recipe, wav, folder)
    model.diarize()
    scales = range(len(recipe.embeddings.window_length_in_sec))
    files = [folder / f"out/speaker_outputs/embeddings/subsegments_scale{scale}_embeddings.pt" for scale in scales]
    vectors = [torch.load(file)["recording"] for file in files]
    speech = Path(OmegaConf.select(model._cfg, "diarizer.vad.external_vad_manifest") or model._speaker_manifest_path)
    rows = [json.loads(line) for line in speech.read_text().splitlines()]
    spans = [Span(row["offset"], row["offset"] + row["duration"]) for row in rows]
    return Found(spans, vectors, _turns(folder / "out/pred_rttms/recording.rttm"))


def diarizer(recipe: Recipe, wav: Path, folder: Path) -> Any:
    """The model, ready to ``diarize()`` one file."""
    from nemo.collections.asr.models import ClusteringDiarizer
    from omegaconf import OmegaConf

    manifest, speech = folder / "manifest.json", folder / "speech.json"
    row = dict(audio_filepath=str(wav), offset=0, duration=None, label="infer", text="-")
    manifest.write_text(json.dumps({**row, "num_speakers": recipe.num_speakers}) + "\n")
    if recipe.speech is not None:
        speech.write_text("".join(_row(span, wav) for span in recipe.speech))
    return ClusteringDiarizer(cfg=OmegaConf.create(_config(recipe, manifest, speech, folder / "out")))


def _config(recipe: Recipe, manifest: Path, speech: Path, out: Path) -> dict[str, Any]:
    vad = dict(
        model_path=str(recipe.vad) if recipe.vad else None,
        external_vad_manifest=str(speech) if recipe.speech is not None else None,
        parameters={**asdict(recipe.rules), "smoothing": recipe.rules.smoothing or False},
    )
    scales = {name: list(values) for name, values in asdict(recipe.embeddings).items()}
    clustering = {**asdict(recipe.clustering), "oracle_num_speakers": recipe.num_speakers is not None}
    sections = dict(
        manifest_filepath=str(manifest),
        out_dir=str(out),
        oracle_vad=False,
        collar=0.25,
        ignore_overlap=True,
        vad=vad,
        speaker_embeddings=dict(model_path=str(recipe.titanet), parameters={**scales, "save_embeddings": True}),
        clustering=dict(parameters=clustering),
    )
    top = dict(num_workers=recipe.num_workers, sample_rate=16_000, batch_size=64, device="cpu", verbose=False)
    return {**top, "diarizer": sections}


def _row(span: Span, wav: Path) -> str:
    """A line of a manifest, rounded as NeMo rounds those that it writes."""
    offset, duration = round(span.start, 5), round(span.duration, 5)
    row = dict(audio_filepath=str(wav), offset=offset, duration=duration, label="UNK", uniq_id="recording")
    return json.dumps(row) + "\n"


def _turns(rttm: Path) -> list[Turn]:
    rows = [line.split() for line in rttm.read_text().splitlines()]
    return [Turn(row[7], float(row[3]), float(row[3]) + float(row[4])) for row in rows]
