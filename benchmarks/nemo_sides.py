"""The sides that :mod:`benchmarks.nemo` compares, each a process: ``python -m benchmarks.nemo_sides --side NAME``.

"nemo" and "transcribe" are NeMo's own scripts' calls; "fast", "exact", the recognisers, and "service", which is "fast"
with a recogniser, are this project's, with the lanes and the allocator that it serves with. All are handed the same
``.nemo`` files.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from audio_utils import read_audio
from benchmarks.contender import Heard, System, compete, parser
from pipeline.clustering import Bounds
from pipeline.lanes import Lanes, cpu_lanes
from pipeline.parameters import AsrParameters, ClusteringParameters, EmbeddingParameters, VadParameters
from pipeline.types import SAMPLE_RATE, Audio, Options, Span

RECOGNISERS = {"recogniser": "fast", "recogniser_exact": "exact"}  # side: its precision
SIDES = ("fast", "exact", "nemo", *RECOGNISERS, "transcribe", "service")

# NeMo's diar_infer_telephonic.yaml as published; its five scales are the defaults of EmbeddingParameters.
RULES = VadParameters(
    window_length_in_sec=0.15, shift_length_in_sec=0.01, smoothing="median", overlap=0.5, onset=0.1, offset=0.1,
    pad_onset=0.1, pad_offset=0.0, min_duration_on=0.0, min_duration_off=0.2,
)  # fmt: skip
CLUSTERING = ClusteringParameters(max_num_speakers=8)
NUM_WORKERS, BATCH = 1, 64


class Stages:
    """Seconds of each stage; one that is entered again adds to its own."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - begun

    def timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any, **named: Any) -> Any:
            with self(stage):
                return function(*given, **named)

        return run


class NemoDiarization:
    """NeMo's ClusteringDiarizer with the values of its own YAML, its loaders' worker included."""

    def __init__(self, models: Path, threads: int) -> None:
        from nemo.collections.asr.models import ClusteringDiarizer
        from omegaconf import OmegaConf

        _set_threads(threads)
        self._folder = TemporaryDirectory()
        self._diarizer: Any = ClusteringDiarizer(cfg=OmegaConf.create(_published(models, self._folder.name)))
        self.models = {"speech": "MarbleNet 3x2x64, windows", "voices": "TitaNet", "clustering": "NME-SC"}

    def transcribe(self, wav: Path) -> Heard:
        stages, diarizer = Stages(), self._diarizer
        plain = diarizer._perform_speech_activity_detection, diarizer._extract_embeddings, diarizer._run_segmentation
        names = "_perform_speech_activity_detection", "_extract_embeddings", "_run_segmentation"
        for name, stage, function in zip(names, ("speech", "voices", "voices"), plain, strict=True):
            setattr(diarizer, name, stages.timed(stage, function))
        begun = time.perf_counter()
        diarizer.diarize(paths2audio_files=[str(wav)])
        rest = time.perf_counter() - begun - sum(stages.seconds.values())
        for name, function in zip(names, plain, strict=True):
            setattr(diarizer, name, function)
        rttm = Path(self._folder.name, "pred_rttms", f"{wav.stem}.rttm")
        rows = [line.split() for line in rttm.read_text().splitlines()]
        turns = [(row[7], float(row[3]), float(row[3]) + float(row[4])) for row in rows]
        return Heard(turns, [], {**stages.seconds, "clustering": rest})


def _published(models: Path, out: str) -> dict[str, Any]:
    vad = dict(model_path=str(models / "window_vad.nemo"), external_vad_manifest=None, parameters=asdict(RULES))
    scales = {name: list(values) for name, values in asdict(EmbeddingParameters()).items()}
    voices = dict(model_path=str(models / "titanet.nemo"), parameters={**scales, "save_embeddings": True})
    clustering = dict(parameters={**asdict(CLUSTERING), "oracle_num_speakers": False})
    sections = dict(manifest_filepath=None, out_dir=out, oracle_vad=False, collar=0.25, ignore_overlap=True)
    sections |= dict(vad=vad, speaker_embeddings=voices, clustering=clustering)
    top = dict(num_workers=NUM_WORKERS, sample_rate=16_000, batch_size=BATCH, device="cpu", verbose=False)
    return {**top, "diarizer": sections}


class OurDiarization:
    """NemoDiarizer: "fast" judges speech by frames, as our profiles do; "exact" by windows, with NeMo's own network."""

    def __init__(self, models: Path, precision: str, device: str, lanes: Lanes) -> None:
        from pipeline.nemo_checkpoints import restore
        from pipeline.nvidia import load_detector
        from pipeline.profile import Profile
        from pipeline.titanet import SpeakerEmbedder

        profile = Profile("benchmark", device, {}, precision, vad=RULES, clustering=CLUSTERING)
        kind = "window" if precision == "exact" else "frame"
        titanet = restore(models / "titanet.nemo", ("EncDecSpeakerLabelModel",), "embeddings", device)
        given: dict[str, Any] = {"precision": precision, "device": device}
        self._given = given
        self.detector = load_detector(models / f"{kind}_vad.nemo", profile, device, lanes)
        self.embedder = SpeakerEmbedder(titanet, profile.embeddings, lanes=lanes, **given)
        self.models = {"speech": f"MarbleNet, {kind}s", "voices": "TitaNet", "clustering": "NME-SC"}

    def transcribe(self, wav: Path) -> Heard:
        from pipeline.nemo_diarizer import NemoDiarizer

        audio, stages = read(wav), Stages()
        detector = _Detector(stages.timed("speech", self.detector.spans))
        embedder: Any = stages.timed("voices", self.embedder)
        diarizer = NemoDiarizer(detector, embedder, CLUSTERING, **self._given)
        heard = diarizer.listen(audio)
        with stages("clustering"):  # a part of it follows the embeddings at once
            heard = diarizer.embed(audio, heard)
            turns = diarizer.tell_apart(audio, heard, Bounds(1, CLUSTERING.max_num_speakers)).turns
        stages.seconds["clustering"] -= stages.seconds["voices"]
        return Heard([(turn.speaker, turn.start, turn.end) for turn in turns], [], stages.seconds)


