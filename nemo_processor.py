"""The pipeline on one screen: speech, voices, words, and whose word is whose."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import cast

from errors import EmptyAudio, ModelError, Unsupported
from pipeline.artefacts import Artefacts, Complete, NoArtefacts, Shelf, transcript_arrays, transcript_of, turn_edges
from pipeline.channels import Detector, channel_turns
from pipeline.checkpoints import locate
from pipeline.clustering import Bounds
from pipeline.conversation import build_conversation
from pipeline.draft import Draft
from pipeline.excerpt import excerpt
from pipeline.known import Voiceprint
from pipeline.loading import choose_profile, load_models
from pipeline.merge import assign_speakers, mark_overlap
from pipeline.naming import Naming
from pipeline.profile import Profile
from pipeline.readiness import Loading, OnLoading
from pipeline.recogniser import Recogniser, Spoken
from pipeline.router import Diarizer, Router
from pipeline.together import Stage, Work, run_together
from pipeline.types import (
    Audio,
    Conversation,
    DiarizerName,
    OnProgress,
    Options,
    Recording,
    Span,
    Transcript,
    Turn,
    Word,
)
from pipeline.voices import VoiceReader, voiceprints
from settings import Settings

log = logging.getLogger(__name__)

STAGES = ("speech", "voices", "words", "merge")
LAYOUT = 2  # of artefacts: another one makes those of before useless


class NeMoProcessor:
    """Owns the models of one profile. One call at a time: models are not safe under concurrent calls.

    ``profile`` is that profile's name; ``models`` maps each stage to the name of its model; ``together``: see
    :class:`pipeline.recogniser.Recogniser`.
    """

    def __init__(
        self,
        detector: Detector,
        diarizer: Diarizer | Router,
        recogniser: Recogniser,
        models: dict[str, str],
        max_speakers: int = 50,
        profile: str = "",
        version: str = "",
        reader: VoiceReader | None = None,
    ) -> None:
        """version: of the models and all that they are given: what was kept under another one is of no use; reader:
        what knows voices again, where the profile has that."""
        self._detector, self._recogniser = detector, recogniser
        self._router = diarizer if isinstance(diarizer, Router) else Router({"clustering": diarizer})
        self._max_speakers, self._version, self._reader = max_speakers, version, reader
        self.models, self.profile, self.together = models, profile, recogniser.together

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

    def relabel(self, recording: Recording) -> Conversation:
        """The conversation with another number of speakers, from what is kept on the recording's shelf: nobody listens
        again. Raises ArtefactsExpired. Safe beside a call of :meth:`process_all`."""
        try:
            next(self._work(recording, Complete(self._artefacts(recording))))
        except StopIteration as end:
            return end.value
        raise AssertionError("words are kept, so nobody asks for them")

    def enrol(self, recording: Recording) -> tuple[Voiceprint, ...]:
        """What the one voice in all its clips is like, which is that of its known voices, if there are any. Raises
        VoiceTooShort, SeveralVoices, and Unsupported where the profile cannot know voices again. Safe beside a call of
        :meth:`process_all`."""
        if self._reader is None:
            sentence = f"The profile {self.profile} has no model for speaker_embeddings, so it knows no voices."
            raise Unsupported(sentence, field="profile")
        known = [one for voice in recording.known for one in voice.prints]
        return voiceprints(self._reader, [clip for _, clip in recording.clips], known)

    def _artefacts(self, recording: Recording) -> Artefacts:
        return Shelf(recording.shelf, self._version) if recording.shelf else NoArtefacts()

    def _work(self, recording: Recording, kept: Artefacts | None = None) -> Work:
        stages, kept = _Stages(recording.on_progress), kept or self._artefacts(recording)
        run = self._by_channel if recording.options.channels == "per_channel" else self._by_voice
        run = self._language if recording.options.only_language else run
        conversation = yield from run(recording, kept, stages)
        return replace(conversation, models=self.models, timings=stages.seconds)

    def warm_up(self) -> None:
        """Run every model once on a few seconds of speech: the first call of each takes longer than those after it,
        and one that cannot run must not be found out by a request. Raises ModelError."""
        clip = excerpt()
        try:
            for name in self._router.names:
                self.process([clip], Options(diarizer=cast(DiarizerName, name)))
        except ModelError:
            raise
        except Exception as error:  # whatever a model of another make, or a device that is too small, raises
            # The excerpt is ours, so what the error says of it may be read.
            log.error("Profile %s failed on %s: %s", self.profile, clip.name, error, exc_info=error)
            sentence = f"The models of the profile {self.profile} fail on a test recording ({type(error).__name__})"
            raise ModelError(f"{sentence}; the server's log has the cause.") from error

    def _by_voice(self, recording: Recording, kept: Artefacts, stages: _Stages) -> Work:
        (audio,), options = recording.channels, recording.options
        bounds = self._bounds(options)
        diarizer = self._router.over(kept).choose(options.diarizer, bounds)
        naming = Naming(self._reader, recording, kept)
        with stages("speech") as progress:
            heard = diarizer.listen(audio, progress)
        with stages("voices") as progress:
            diarized = diarizer.tell_apart(audio, heard, bounds, progress)
            named = naming(audio, diarized.turns, diarized.parts, bounds.high)
        draft = Draft(recording.on_segments, named.turns, named.identities)
        spoken = Spoken(audio, diarized.speech, options.language, options.keyterms, on_words=draft.grow)
        transcript = yield from _transcript(kept, "words", stages("words"), spoken)
        with stages("merge"):
            words = assign_speakers(transcript.words, named.turns)
            made = [words], named.turns, audio.duration, transcript.language
            conversation = build_conversation(*made, named.identities)
            draft.finish(conversation)
        warnings = (*diarized.warnings, *named.warnings, *transcript.warnings, *_count_warnings(conversation, options))
        return replace(conversation, warnings=warnings, language_confidence=transcript.language_confidence)

    def _language(self, recording: Recording, kept: Artefacts, stages: _Stages) -> Work:
        """Nothing but the language, and how sure that is. Raises Unsupported and EmptyAudio."""
        if not self._recogniser.tells_languages:
            raise Unsupported("The recogniser of this profile cannot tell languages.", field="profile")
        (audio,) = recording.channels
        with stages("speech"):
            (turns,) = _channel_turns(kept, self._detector, [audio])
        spoken = Spoken(audio, [Span(turn.start, turn.end) for turn in turns], only_language=True)
        transcript = yield from _transcript(kept, "language", stages("words"), spoken)
        if transcript.language is None:
            raise EmptyAudio("There is no speech in the recording, so its language cannot be told.")
        made = build_conversation([], [], audio.duration, transcript.language)
        return replace(made, language_confidence=transcript.language_confidence)

    def _by_channel(self, recording: Recording, kept: Artefacts, stages: _Stages) -> Work:
        channels, options = recording.channels, recording.options
        naming = Naming(self._reader, recording, kept)
        with stages("speech"):
            turns_of = _channel_turns(kept, self._detector, channels)
            named = naming.by_channel([*zip(channels, turns_of, strict=True)])
        streams, warnings = list[list[Word]](), [*named.warnings]
        language, confidence = options.language, None
        # Whoever says most tells the language best, for those too who say only a few words.
        fullest_first = sorted(zip(channels, turns_of, strict=True), key=lambda heard: -_seconds(heard[1]))
        for index, (audio, turns) in enumerate(fullest_first):
            speech = [Span(turn.start, turn.end) for turn in turns]
            stage = stages("words", index, len(channels))
            spoken = Spoken(audio, speech, language, options.keyterms)
            transcript = yield from _transcript(kept, f"words-{index}", stage, spoken)
            if language is None:
                language, confidence = transcript.language, transcript.language_confidence
            streams.append(assign_speakers(transcript.words, turns))
            warnings += (warning for warning in transcript.warnings if warning not in warnings)
        with stages("merge"):
            turns = sorted((turn for turns in turns_of for turn in turns), key=lambda turn: (turn.start, turn.end))
            marked = [mark_overlap(words, turns) for words in streams]
            conversation = build_conversation(marked, turns, channels[0].duration, language, named.identities)
            Draft(recording.on_segments).finish(conversation)
        names = {int(turn.speaker): named.speaker for turn, named in zip(turns, conversation.turns, strict=True)}
        speakers = tuple(names.get(index, "") for index in range(len(channels)))
        made = replace(conversation, warnings=tuple(warnings), channels=speakers)
        return replace(made, language_confidence=confidence)

    def _bounds(self, options: Options) -> Bounds:
        low = options.num_speakers or options.min_speakers or 1
        return Bounds(low, options.num_speakers or options.max_speakers or max(low, self._max_speakers))


def load_processor(settings: Settings, on_loading: OnLoading | None = None) -> NeMoProcessor:
    """The processor of the profile that MODEL_CONFIG names, for a command. Raises ModelError."""
    profile = choose_profile(settings)
    return _load(profile, settings, Loading(profile.name, profile.models, on_loading))


def warm_processor(settings: Settings, on_loading: OnLoading | None = None) -> NeMoProcessor:
    """As :func:`load_processor`, tried out on a few seconds of speech, for a service. Raises ModelError."""
    profile = choose_profile(settings)
    loading = Loading(profile.name, (*profile.models, "warm_up"), on_loading)
    processor = _load(profile, settings, loading)
    with loading("warm_up"):
        processor.warm_up()
    return processor


def _load(profile: Profile, settings: Settings, loading: Loading) -> NeMoProcessor:
    models = load_models(profile, settings, loading)
    parts = models.detector, models.diarizer, models.recogniser
    names = dict(profile.models), profile.max_speakers, profile.name, _version(profile, settings)
    return NeMoProcessor(*parts, *names, models.reader)


def _version(profile: Profile, settings: Settings) -> str:
    """Of all that what is kept depends on: the layout of artefacts, the profile, and its files as they are now."""
    files = {stage: locate(path, settings) for stage, path in profile.models.items()} if not profile.embedded else {}
    stamps = {stage: (path.stat().st_size, path.stat().st_mtime_ns) for stage, path in files.items() if path}
    return f"{LAYOUT} {profile!r} {stamps}"


def _transcript(
    kept: Artefacts, name: str, stage: Stage, spoken: Spoken
) -> Generator[tuple[Stage, Spoken], Transcript, Transcript]:
    """What is kept under this name, or else what the recogniser answers."""
    if arrays := kept.load(name):
        return transcript_of(arrays)
    transcript = yield stage, spoken
    kept.save(name, transcript_arrays(transcript))
    return transcript


def _channel_turns(kept: Artefacts, detector: Detector, channels: Sequence[Audio]) -> list[list[Turn]]:
    """The turns of each channel: kept, or found by the detector."""
    arrays = kept.load("speech-channels")
    if arrays is None:
        found = channel_turns(detector, channels)
        kept.save("speech-channels", {str(i): turn_edges(turns) for i, turns in enumerate(found)})
        return found
    return [[Turn(str(i), start, end) for start, end in arrays[str(i)].tolist()] for i in range(len(channels))]


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
