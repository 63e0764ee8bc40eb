"""``cli.py evaluate``: hypotheses, made here or given, against references."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from audio_utils import load_audio
from commands.output import make_folder, save
from commands.session import Session, open_session
from errors import DiarizationError, InputError, InvalidOption
from evaluation.annotations import Annotation, read_annotation
from evaluation.der import count_speakers
from evaluation.recordings import Recording, find_recordings
from evaluation.report import Report, Result, to_dict, to_table
from evaluation.scores import score
from evaluation.wer import normaliser
from pipeline.types import Options, Span
from settings import Settings


@dataclass(frozen=True)
class Request:
    """``hyp``: hypotheses to score, and no pipeline is run; ``out``: where those that the pipeline makes are kept."""

    references: Path
    options: Options = field(default_factory=Options)
    hyp: Path | None = None
    out: Path | None = None
    speakers_given: bool = False
    as_json: bool = False

    def __post_init__(self) -> None:
        if self.hyp and (self.out or self.speakers_given or self.options.diarizer != "auto"):
            raise InvalidOption("--hyp scores what is there; it goes with no option of a run.", field="hyp")
        if self.out and self.out.resolve() == self.references.resolve():
            raise InvalidOption("--out must be another folder: the references would be overwritten.", field="out")


def evaluate(request: Request, settings: Settings) -> bool:
    """Whether every recording has a score. Raises DiarizationError when nothing can be scored at all."""
    recordings = find_recordings(request.references)
    with ExitStack() as stack:
        folder = request.hyp or request.out or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        make_folder(folder)
        session = None if request.hyp else stack.enter_context(open_session(settings))
        evaluation = _Evaluation(request, settings, folder, session)
        report = Report(evaluation.protocol, tuple(evaluation.score(recording) for recording in recordings))
    print(json.dumps(to_dict(report)) if request.as_json else to_table(report), flush=True)
    return report.complete


class _Evaluation:
    """Scores one recording after another.

    What it runs itself is written first and then read like any hypothesis, so that scoring the kept files again
    gives the same figures.
    """

    def __init__(self, request: Request, settings: Settings, hypotheses: Path, session: Session | None) -> None:
        self._request = request
        self._settings = settings
        self._hypotheses = hypotheses
        self._session = session
        self._normalise = normaliser(request.options.language)

    def score(self, recording: Recording) -> Result:
        try:
            return self._score(recording)
        except DiarizationError as error:
            return Result(recording.name, error=error.message)

    def _score(self, recording: Recording) -> Result:
        reference = recording.reference()
        duration = load_audio(recording.audio, self._settings)[0].duration if recording.audio else None
        if self._session:
            self._transcribe(self._session, recording, self._options(reference, duration))
        hypothesis = read_annotation(self._hypotheses, recording.name)
        scored = score(reference, hypothesis, self._normalise, duration)
        return Result(recording.name, scored, warnings=tuple(_warnings(reference, hypothesis, duration)))

    def _options(self, reference: Annotation, duration: float | None) -> Options:
        if not self._request.speakers_given:
            return self._request.options
        speakers = count_speakers(reference.turns, Span(0.0, duration or 0.0))
        return replace(self._request.options, num_speakers=speakers or None)

    def _transcribe(self, session: Session, recording: Recording, options: Options) -> None:
        if recording.audio is None:
            raise InputError(f"There is no audio called {recording.name}.")
        conversation = session.transcribe(recording.audio, options, recording.name)
        for fmt in ("rttm", "seglst", "json"):
            save(conversation, self._hypotheses, recording.audio, fmt)

    @property
    def protocol(self) -> dict[str, str]:
        """What the figures mean: they can be compared only with figures of the same protocol."""
        return {
            "DER": "pyannote.metrics; collar in s on each side of a reference boundary; overlapped speech scored",
            "region": "each recording from 0 to its end (to the end of its labels where there is no audio)",
            "hypotheses": self._origin(),
            "WER, cpWER": f"jiwer, meeteval, after {type(self._normalise).__name__}",
            "total": "pooled: all errors over all reference speech or words",
        }

    def _origin(self) -> str:
        if self._session is None:
            return "given"
        models = ", ".join(f"{stage} {model}" for stage, model in self._session.models.items())
        count = "given" if self._request.speakers_given else "unknown"
        return f"made here with {models}; speech detected by the system, speaker count {count}"


def _warnings(reference: Annotation, hypothesis: Annotation, duration: float | None) -> Iterator[str]:
    if not reference.turns:
        yield "the reference has no speech; only false alarms count."
    if duration is None:
        yield "no audio, so scored to the end of the labels."
    if reference.segments is not None and hypothesis.segments is None:
        yield "the reference has words, the hypothesis has none; WER and cpWER leave it out."
