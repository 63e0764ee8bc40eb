"""NVIDIA's models: the checkpoints that a profile names -> what :class:`nemo_processor.NeMoProcessor` works with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from errors import ModelError
from pipeline.asr_languages import languages_of
from pipeline.lanes import Lanes
from pipeline.languages import LANGUAGES
from pipeline.nemo_asr import KINDS as ASR_KINDS
from pipeline.nemo_asr import NemoRecogniser, load_asr, sized
from pipeline.nemo_checkpoints import inspect, restore
from pipeline.nemo_diarizer import NemoDiarizer
from pipeline.nemotron import NemotronDiarizer, check_nemotron
from pipeline.profile import Profile
from pipeline.readiness import Loading
from pipeline.router import CLUSTERING, Router
from pipeline.sortformer import SortformerDiarizer
from pipeline.titanet import SpeakerEmbedder
from pipeline.vad import SpeechDetector
from pipeline.window_vad import WindowDetector

FRAMES, WINDOWS = "EncDecFrameClassificationModel", "EncDecClassificationModel"
KINDS = {
    "vad": (FRAMES, WINDOWS),
    "embeddings": ("EncDecSpeakerLabelModel",),
    "sortformer": ("SortformerEncLabelModel",),
    "asr": ASR_KINDS,
}
SPEECH = ("speech", "1")


def check(files: Mapping[str, Path], profile: Profile) -> None:
    """{stage: where its model lies}: raises ModelError for one that the stage cannot use, as far as that shows without
    a network being built."""
    for stage, path in files.items():
        name = profile.models[stage]
        if stage == "nemotron":
            check_nemotron(path, name)
        else:
            _check_labels(stage, path, inspect(path, KINDS[stage], stage, name))


def _restored(stage: str, path: Path, profile: Profile, device: str) -> Any:
    """Raises ModelError, as all here."""
    model = restore(path, KINDS[stage], stage, device, profile.models.get(stage, ""))
    _check_labels(stage, path, model.cfg)
    return model


def load_detector(path: Path, profile: Profile, device: str, lanes: Lanes) -> SpeechDetector | WindowDetector:
    """MarbleNet, which judges frames or windows."""
    model = _restored("vad", path, profile, device)
    if type(model).__name__ == FRAMES:
        return SpeechDetector(model, device, profile.vad)
    return WindowDetector(model, profile.vad, precision=profile.precision, device=device, lanes=lanes)


def _check_labels(stage: str, path: Path, config: Mapping[str, Any]) -> None:
    """Models of one class are made for several purposes, which their labels tell. Raises ModelError."""
    if stage == "vad":
        _check_speech(path, _labels(config))
    if stage == "embeddings":
        _check_voices(path, [*_labels(config), *_labels(config.get("train_ds"))])


def _labels(config: Any) -> list[str]:
    return [str(label) for label in config.get("labels") or ()] if isinstance(config, Mapping) else []


def _check_speech(path: Path, labels: Sequence[str]) -> None:
    """The second label is that of speech, in NVIDIA's models "speech" or "1". Commands and languages have others, and
    so would be taken for speech or silence."""
    if len(labels) != 2 or labels[1].casefold() not in SPEECH:
        raise ModelError(
            f"The vad model {path.name} has the labels {_some(labels)}, not background and speech, in this order: "
            "choose another model_path."
        )


def _check_voices(path: Path, labels: Sequence[str]) -> None:
    """Models that tell languages (langid_ambernet) are of TitaNet's class. Speakers have names or numbers, or are not
    listed at all; a few of them may be called like a language's code, but not most."""
    known = sum(label.casefold() in LANGUAGES for label in labels)
    if len(labels) > 2 and known > 0.75 * len(labels):
        raise ModelError(
            f"The embeddings model {path.name} has the labels {_some(labels)}: it tells languages, not voices; choose "
            "another model_path."
        )


def _some(labels: Sequence[str]) -> str:
    return ", ".join(labels[:4]) + (f" and {len(labels) - 4} more" if len(labels) > 4 else "")


def load_embedder(
    files: Mapping[str, Path], profile: Profile, device: str, lanes: Lanes, loading: Loading
) -> SpeakerEmbedder | None:
    """None for a profile whose diarizers need no embeddings."""
    if "embeddings" not in files:
        return None
    with loading("embeddings"):
        model = _restored("embeddings", files["embeddings"], profile, device)
        return SpeakerEmbedder(model, profile.embeddings, lanes=lanes, precision=profile.precision, device=device)


def load_router(
    files: Mapping[str, Path],
    profile: Profile,
    detector: SpeechDetector | WindowDetector,
    embedder: SpeakerEmbedder | None,
    device: str,
    lanes: Lanes,
    loading: Loading,
) -> Router:
    """Every diarizer that the profile has a model for; clustering needs one for embeddings."""
    diarizers: dict[str, Any] = {}
    if embedder:
        given: dict[str, Any] = {"precision": profile.precision, "device": device, "lanes": lanes}
        diarizers[CLUSTERING] = NemoDiarizer(detector, embedder, profile.clustering, **given)
    if "sortformer" in files:
        with loading("sortformer"):
            model = _restored("sortformer", files["sortformer"], profile, device)
            diarizers["sortformer"] = SortformerDiarizer(model, profile.sortformer, device, lanes)
    if "nemotron" in files:
        with loading("nemotron"):
            name = profile.models.get("nemotron", "")
            diarizers["nemotron"] = NemotronDiarizer(files["nemotron"], device, profile.nemotron, lanes, name)
    return Router(diarizers)


def load_recogniser(path: Path, profile: Profile, device: str, lanes: Lanes) -> NemoRecogniser:
    model = load_asr(path, device, profile.models["asr"])
    languages = languages_of(model, profile.models["asr"])
    parameters = sized(profile.asr, device)
    return NemoRecogniser(model, parameters, device, languages, lanes=lanes, precision=profile.precision)
