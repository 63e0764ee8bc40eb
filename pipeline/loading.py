"""Loading: the names in a profile to models in memory."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from errors import ModelError
from pipeline import checkpoints, nemo_models, nvidia, offline_models
from pipeline.allocator import keep_freed_memory
from pipeline.asr import WhisperRecogniser
from pipeline.diarizer import Diarizer
from pipeline.embeddings import VoiceEmbedder
from pipeline.lanes import Lanes, cores, cpu_lanes
from pipeline.profile import OFFLINE, PRODUCTION, Profile, complete, find_profile, load_profile, profile_names
from pipeline.readiness import Loading
from pipeline.segmentation import Segmenter
from pipeline.vad import SpeechDetector
from pipeline.voice_readers import PieceReader, WindowReader, model_key
from pipeline.voices import VoiceReader
from pipeline.whisper_weights import whisper_folder
from settings import Settings


@dataclass(frozen=True)
class Models:
    """What :class:`nemo_processor.NeMoProcessor` works with; see its protocols."""

    detector: Any
    diarizer: Any
    recogniser: Any
    reader: VoiceReader | None = None


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


def load_models(profile: Profile, settings: Settings, loading: Loading | None = None) -> Models:
    """Every model of the profile on its device, reported to ``loading``. Raises ModelError naming the stage or
    package at fault."""
    loading = loading or Loading(profile.name, profile.models)
    complete(profile)
    files = {} if profile.embedded else _files(profile, settings, loading)  # before seconds of imports
    device = _device(profile.device)
    keep_freed_memory()
    lanes = cpu_lanes(settings.cpu_threads) if device == "cpu" else Lanes(1, settings.cpu_threads or cores())
    torch.set_num_threads(lanes.threads)
    nemo_models.quiet_nemo(settings.nemo_log_level)
    if profile.embedded:
        return _embedded(profile, settings, device, lanes, loading)
    return _nvidia(profile, files, device, lanes, loading)


def check(profile: Profile, files: Mapping[str, Path], settings: Settings) -> None:
    """files: {stage: where its model lies}, of those that are on this machine. Raises ModelError as
    :func:`load_models`, as far as that shows without a network being built."""
    _device(profile.device)
    if files and not profile.embedded:
        nemo_models.quiet_nemo(settings.nemo_log_level)
        nvidia.check(files, profile)


def _files(profile: Profile, settings: Settings, loading: Loading) -> dict[str, Path]:
    missing = [stage for stage, path in profile.models.items() if not checkpoints.locate(path, settings)]
    if missing:
        loading.fail(*missing)
    return checkpoints.require_all(profile.models, settings)


def _nvidia(profile: Profile, files: Mapping[str, Path], device: str, lanes: Lanes, loading: Loading) -> Models:
    with loading("vad"):
        detector = nvidia.load_detector(files["vad"], profile, device, lanes)
    embedder = nvidia.load_embedder(files, profile, device, lanes, loading)
    router = nvidia.load_router(files, profile, detector, embedder, device, lanes, loading)
    with loading("asr"):
        recogniser = nvidia.load_recogniser(files["asr"], profile, device, lanes)
    if embedder is None:
        return Models(detector, router, recogniser)
    key = model_key(profile.models["embeddings"], files["embeddings"])
    return Models(detector, router, recogniser, WindowReader(detector, embedder, key))


def _embedded(profile: Profile, settings: Settings, device: str, lanes: Lanes, loading: Loading) -> Models:
    with loading("vad"):
        detector = SpeechDetector(nemo_models.load_marblenet(offline_models.marblenet_onnx(), device), device)
    with loading("segmentation"):
        segmenter = Segmenter(offline_models.load_segmentation(), device, lanes)
    with loading("embeddings"):
        embedder = VoiceEmbedder(offline_models.load_campplus(), device, lanes)
    with loading("asr"):
        recogniser = WhisperRecogniser(whisper_folder(settings.model_cache_dir), device=device, lanes=lanes)
    key = model_key(profile.models["embeddings"], offline_models.campplus_file())
    reader = PieceReader(detector, segmenter, embedder, key)
    return Models(detector, Diarizer(detector, segmenter, embedder), recogniser, reader)


def _device(wanted: str) -> str:
    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if wanted != "cpu" and not re.fullmatch(r"cuda(:\d+)?", wanted):
        raise ModelError(f"The profile asks for device {wanted}; known: auto, cpu, cuda, cuda:0.")
    if wanted.startswith("cuda") and not torch.cuda.is_available():
        raise ModelError(f"The profile asks for device {wanted}, but there is no CUDA here; use auto or cpu.")
    if wanted.startswith("cuda:") and int(wanted.removeprefix("cuda:")) >= (count := torch.cuda.device_count()):
        there = "is 1 CUDA device: cuda:0" if count == 1 else f"are {count} CUDA devices: cuda:0 to cuda:{count - 1}"
        raise ModelError(f"The profile asks for device {wanted}, but there {there}.")
    return wanted
