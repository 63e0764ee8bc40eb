"""Loading: the names in a profile to models in memory."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import torch

from errors import ModelError
from pipeline import checkpoints, nemo_models, offline_models
from pipeline.allocator import keep_freed_memory
from pipeline.asr import WhisperRecogniser
from pipeline.diarizer import Diarizer
from pipeline.embeddings import VoiceEmbedder
from pipeline.lanes import Lanes, cores, cpu_lanes
from pipeline.profile import OFFLINE, PRODUCTION, Profile, find_profile, load_profile, profile_names
from pipeline.segmentation import Segmenter
from pipeline.vad import SpeechDetector
from pipeline.whisper_weights import whisper_folder
from settings import Settings

# Stage -> the model that is embedded there, which needs all of the others.
EMBEDDED = {"vad": "marblenet-v2", "segmentation": "segmentation-3.0", "embeddings": "campplus", "asr": "whisper-base"}


@dataclass(frozen=True)
class Models:
    """What :class:`nemo_processor.NeMoProcessor` works with; see its protocols."""

    detector: Any
    diarizer: Any
    recogniser: Any


def choose_profile(settings: Settings) -> Profile:
    """The profile that MODEL_CONFIG names. "auto": NVIDIA's models where there is a CUDA device or all of their
    checkpoints are on this machine, else the embedded ones. Raises ModelError."""
    if settings.profile != "auto":
        return load_profile(find_profile(settings, settings.profile))
    if PRODUCTION in profile_names(settings):
        profile = load_profile(find_profile(settings, PRODUCTION))
        if torch.cuda.is_available() or all(checkpoints.locate(path, settings) for path in profile.models.values()):
            return profile
    return load_profile(find_profile(settings, OFFLINE))


def load_models(profile: Profile, settings: Settings) -> Models:
    """Every model of the profile on its device. Raises ModelError naming the stage or package at fault."""
    if "segmentation" not in profile.models:
        checkpoints.require_all(profile.models, settings)  # before NeMo is imported: seconds
    device = _device(profile.device)
    keep_freed_memory()
    lanes = cpu_lanes(settings.cpu_threads) if device == "cpu" else Lanes(1, settings.cpu_threads or cores())
    torch.set_num_threads(lanes.threads)
    nemo_models.quiet_nemo(settings.nemo_log_level)
    if "segmentation" in profile.models:
        return _embedded(profile, settings, device, lanes)
    raise ModelError(f"Profile {profile.name}: NVIDIA's models cannot be loaded yet.")


def _embedded(profile: Profile, settings: Settings, device: str, lanes: Lanes) -> Models:
    for stage, known in EMBEDDED.items():
        if (name := profile.models.get(stage)) != known:
            raise ModelError(f"Profile {profile.name}: model_path {name} is unknown for {stage}; known: {known}.")
    detector = SpeechDetector(nemo_models.load_marblenet(offline_models.marblenet_onnx(), device), device)
    segmenter = Segmenter(offline_models.load_segmentation(), device, lanes)
    embedder = VoiceEmbedder(offline_models.load_campplus(), device, lanes)
    folder = whisper_folder(settings.model_cache_dir)
    recogniser = WhisperRecogniser(folder, device=device, lanes=lanes)
    return Models(detector, Diarizer(detector, segmenter, embedder), recogniser)


def _device(wanted: str) -> str:
    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if wanted != "cpu" and not re.fullmatch(r"cuda(:\d+)?", wanted):
        raise ModelError(f"The profile asks for device {wanted}; known: auto, cpu, cuda, cuda:0.")
    if wanted.startswith("cuda") and not torch.cuda.is_available():
        raise ModelError(f"The profile asks for device {wanted}, but there is no CUDA here; use auto or cpu.")
    return wanted
