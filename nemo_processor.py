"""The pipeline on one screen: speech, voices, words, and whose word is whose."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from pipeline.channels import Detector, channel_turns
from pipeline.clustering import Bounds
from pipeline.conversation import build_conversation
from pipeline.loading import choose_profile, load_models
from pipeline.merge import assign_speakers, mark_overlap
from pipeline.recogniser import Recogniser, Spoken
from pipeline.router import Diarizer, Router
from pipeline.together import Work, run_together
from pipeline.types import Audio, Conversation, OnProgress, Options, Recording, Span, Turn, Word
from settings import Settings

STAGES = ("speech", "voices", "words", "merge")


class NeMoProcessor:
    """Owns the models of one profile. One call at a time: models are not safe under concurrent calls.

    ``models`` maps each stage to the name of its model; ``together``: see :class:`pipeline.recogniser.Recogniser`.
    """

    def __init__(
        self,
        detector: Detector,
        diarizer: Diarizer | Router,
        recogniser: Recogniser,
        models: dict[str, str],
        max_speakers: int = 50,
    ) -> None:
        self._detector, self._recogniser = detector, recogniser
        self._router = diarizer if isinstance(diarizer, Router) else Router({"clustering": diarizer})
        self._max_speakers = max_speakers
        self.models, self.together = models, recogniser.together

    def process(
        self, channels: Sequence[Audio], options: Options, on_progress: OnProgress | None = None
    ) -> Conversation:
        """Who said what, when, in one recording (see :class:`Recording`)."""
        (result,) = self.process_all([Recording(channels, options, on_progress)])
        if isinstance(result, Exception):
            raise result
        return result

    def process_all(self, recordings: Sequence[Recording]) -> list[Conversation | Exception]:
        """The conversation of each, as if it were alone, or what was raised over it."""
        return run_together([self._work(recording) for recording in recordings], self._recogniser)

    def _work(self, recording: Recording) -> Work:
        stages = _Stages(recording.on_progress)
        run = self._by_channel if recording.options.channels == "per_channel" else self._by_voice
        conversation = yield from run(recording.channels, recording.options, stages)
        return replace(conversation, models=self.models, timings=stages.seconds)

    def _by_voice(self, channels: Sequence[Audio], options: Options, stages: _Stages) -> Work:
        (audio,) = channels
        bounds = self._bounds(options)
        diarizer = self._router.choose(options.diarizer, bounds)
        with stages("speech") as progress:
            heard = diarizer.listen(audio, progress)
        with stages("voices") as progress:
            diarized = diarizer.tell_apart(audio, heard, bounds, progress)
        transcript = yield stages("words"), Spoken(audio, diarized.speech, options.language, options.keyterms)
        with stages("merge"):
            words = assign_speakers(transcript.words, diarized.turns)
            conversation = build_conversation([words], diarized.turns, audio.duration, transcript.language)
        warnings = (*diarized.warnings, *transcript.warnings, *_count_warnings(conversation, options))
        return replace(conversation, warnings=warnings)

    def _by_channel(self, channels: Sequence[Audio], options: Options, stages: _Stages) -> Work:
        with stages("speech"):
            turns_of = channel_turns(self._detector, channels)
        streams, warnings = list[list[Word]](), list[str]()
        language = options.language
        # Whoever says most tells the language best, for those too who say only a few words.
        fullest_first = sorted(zip(channels, turns_of, strict=True), key=lambda heard: -_seconds(heard[1]))
        for index, (audio, turns) in enumerate(fullest_first):
            speech = [Span(turn.start, turn.end) for turn in turns]
            stage = stages("words", index, len(channels))
            transcript = yield stage, Spoken(audio, speech, language, options.keyterms)
            language = language or transcript.language
            streams.append(assign_speakers(transcript.words, turns))
            warnings += (warning for warning in transcript.warnings if warning not in warnings)
        with stages("merge"):
            turns = sorted((turn for turns in turns_of for turn in turns), key=lambda turn: (turn.start, turn.end))
            marked = [mark_overlap(words, turns) for words in streams]
            conversation = build_conversation(marked, turns, channels[0].duration, language)
        return replace(conversation, warnings=tuple(warnings))

    def _bounds(self, options: Options) -> Bounds:
        low = options.num_speakers or options.min_speakers or 1
        return Bounds(low, options.num_speakers or options.max_speakers or max(low, self._max_speakers))


def load_processor(settings: Settings) -> NeMoProcessor:
    """The processor of the profile that MODEL_CONFIG names, ready to work. Raises ModelError."""
    profile = choose_profile(settings)
    models = load_models(profile, settings)
    return NeMoProcessor(
        models.detector, models.diarizer, models.recogniser, dict(profile.models), profile.max_speakers
    )


def _seconds(turns: Sequence[Turn]) -> float:
    return sum(turn.end - turn.start for turn in turns)


def _count_warnings(conversation: Conversation, options: Options) -> tuple[str, ...]:
    """A count that the sound could not give is said, never hidden."""
    found, asked = len(conversation.speakers), options.num_speakers or options.min_speakers or 0
    if 0 < found < asked:
        return (f"{asked} speakers were asked for, but no more than {found} could be told apart.",)
    return ()


class _Stages:
    """``with stages("words") as progress``: times the stage and passes its progress on.

    A stage in ``parts`` is entered once for each; recordings that are heard together name the same seconds.
    """

    def __init__(self, on_progress: OnProgress | None) -> None:
        self._report = on_progress or (lambda stage, fraction: None)
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str, part: int = 0, parts: int = 1) -> Generator[Callable[[float], None]]:
        begun, before = time.perf_counter(), self.seconds.get(stage, 0.0)
        if part == 0:
            self._report(stage, 0.0)
        yield lambda fraction: self._report(stage, (part + fraction) / parts)
        if part + 1 == parts:
            self._report(stage, 1.0)
        self.seconds[stage] = round(before + time.perf_counter() - begun, 3)
