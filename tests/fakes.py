"""Processors without models, for tests of faults and of speed: a recording's name says what happens to it."""

from __future__ import annotations

import io
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from errors import ArtefactsExpired, EmptyAudio, ModelError, SeveralVoices, VoiceTooShort
from executors.base import Outcome
from executors.local import LocalExecutor
from jobs.job import Job
from pipeline.edits import rename
from pipeline.known import Identity, Voiceprint
from pipeline.readiness import Loading, OnLoading
from pipeline.types import Audio, Conversation, OnProgress, OnSegments, Options, Recording, Segment, Turn, Word
from settings import Settings, load_settings

StartExecutor = Callable[..., LocalExecutor]
MakeJob = Callable[..., Job]
VOICE_MODEL = "fake@1"
SECRET = "the-secret-that-was-said"
IN_TIME = 30  # seconds that nothing here takes


class FakeProcessor:
    """One speaker who says SECRET for the whole recording, unless the name asks for something else."""

    def __init__(self, profile: str = "fakes", model: str = "fake", together: int = 1) -> None:
        self.profile, self.models, self.together = profile, {"words": model}, together

    def process_all(self, recordings: Sequence[Recording]) -> list[Outcome]:
        """Each names those that it was processed with."""
        names = " ".join(recording.channels[0].name for recording in recordings)
        warning = f"together: {names}" if len(recordings) > 1 else ""
        return [self._outcome(recording, warning) for recording in recordings]

    def _outcome(self, recording: Recording, warning: str) -> Outcome:
        tell = recording.on_segments
        on_segments = tell and (lambda segments: tell(_named(Conversation(tuple(segments)), recording).segments))
        try:
            made = self.process(recording.channels, recording.options, recording.on_progress, on_segments)
            if recording.shelf:
                recording.shelf.mkdir(exist_ok=True)
        except Exception as error:
            return error
        return replace(_named(made, recording), warnings=(*made.warnings, warning) if warning else made.warnings)

    def enrol(self, recording: Recording) -> tuple[Voiceprint, ...]:
        """As the names say, "short" and "two" being what is wrong with a clip."""
        for what, clip in recording.clips:
            _misbehave(what)
            if what == "short":
                raise VoiceTooShort(f"The clip has {clip.duration:.1f} s of clean speech.", field="audio")
            if what == "two":
                raise SeveralVoices("More than one voice speaks in the clip.", field="audio")
        return tuple(Voiceprint((1.0, 0.0), VOICE_MODEL, clip.duration) for _, clip in recording.clips)

    def relabel(self, recording: Recording) -> Conversation:
        """As many speakers as are asked for, one after another, if the recording's shelf is there."""
        if not (recording.shelf and recording.shelf.exists()):
            raise ArtefactsExpired("There is no shelf.")
        _misbehave(recording.channels[0].name.removeprefix("later_"))
        made = _conversation(recording.channels, recording.options, self.models)
        step, count = made.duration / (recording.options.num_speakers or 1), recording.options.num_speakers or 1
        names = tuple(f"SPEAKER_{i:02d}" for i in range(count))
        turns = tuple(Turn(n, i * step, (i + 1) * step) for i, n in enumerate(names))
        return _named(replace(made, speakers=names, turns=turns), recording)

    def process(
        self,
        channels: Sequence[Audio],
        options: Options,
        on_progress: OnProgress | None = None,
        on_segments: OnSegments | None = None,
    ) -> Conversation:
        report = on_progress or (lambda stage, fraction: None)
        report("speech", 0.0)
        what, _, seconds = channels[0].name.partition("-")  # seconds: of "cuda_once" the file that says it happened
        conversation = self.say(channels, options)
        if on_segments and what != "silence":
            on_segments(conversation.segments)
        _misbehave(what, seconds)
        if what in ("slow", "busy"):
            _work(float(seconds), busy=what == "busy", report=report)
        return conversation

    def say(self, channels: Sequence[Audio], options: Options) -> Conversation:
        """What is heard in them."""
        return _conversation(channels, options, self.models)


def _conversation(channels: Sequence[Audio], options: Options, models: dict[str, str]) -> Conversation:
    duration = channels[0].duration
    word = Word(SECRET, 0.0, duration, confidence=1.0, speaker="SPEAKER_00", speaker_confidence=1.0)
    return Conversation(
        segments=(Segment("SPEAKER_00", 0.0, duration, SECRET, words=(word,)),),
        turns=(Turn("SPEAKER_00", 0.0, duration),),
        speakers=("SPEAKER_00",),
        duration=duration,
        language=options.language,
        models=models,
        warnings=(f"{len(channels)} channels, {options.num_speakers} speakers, process {os.getpid()}",),
    )


def _named(made: Conversation, recording: Recording) -> Conversation:
    """Whoever speaks is the first of the known voices."""
    names = [name for name, _ in recording.clips] + [voice.name for voice in recording.known]
    if not names:
        return made
    who = Identity(names[0], names[0], 0.9, None, recording.channels[0].duration)
    speakers = made.speakers or ("SPEAKER_00",)
    named = rename(replace(made, speakers=speakers), "SPEAKER_00", names[0])
    return replace(named, identities=(who,))


def _misbehave(what: str, mark: str = "") -> None:
    if what == "crash":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "hang":
        time.sleep(3600)
    if what == "cuda_once" and not Path(mark).exists():
        Path(mark).touch()
        what = "cuda"
    if what == "cuda":
        raise RuntimeError("CUDA error: an illegal memory access was encountered")
    if what == "fault":
        raise RuntimeError(f"cannot handle {SECRET}")
    if what == "silence":
        raise EmptyAudio("There is no usable sound in the recording.")


