from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nemo_processor
from audio_utils import load_audio
from errors import EmptyAudio, InvalidOption, ModelError, Unsupported
from evaluation.annotations import read_rttm, read_seglst
from evaluation.der import diarization_errors
from evaluation.wer import cp_word_errors, normaliser
from nemo_processor import STAGES, NeMoProcessor, load_processor, warm_processor
from pipeline.loading import Models
from pipeline.nemo_checkpoints import restore
from pipeline.parameters import SortformerParameters
from pipeline.recogniser import Spoken
from pipeline.router import Router
from pipeline.sortformer import SortformerDiarizer
from pipeline.types import (
    SAMPLE_RATE,
    Audio,
    Conversation,
    DiarizerName,
    Options,
    Recording,
    Span,
    Transcript,
    Word,
)
from settings import ROOT, Settings
from tests.mute import Mute, two_microphones

REFERENCE = ROOT / "samples" / "planning_meeting.seglst.json"
Reports = list[tuple[str, float]]


@pytest.fixture(scope="module")
def reports() -> Reports:
    """Every report of progress while ``conversation`` was made."""
    return []


@pytest.fixture(scope="module")
def conversation(processor: NeMoProcessor, sample: Audio, reports: Reports) -> Conversation:
    """What the whole pipeline makes of the sample, told nothing about it."""
    return processor.process([sample], Options(), lambda *report: reports.append(report))


def test_who_said_what(conversation: Conversation) -> None:
    errors = cp_word_errors(read_seglst(REFERENCE), conversation.segments, normaliser("en"))
    assert conversation.speakers == ("SPEAKER_00", "SPEAKER_01", "SPEAKER_02")
    assert conversation.language == "en"
    assert errors.rate is not None
    assert errors.rate < 0.05


def test_every_word_has_its_text_time_speaker_and_confidence(conversation: Conversation, sample: Audio) -> None:
    words = [word for segment in conversation.segments for word in segment.words]
    assert len(words) > 180
    for word in words:
        assert word.text.strip()
        assert 0 <= word.start < word.end <= sample.duration
        assert word.speaker in conversation.speakers
        assert 0 <= (word.confidence or -1) <= 1
        assert 0 < (word.speaker_confidence or -1) <= 1
    assert all(left.start <= right.start for left, right in pairwise(words))
    assert any(word.overlap for word in words)
    assert sum(word.overlap for word in words) < 20


def test_segments_and_turns_agree_with_their_words(conversation: Conversation) -> None:
    for segment in conversation.segments:
        assert segment.text == " ".join(word.text for word in segment.words)
        assert {word.speaker for word in segment.words} == {segment.speaker}
        assert (segment.start, segment.end) == (segment.words[0].start, max(word.end for word in segment.words))
    assert {turn.speaker for turn in conversation.turns} == set(conversation.speakers)
    assert all(left.start <= right.start for left, right in pairwise(conversation.turns))


def test_the_result_says_what_made_it_and_is_plain_data(conversation: Conversation, processor: NeMoProcessor) -> None:
    assert conversation.models == processor.models
    assert set(processor.models) == {"vad", "segmentation", "embeddings", "asr"}
    assert tuple(conversation.timings) == STAGES
    assert all(seconds >= 0 for seconds in conversation.timings.values())
    assert conversation.warnings == ()
    assert Conversation.from_dict(json.loads(json.dumps(conversation.to_dict()))) == conversation
    times = [time for item in (*conversation.turns, *conversation.segments) for time in (item.start, item.end)]
    assert {type(time) for time in times} == {float}


def test_progress_runs_from_0_to_1_in_every_stage(conversation: Conversation, reports: Reports) -> None:
    stages = [(stage, [fraction for _, fraction in found]) for stage, found in groupby(reports, lambda r: r[0])]
    assert [stage for stage, _ in stages] == list(STAGES)
    for _, fractions in stages:
        assert (fractions[0], fractions[-1]) == (0.0, 1.0)
        assert fractions == sorted(fractions)
    assert len(stages[0][1]) > 3
    assert len(stages[1][1]) > 3


def test_the_same_recording_gives_the_same_result(processor: NeMoProcessor, sample: Audio) -> None:
    cut = Audio(sample.cut(15, 29).copy())
    first, second = (replace(processor.process([cut], Options()), timings={}) for _ in range(2))
    assert first == second
    assert len(first.speakers) == 3


