"""NVIDIA's models: the checkpoints that a profile names -> what :class:`nemo_processor.NeMoProcessor` works with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from errors import ModelError
from pipeline.asr_languages import languages_of
from pipeline.lanes import Lanes
from pipeline.nemo_asr import NemoRecogniser, load_asr, sized
from pipeline.nemo_checkpoints import restore
from pipeline.nemo_diarizer import NemoDiarizer
from pipeline.nemotron import NemotronDiarizer
from pipeline.profile import Profile
from pipeline.readiness import Loading
from pipeline.router import CLUSTERING, Router
from pipeline.sortformer import SortformerDiarizer
from pipeline.titanet import SpeakerEmbedder
from pipeline.vad import SpeechDetector
from pipeline.window_vad import WindowDetector

FRAMES, WINDOWS = "EncDecFrameClassificationModel", "EncDecClassificationModel"
SPEECH = ("speech", "1")


def load_detector(path: Path, profile: Profile, device: str, lanes: Lanes) -> SpeechDetector | WindowDetector:
    """MarbleNet, which judges frames or windows. Raises ModelError, as all here."""
    model = restore(path, (FRAMES, WINDOWS), "vad", device)
    _check_labels(path, [str(label) for label in model.cfg.get("labels") or ()])
    if type(model).__name__ == FRAMES:
        return SpeechDetector(model, device, profile.vad)
    return WindowDetector(model, profile.vad, precision=profile.precision, device=device, lanes=lanes)


def _check_labels(path: Path, labels: Sequence[str]) -> None:
    """The second label is that of speech, in NVIDIA's models "speech" or "1". Commands and languages have others, and
    so would be taken for speech or silence. Raises ModelError."""
    if len(labels) != 2 or labels[1].casefold() not in SPEECH:
        more = f" and {len(labels) - 4} more" if len(labels) > 4 else ""
        raise ModelError(
            f"The vad model {path.name} has the labels {', '.join(labels[:4])}{more}, not background and speech, in "
            "this order: choose another model_path."
        )


def load_router(
    files: Mapping[str, Path],
    profile: Profile,
    detector: SpeechDetector | WindowDetector,
    device: str,
    lanes: Lanes,
    loading: Loading,
) -> Router:
    """Every diarizer that the profile has a model for; clustering needs one for embeddings."""
    diarizers: dict[str, Any] = {}
    if "embeddings" in files:
        with loading("embeddings"):
            diarizers[CLUSTERING] = _load_clustering(files["embeddings"], profile, detector, device, lanes)
    if "sortformer" in files:
        with loading("sortformer"):
            model = restore(files["sortformer"], ("SortformerEncLabelModel",), "sortformer", device)
            diarizers["sortformer"] = SortformerDiarizer(model, profile.sortformer, device, lanes)
    if "nemotron" in files:
        with loading("nemotron"):
            diarizers["nemotron"] = NemotronDiarizer(files["nemotron"], device, profile.nemotron, lanes)
    return Router(diarizers)


def _load_clustering(
    path: Path, profile: Profile, detector: SpeechDetector | WindowDetector, device: str, lanes: Lanes
) -> NemoDiarizer:
    model = restore(path, ("EncDecSpeakerLabelModel",), "embeddings", device)
    embedder = SpeakerEmbedder(model, profile.embeddings, lanes=lanes, precision=profile.precision, device=device)
    return NemoDiarizer(detector, embedder, profile.clustering, precision=profile.precision, device=device, lanes=lanes)


def load_recogniser(path: Path, profile: Profile, device: str, lanes: Lanes) -> NemoRecogniser:
    model = load_asr(path, device)
    languages = languages_of(model, profile.models["asr"])
    parameters = sized(profile.asr, device)
    return NemoRecogniser(model, parameters, device, languages, lanes=lanes, precision=profile.precision)