@dataclass(frozen=True)
class _Detector:
    spans: Callable[..., list[Span]]


class NemoTranscription:
    """``transcribe()`` with times, on the whole recording at once."""

    def __init__(self, models: Path, kind: str, threads: int) -> None:
        from pipeline.nemo_asr import load_asr

        _set_threads(threads)
        self._model = load_asr(models / f"{kind}.nemo")
        self.models = {"words": kind}

    def transcribe(self, wav: Path) -> Heard:
        stages, samples = Stages(), read(wav).samples[:]
        with stages("words"):
            (hypothesis,) = self._model.transcribe([samples], batch_size=1, timestamps=True, verbose=False)
        return Heard([], _segments(hypothesis.text, len(samples) / SAMPLE_RATE), stages.seconds)


class OurTranscription:
    """NemoRecogniser on a recording of nothing but speech, as much as ``transcribe()`` hears.

    batch_seconds: 0 for as much as the service takes at once.
    """

    def __init__(
        self,
        models: Path,
        kind: str,
        device: str,
        lanes: Lanes,
        *,
        batch_seconds: float = 0.0,
        precision: str = "fast",
    ) -> None:
        from pipeline.nemo_asr import NemoRecogniser, load_asr, sized

        parameters = AsrParameters(batch_seconds=batch_seconds) if batch_seconds else sized(AsrParameters(), device)
        model = load_asr(models / f"{kind}.nemo", device)
        self.recogniser = NemoRecogniser(model, parameters, device, lanes=lanes, precision=precision)
        self.models = {"words": kind}

    def transcribe(self, wav: Path) -> Heard:
        stages, audio = Stages(), read(wav)
        with stages("words"):
            found = self.recogniser.transcribe(audio, [Span(0.0, audio.duration)])
        return Heard([], _segments(" ".join(word.text for word in found.words), audio.duration), stages.seconds)


class OurService:
    """Speech, voices, words, and whose word is whose, in one process as the worker has them."""

    def __init__(self, models: Path, kind: str, lanes: Lanes) -> None:
        from nemo_processor import NeMoProcessor
        from pipeline.nemo_diarizer import NemoDiarizer

        voices, words = OurDiarization(models, "fast", "cpu", lanes), OurTranscription(models, kind, "cpu", lanes)
        diarizer = NemoDiarizer(voices.detector, voices.embedder, CLUSTERING, lanes=lanes)
        self.models = voices.models | words.models
        most = CLUSTERING.max_num_speakers
        self._processor = NeMoProcessor(voices.detector, diarizer, words.recogniser, self.models, most)

    def transcribe(self, wav: Path) -> Heard:
        conversation = self._processor.process([read(wav)], Options())
        turns = [(turn.speaker, turn.start, turn.end) for turn in conversation.turns]
        return Heard(turns, [], dict(conversation.timings))


def _segments(text: str, duration: float) -> list[tuple[str, float, float, str]]:
    return [("0", 0.0, duration, text)] if text else []


def read(wav: Path) -> Audio:
    """As the service reads it: from the file, as it is asked for."""
    return read_audio(wav, wav.stem)[0]


def load_side(side: str, models: Path, kind: str, threads: int) -> System:
    """side: a name of SIDES; kind: of the recogniser, one of :data:`benchmarks.nemo_recognisers.KINDS`."""
    from pipeline.nemo_models import quiet_nemo

    quiet_nemo("ERROR")
    if side == "nemo":
        return NemoDiarization(models, threads)
    if side == "transcribe":
        return NemoTranscription(models, kind, threads)
    lanes = _served(threads)
    if side == "service":
        return OurService(models, kind, lanes)
    if side in RECOGNISERS:
        return OurTranscription(models, kind, "cpu", lanes, precision=RECOGNISERS[side])
    return OurDiarization(models, side, "cpu", lanes)


def _served(threads: int) -> Lanes:
    """Lanes, threads and memory as :func:`pipeline.loading.load_models` sets them up."""
    from pipeline.allocator import keep_freed_memory

    keep_freed_memory()
    lanes = cpu_lanes(threads)
    _set_threads(lanes.threads)
    return lanes


def _set_threads(threads: int) -> None:
    import torch

    torch.set_num_threads(threads)


if __name__ == "__main__":
    arguments = parser()
    arguments.add_argument("--side", choices=SIDES, required=True)
    arguments.add_argument("--models", type=Path, required=True)
    arguments.add_argument("--kind", default="ctc")
    given = arguments.parse_args()
    compete(lambda: load_side(given.side, given.models, given.kind, given.threads), given.warmup, given.files)