def test_recordings_processed_together_give_what_each_gives_alone(processor: NeMoProcessor, sample: Audio) -> None:
    """Mixed with one of two microphones, and with one that nobody can process."""
    cuts = [[Audio(sample.cut(start, start + 9).copy())] for start in (0, 20)]
    asked = [
        Recording(cuts[0], Options()),
        Recording(cuts[1], Options(language="haw", diarizer="sortformer")),
        Recording([*cuts[0], *cuts[1]], Options(channels="per_channel")),
        Recording(cuts[1], Options(num_speakers=1)),
    ]
    first, refused, channels, last = processor.process_all(asked)
    assert isinstance(refused, InvalidOption)
    for recording, result in ((asked[0], first), (asked[2], channels), (asked[3], last)):
        assert isinstance(result, Conversation)
        alone = processor.process(recording.channels, recording.options)
        assert alone.segments
        assert replace(result, timings={}) == replace(alone, timings={})
        assert tuple(result.timings) == tuple(alone.timings)


@pytest.mark.parametrize("seconds", [0.1, 0.3, 5.0, 11.0])
@pytest.mark.parametrize("level", [0.0, 0.02, 0.3])
def test_silence_and_noise_are_an_empty_conversation(processor: NeMoProcessor, seconds: float, level: float) -> None:
    noise = np.random.default_rng(0).normal(0, level, round(seconds * SAMPLE_RATE)).astype(np.float32)
    result = processor.process([Audio(noise)], Options(num_speakers=3))
    assert replace(result, timings={}, models={}) == Conversation(duration=len(noise) / SAMPLE_RATE)
    assert tuple(result.timings) == STAGES


def test_a_third_of_a_second_of_speech_is_one_speaker_and_the_count_that_cannot_be_is_said(
    processor: NeMoProcessor, sample: Audio
) -> None:
    result = processor.process([Audio(sample.cut(2.0, 2.3).copy())], Options(num_speakers=5))
    assert result.speakers == ("SPEAKER_00",)
    (warning,) = result.warnings
    assert warning.startswith("5 speakers were asked for")
    assert "more than 1 " in warning


def test_what_is_spoken_can_be_asked_alone(processor: NeMoProcessor, sample: Audio) -> None:
    asked = Options(only_language=True)
    told = processor.process([Audio(sample.cut(0, 12).copy())], asked)
    assert (told.language, told.segments, told.turns, told.duration) == ("en", (), (), 12.0)
    assert told.language_confidence is not None
    assert 0.5 < told.language_confidence <= 1
    with pytest.raises(EmptyAudio, match="no speech"):
        processor.process([Audio(np.zeros(SAMPLE_RATE, np.float32))], asked)


def test_not_of_a_recogniser_that_cannot_tell(listener: NeMoProcessor, sample: Audio) -> None:
    with pytest.raises(Unsupported, match="cannot tell languages"):
        listener.process([sample], Options(only_language=True))


@pytest.fixture
def listener(models: Models, mute: Mute) -> NeMoProcessor:
    """The real models for voices, and nobody who writes."""
    return NeMoProcessor(models.detector, models.diarizer, mute, {}, max_speakers=2)


@pytest.mark.parametrize(
    ("options", "speakers"),
    [
        (Options(), 2),  # what the profile allows
        (Options(num_speakers=1), 1),
        (Options(num_speakers=3), 3),
        (Options(max_speakers=1), 1),
        (Options(max_speakers=9), 3),
        (Options(min_speakers=3), 3),
        (Options(min_speakers=4, max_speakers=6), 4),
    ],
)
def test_the_number_of_speakers_that_is_asked_for_is_found(
    options: Options, speakers: int, listener: NeMoProcessor, sample: Audio
) -> None:
    """In 14 s of the sample, in which three people speak."""
    result = listener.process([Audio(sample.cut(15, 29).copy())], options)
    assert len(result.speakers) == speakers
    assert result.warnings == ()


@pytest.mark.parametrize("name", ["auto", "clustering"])
def test_a_profile_with_one_diarizer_has_no_choice(name: DiarizerName, listener: NeMoProcessor, sample: Audio) -> None:
    audio = Audio(sample.cut(15, 29).copy())
    assert listener.process([audio], Options(diarizer=name)).turns == listener.process([audio], Options()).turns
    with pytest.raises(InvalidOption, match="sortformer is not loaded here; there is auto, clustering") as refused:
        listener.process([audio], Options(diarizer="sortformer"))
    assert refused.value.field == "diarizer"


