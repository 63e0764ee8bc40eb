"""Loading: the names in a profile to models in memory."""

from __future__ import annotations

import re
from dataclasses import dataclass

import torch

from errors import ModelError
from pipeline import nemo_models, offline_models
from pipeline.allocator import keep_freed_memory
from pipeline.asr import WhisperRecogniser
from pipeline.diarizer import Diarizer
from pipeline.embeddings import VoiceEmbedder
from pipeline.lanes import Lanes, cores, cpu_lanes
from pipeline.profile import Profile
from pipeline.segmentation import Segmenter
from pipeline.vad import SpeechDetector
from pipeline.whisper_weights import whisper_folder
from settings import Settings

# Stage -> the model_path that this version can load there.
KNOWN = {"vad": "marblenet-v2", "segmentation": "segmentation-3.0", "embeddings": "campplus", "asr": "whisper-base"}


@dataclass(frozen=True)
class Models:
    detector: SpeechDetector
    diarizer: Diarizer
    recogniser: WhisperRecogniser


def load_models(profile: Profile, settings: Settings) -> Models:
    """Every model of the profile on its device. Raises ModelError naming the stage or package at fault."""
    for stage, name in profile.models.items():
        if name != KNOWN[stage]:
            raise ModelError(
                f"Profile {profile.name}: model_path {name} is unknown for {stage}; known: {KNOWN[stage]}."
            )
    device = _device(profile.device)
    keep_freed_memory()
    lanes = cpu_lanes(settings.cpu_threads) if device == "cpu" else Lanes(1, settings.cpu_threads or cores())
    torch.set_num_threads(lanes.threads)
    nemo_models.quiet_nemo(settings.nemo_log_level)
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