def _work(seconds: float, busy: bool, report: OnProgress) -> None:
    end = time.monotonic() + seconds
    matrix = np.ones((400, 400), dtype=np.float32)
    while time.monotonic() < end:
        report("words", 0.5)
        if busy:
            for _ in range(50):
                np.dot(matrix, matrix)
        else:
            time.sleep(0.05)


def load(settings: Settings, on_loading: OnLoading) -> FakeProcessor:
    return FakeProcessor()


def load_talkative(settings: Settings, on_loading: OnLoading) -> FakeProcessor:
    """Prints, as libraries do."""
    print(SECRET, flush=True)
    return FakeProcessor()


def load_sociable(settings: Settings, on_loading: OnLoading) -> FakeProcessor:
    """Up to three recordings at once."""
    return FakeProcessor(together=3)


def load_dawdling(settings: Settings, on_loading: OnLoading) -> FakeProcessor:
    """Whatever the recording, it is not done while a test runs."""

    class Dawdler(FakeProcessor):
        def process(
            self,
            channels: Sequence[Audio],
            options: Options,
            on_progress: OnProgress | None = None,
            on_segments: OnSegments | None = None,
        ) -> Conversation:
            _work(600, busy=False, report=on_progress or (lambda stage, fraction: None))
            raise AssertionError

    return Dawdler()


def load_held(settings: Settings, on_loading: OnLoading) -> FakeProcessor:
    """Not before the test has removed the file "hold"."""
    _held(settings, "hold")
    return FakeProcessor()


def _held(settings: Settings, name: str) -> None:
    while (settings.log_dir.parent / name).exists():
        time.sleep(0.02)


def load_never(settings: Settings, on_loading: OnLoading) -> FakeProcessor:
    time.sleep(3600)
    raise AssertionError


def load_slowly(settings: Settings, on_loading: OnLoading) -> FakeProcessor:
    time.sleep(1.5)
    return FakeProcessor()


def load_when_allowed(settings: Settings, on_loading: OnLoading) -> FakeProcessor:
    """Fails until MODEL_CACHE_DIR exists."""
    if not settings.model_cache_dir.exists():
        raise ModelError("The model file is missing.")
    return FakeProcessor()


def load_once(settings: Settings, on_loading: OnLoading) -> FakeProcessor:
    """Fails from the second time on."""
    (settings.log_dir / "loaded").mkdir()
    return FakeProcessor()


def load_faulty(settings: Settings, on_loading: OnLoading) -> FakeProcessor:
    raise RuntimeError(f"cannot load {SECRET}")


def load_deadly(settings: Settings, on_loading: OnLoading) -> FakeProcessor:
    os._exit(3)


def load_in_steps(settings: Settings, on_loading: OnLoading) -> FakeProcessor:
    """Loads two models, each once there is no file "hold-vad" or "hold-asr"; without MODEL_CACHE_DIR the second one
    fails."""
    loading = Loading("steps", ("vad", "asr"), on_loading)
    with loading("vad"):
        _held(settings, "hold-vad")
    with loading("asr"):
        _held(settings, "hold-asr")
        load_when_allowed(settings, on_loading)
    return FakeProcessor()


def load_half_and_die(settings: Settings, on_loading: OnLoading) -> FakeProcessor:
    loading = Loading("steps", ("vad", "asr"), on_loading)
    with loading("vad"):
        os._exit(3)


def load_named(settings: Settings, on_loading: OnLoading) -> FakeProcessor:
    """A model with the name of its profile, once there is no file "hold-" and that name. That of diar_infer_meeting
    takes 2.5 s, that of nemotron is not there, that of sortformer is damaged."""
    loading = Loading(settings.profile, ("words",), on_loading)
    if settings.profile == "nemotron":
        raise ModelError("The model nemotron: not on this machine; run: python cli.py models pull")
    with loading("words"):
        _held(settings, f"hold-{settings.profile}")
        time.sleep(2.5 if settings.profile == "diar_infer_meeting" else 0)
        if settings.profile == "sortformer":
            raise ModelError("The model sortformer is damaged.")
    return FakeProcessor(settings.profile, f"{settings.profile}-model")


def load_for_ever(settings: Settings, on_loading: OnLoading) -> FakeProcessor:
    while True:
        on_loading("endless", {"vad": "loading"})
        time.sleep(0.05)


def fake_settings(folder: Path, **overrides: Any) -> Settings:
    """Settings whose every file lies below ``folder``."""
    own = {"temp_audio_dir": folder / "tmp", "log_dir": folder / "logs", "model_cache_dir": folder / "cache"}
    own |= {"data_dir": folder / "data"}
    return load_settings(**own | overrides)


def wav(seconds: float = 0.5, rate: int = 16_000, channels: int = 1) -> bytes:
    """A WAV file of a quiet tone."""
    tone = 0.1 * np.sin(2 * np.pi * 220 * np.arange(round(seconds * rate)) / rate)
    file = io.BytesIO()
    soundfile.write(file, np.tile(tone[:, None], channels), rate, format="WAV", subtype="PCM_16")
    return file.getvalue()


def files_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def wait_until(condition: Callable[[], Any], seconds: float = 15.0) -> Any:
    """What ``condition`` returned when it was true; fails the test if that takes longer than ``seconds``."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if result := condition():
            return result
        time.sleep(0.02)
    raise AssertionError(f"still not so after {seconds} s")