def test_the_diarizer_that_is_asked_for_tells_voices_apart_and_says_what_it_cannot(
    models: Models, mute: Mute, sortformer_files: dict[str, Path], sample: Audio
) -> None:
    """A Sortformer that knows nothing of voices hears four people wherever there is sound."""
    model = restore(sortformer_files["offline"], ("SortformerEncLabelModel",), "sortformer")
    sortformer = SortformerDiarizer(model, SortformerParameters())
    router = Router({"clustering": models.diarizer, "sortformer": sortformer})
    processor = NeMoProcessor(models.detector, router, mute, {}, max_speakers=8)
    audio = Audio(sample.cut(15, 29).copy())

    def found(**asked: Any) -> tuple[int, tuple[str, ...]]:
        result = processor.process([audio], Options(**asked))
        return len(result.speakers), result.warnings

    assert found(diarizer="sortformer", num_speakers=2) == (2, ())
    assert found(diarizer="clustering") == (3, ())
    speakers, warnings = found(diarizer="sortformer", num_speakers=6)
    assert speakers == 4
    assert warnings == (
        "6 speakers were asked for, but Sortformer tells at most 4 apart.",
        "6 speakers were asked for, but no more than 4 could be told apart.",
    )
    speakers, warnings = found(num_speakers=5)
    assert speakers == 5
    assert warnings == ("5 speakers were asked for, but Sortformer tells at most 4 apart, so clustering was used.",)


def test_the_recogniser_hears_the_speech_and_the_language_that_was_named(
    listener: NeMoProcessor, mute: Mute, sample: Audio
) -> None:
    result = listener.process([Audio(sample.cut(0, 12).copy())], Options(language="de"))
    assert result.language == "de"
    assert result.segments == ()
    assert len(result.turns) == 2  # heard, though not understood
    ((language, regions),) = mute.asked
    assert language == "de"
    assert 10 < sum(region.duration for region in regions) < 12


def test_with_a_channel_for_each_the_channel_says_who_speaks(processor: NeMoProcessor, sample: Audio) -> None:
    result = processor.process(two_microphones(sample), Options(channels="per_channel", language="en"))
    spoken = dict.fromkeys(result.speakers, "")
    for segment in result.segments:
        spoken[segment.speaker] += segment.text.lower()
    assert list(spoken) == ["SPEAKER_00", "SPEAKER_01"]
    assert "three things to decide" in spoken["SPEAKER_00"]
    assert "budget yesterday" not in spoken["SPEAKER_00"]
    assert "budget yesterday" in spoken["SPEAKER_01"]
    assert (result.language, result.duration) == ("en", 13.0)
    assert not any(word.overlap for segment in result.segments for word in segment.words)


class Echo(Mute):
    """Understands one word in each region, in the language it is told or else in French."""

    def transcribe_all(self, spoken: Sequence[Spoken]) -> list[Transcript]:
        super().transcribe_all(spoken)
        return [self._written(one) for one in spoken]

    def _written(self, one: Spoken) -> Transcript:
        assert one.on_progress is not None
        one.on_progress(1.0)
        words = tuple(Word("hm", region.start, region.end, 0.9) for region in one.regions)
        return Transcript(words, one.language or "fr")


def test_both_channels_at_once_are_overlap_and_come_in_order(models: Models, sample: Audio) -> None:
    processor = NeMoProcessor(models.detector, models.diarizer, Echo(), {})
    early, late = np.zeros((2, 8 * SAMPLE_RATE), np.float32)
    early[: 6 * SAMPLE_RATE], late[3 * SAMPLE_RATE :] = sample.cut(0, 6), sample.cut(7, 12)
    result = processor.process([Audio(late), Audio(early)], Options(channels="per_channel"))
    assert [segment.start for segment in result.segments] == sorted(segment.start for segment in result.segments)
    said = [word for segment in result.segments for word in segment.words]
    assert said[0].speaker == "SPEAKER_00"  # by first appearance, whatever the channel
    assert result.channels == ("SPEAKER_01", "SPEAKER_00")
    assert any(word.overlap for word in said)


def test_the_channel_with_most_speech_tells_the_language_of_all(models: Models, sample: Audio) -> None:
    echo, reports = Echo(), []
    processor = NeMoProcessor(models.detector, models.diarizer, echo, {})
    little, much = np.zeros((2, 6 * SAMPLE_RATE), np.float32)
    little[: 2 * SAMPLE_RATE], much[2 * SAMPLE_RATE :] = sample.cut(0, 2), sample.cut(7, 11)
    channels = [Audio(little), Audio(np.zeros_like(little)), Audio(much)]
    result = processor.process(channels, Options(channels="per_channel"), lambda *report: reports.append(report))
    assert [language for language, _ in echo.asked] == [None, "fr", "fr"]
    assert echo.asked[0][1][0].start > 1.5
    assert (result.language, result.channels) == ("fr", ("SPEAKER_00", "", "SPEAKER_01"))
    assert [fraction for stage, fraction in reports if stage == "words"] == pytest.approx([0, 1 / 3, 2 / 3, 1, 1])


def test_silent_channels_are_an_empty_conversation(listener: NeMoProcessor) -> None:
    silence = Audio(np.zeros(3 * SAMPLE_RATE, np.float32))
    result = listener.process([silence, silence], Options(channels="per_channel"))
    assert replace(result, timings={}) == Conversation(duration=3.0, channels=("", ""))


def test_a_recording_of_two_real_people_has_two_speakers(
    models: Models, mute: Mute, settings: Settings, real_audio_dir: Path
) -> None:
    (audio,) = load_audio(real_audio_dir / "conversations" / "talk2.flac", settings)
    audio = Audio(audio.cut(0, 60).copy())
    result = NeMoProcessor(models.detector, models.diarizer, mute, {}).process([audio], Options())
    reference = read_rttm(real_audio_dir / "conversations" / "talk2.rttm")
    errors = diarization_errors(reference, result.turns, Span(0, audio.duration), collar=0.25)
    assert len(result.speakers) == 2
    assert errors.confusion + errors.false_alarm < 0.02 * errors.speech


def test_warming_up_runs_every_diarizer_and_the_recogniser(
    models: Models, mute: Mute, sortformer_files: dict[str, Path]
) -> None:
    model = restore(sortformer_files["offline"], ("SortformerEncLabelModel",), "sortformer")
    sortformer = SortformerDiarizer(model, SortformerParameters())
    router = Router({"clustering": models.diarizer, "sortformer": sortformer})
    NeMoProcessor(models.detector, router, mute, {}).warm_up()
    assert len(mute.asked) == 2
    assert all(language is None and regions for language, regions in mute.asked)


class Broken(Mute):
    def __init__(self, fault: Exception) -> None:
        super().__init__()
        self._fault = fault

    def transcribe_all(self, spoken: Sequence[Spoken]) -> list[Transcript]:
        raise self._fault


def test_a_model_that_cannot_run_is_refused_before_the_first_request(
    models: Models, caplog: pytest.LogCaptureFixture
) -> None:
    def refusal(fault: Exception) -> str:
        with pytest.raises(ModelError) as refused:
            NeMoProcessor(models.detector, models.diarizer, Broken(fault), {}, profile="ours").warm_up()
        return refused.value.message

    message = refusal(IndexError("label 1024\nis out of range in /srv/secret"))
    assert (
        message
        == "The models of the profile ours fail on a test recording (IndexError); the server's log has the cause."
    )
    assert "label 1024" in caplog.text
    assert refusal(ModelError("The GPU's memory is too small.")) == "The GPU's memory is too small."


def test_a_service_gets_a_processor_that_is_tried_out_and_a_command_one_that_is_not(
    settings: Settings, models: Models, mute: Mute, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[dict[str, str]] = []
    deaf = Models(models.detector, models.diarizer, mute)
    monkeypatch.setattr(nemo_processor, "load_models", lambda profile, settings, loading: deaf)
    load_processor(settings, lambda _, states: told.append(states))
    assert mute.asked == []
    assert "warm_up" not in told[-1]
    warm_processor(settings, lambda _, states: told.append(states))
    assert len(mute.asked) == 1
    assert told[-1]["warm_up"] == "ready"
    deaf = Models(models.detector, models.diarizer, Broken(RuntimeError()))
    with pytest.raises(ModelError, match="fail on a test recording"):
        warm_processor(settings, lambda _, states: told.append(states))
    assert told[-1]["warm_up"] == "failed"


def test_a_processor_is_that_of_the_profile_or_says_why_not(
    settings: Settings, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nemo_processor, "load_models", lambda profile, settings, loading: models)
    processor = load_processor(settings)
    assert (processor.profile, processor.models["asr"]) == ("offline", "whisper-base")
    with pytest.raises(ModelError, match="There is no profile nowhere"):
        load_processor(settings.model_copy(update={"profile": "nowhere"}))
