"""Every kind of ASR model, trained to write eight turns of the sample, against NeMo's own ``transcribe``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from copy import copy
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from errors import InvalidOption, ModelError
from pipeline import nemo_asr
from pipeline.chunks import PAUSE, chunks
from pipeline.lanes import Lanes
from pipeline.nemo_asr import NemoRecogniser, load_asr, sized
from pipeline.nemo_decoding import Decoder
from pipeline.parameters import AsrParameters
from pipeline.recogniser import Spoken
from pipeline.types import SAMPLE_RATE, Audio, Span, Transcript, Word
from tests.checkpoints.asr import KINDS
from tests.checkpoints.utterances import Utterance, in_a_row, utterances

FRAME = 0.04
ALL = AsrParameters()


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def recogniser(asr_checkpoints: dict[str, Path], kind: str) -> NemoRecogniser:
    return NemoRecogniser(load_asr(asr_checkpoints[kind]), ALL, languages=("en",), precision="exact")


@pytest.fixture(scope="module")
def nemo(asr_checkpoints: dict[str, Path], kind: str) -> Any:
    """The model as NeMo restores and runs it, untouched by us."""
    from nemo.collections.asr import models

    asr: Any = models.ASRModel
    return asr.restore_from(str(asr_checkpoints[kind]), map_location="cpu").eval()


@pytest.fixture(scope="module")
def ctc(asr_checkpoints: dict[str, Path]) -> Any:
    return load_asr(asr_checkpoints["ctc"])


@pytest.fixture(scope="module")
def known() -> list[Utterance]:
    return utterances()


def written(transcript: Transcript) -> str:
    return " ".join(word.text for word in transcript.words)


def test_it_writes_exactly_what_was_said(recogniser: NemoRecogniser, known: list[Utterance], sample: Audio) -> None:
    transcript = recogniser.transcribe(sample, [Span(u.start, u.end) for u in known])
    assert written(transcript) == " ".join(utterance.text for utterance in known)
    assert transcript.language == "en"
    assert transcript.warnings == ()


def test_single_regions_have_the_words_and_times_of_nemos_own_transcribe(
    recogniser: NemoRecogniser, nemo: Any, sample: Audio
) -> None:
    """Known sentences, others that the model does not know, and what NeMo pads: whatever it writes, we write."""
    compare(recogniser, nemo, sample, [Span(u.start, u.end) for u in utterances()], known=True)
    compare(recogniser, nemo, sample, [Span(0.0, 12.5), Span(22.6, 29.0), Span(3.0, 3.6), Span(60.0, 60.25)])


def test_strangers_are_written_as_nemos_own_transcribe_writes_them(
    recogniser: NemoRecogniser, nemo: Any, real_audio_dir: Path
) -> None:
    for path in sorted((real_audio_dir / "ami").glob("*.flac"))[:2]:
        stranger = Audio(soundfile.read(path, dtype="float32")[0])
        compare(recogniser, nemo, stranger, [Span(t, t + 4.37) for t in range(0, 25, 8)])


def compare(recogniser: NemoRecogniser, nemo: Any, audio: Audio, regions: Sequence[Span], known: bool = False) -> None:
    for region in regions:
        ours = recogniser.transcribe(audio, [region]).words
        sound = audio.cut(region.start, region.end)
        (theirs,) = nemo.transcribe([sound], timestamps=True, verbose=False)
        # NeMo counts a bare start of a word as a word; the one after it then starts later than its first token.
        stamps = theirs.timestamp["word"]
        after_nothing = [False, *(stamp["word"] == "" for stamp in stamps)]
        told = [(stamp, late) for stamp, late in zip(stamps, after_nothing, strict=False) if stamp["word"]]
        assert [word.text for word in ours] == theirs.text.split()
        if [stamp["word"] for stamp, _ in told] != theirs.text.split():
            # Its words are not those of its own text: it parts them at a dot that no space follows.
            assert not known
            continue
        lead = max(0, SAMPLE_RATE - len(sound)) // 2 / SAMPLE_RATE  # NeMo's padding, which its times still hold
        for word, (stamp, late) in zip(ours, told, strict=True):
            for our, their in ((word.start, stamp["start"]), (word.end, stamp["end"])):
                expected = min(max(region.start + their - lead, region.start), region.end)
                assert abs(our - expected) < FRAME + 1e-3 or (late and our == word.start < expected)
            assert not word.interpolated


def test_a_batch_is_written_as_each_region_alone(recogniser: NemoRecogniser, known: list[Utterance]) -> None:
    audio, regions, _ = in_a_row(known, pause=PAUSE + 0.5)
    alone = [word for region in regions for word in recogniser.transcribe(audio, [region]).words]
    together = recogniser.transcribe(audio, regions).words
    same_words(together, alone, frames=1)


def test_recordings_heard_together_are_written_as_each_alone(
    recogniser: NemoRecogniser, known: list[Utterance], sample: Audio
) -> None:
    """Each with its own phrases and progress, one of them silent, one long enough for chunks."""
    seen: list[float] = []
    long, regions, said = in_a_row(known[:4], 0.3)
    silence = Audio(np.zeros(SAMPLE_RATE, np.float32))
    asked = [
        Spoken(sample, [Span(known[4].start, known[4].end)]),
        Spoken(silence, [Span(0.0, 1.0)]),
        Spoken(long, regions, on_progress=seen.append),
        Spoken(sample, [Span(known[5].start, known[5].end)], keyterms=("nothing of the kind",)),
    ]
    together = with_chunks(recogniser, 8.0, 2.0).transcribe_all(asked)
    assert [written(transcript) for transcript in together] == [known[4].text, "", said, known[5].text]
    assert [transcript.language for transcript in together] == ["en", None, "en", "en"]
    assert len(seen) >= 2
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(1.0)
    alone = with_chunks(recogniser, 8.0, 2.0).transcribe(long, regions).words
    same_words(together[2].words, alone, frames=1)


def same_words(ours: Sequence[Word], theirs: Sequence[Word], frames: int) -> None:
    assert [word.text for word in ours] == [word.text for word in theirs]
    for a, b in zip(ours, theirs, strict=True):
        assert abs(a.start - b.start) < frames * FRAME + 1e-3
        assert abs(a.end - b.end) < frames * FRAME + 1e-3


def with_chunks(recogniser: NemoRecogniser, longest: float, overlap: float = 4.0) -> NemoRecogniser:
    other = copy(recogniser)
    other._parameters = AsrParameters(240.0, longest, overlap)
    return other


@pytest.mark.parametrize("pause", [0.0, 0.1, 0.3, 0.9])
def test_chunks_have_every_word_once_and_at_its_time(
    recogniser: NemoRecogniser, known: list[Utterance], pause: float
) -> None:
    """The turns backwards and forwards, in many chunks: what each turn gives alone, at the same time."""
    order = [*known[::-1], *known]
    audio, regions, said = in_a_row(order, pause)
    times = [word.end for region in regions for word in recogniser.transcribe(audio, [region]).words]
    if pause < 0.3:  # speech that does not pause: chunks overlap
        regions = [Span(regions[0].start, regions[-1].end)]
    assert len(chunks(regions, audio, longest=12.0, overlap=4.0)) >= 5
    words = with_chunks(recogniser, 12.0).transcribe(audio, regions).words
    assert " ".join(word.text for word in words) == said
    for word, time in zip(words, times, strict=True):
        assert abs(word.end - time) < 3 * FRAME


def test_times_are_those_of_the_recording(recogniser: NemoRecogniser, known: list[Utterance]) -> None:
    """The same speech an odd while later is written at exactly that much later."""
    audio, regions, _ = in_a_row(known, 0.4)
    later = 47 * SAMPLE_RATE + 123
    shift = later / SAMPLE_RATE
    moved = Audio(np.concatenate([np.zeros(later, np.float32), audio.samples]))
    first = recogniser.transcribe(audio, regions).words
    again = recogniser.transcribe(moved, [Span(r.start + shift, r.end + shift) for r in regions]).words
    assert [word.text for word in first] == [word.text for word in again]
    assert [b.start - a.start for a, b in zip(first, again, strict=True)] == pytest.approx(
        [shift] * len(first), abs=1e-3
    )


def test_every_word_is_in_its_region_and_has_plain_numbers(recogniser: NemoRecogniser, sample: Audio) -> None:
    regions = [Span(0.3, 6.4), Span(6.9, 12.7), Span(12.9, 18.8), Span(19.0, 35.0), Span(60.1, 60.3)]
    words = recogniser.transcribe(sample, regions).words
    assert len(words) > 40
    for word in words:
        assert any(region.start <= word.start <= word.end <= region.end for region in regions)
        assert word.confidence is not None
        assert 0 <= word.confidence <= 1
        assert type(word.start) is type(word.end) is type(word.confidence) is float
    assert [word.start for word in words] == sorted(word.start for word in words)
    json.dumps([asdict(word) for word in words])


def test_what_is_known_is_more_certain_than_what_is_not(
    recogniser: NemoRecogniser, known: list[Utterance], sample: Audio
) -> None:
    """Confidences mean something: the model has never heard the end of the sixth turn."""
    sure = recogniser.transcribe(sample, [Span(u.start, u.end) for u in known]).words
    unsure = recogniser.transcribe(sample, [Span(6.9, 12.7), Span(22.6, 28.0)]).words
    assert np.mean([w.confidence for w in sure]) > np.mean([w.confidence for w in unsure]) + 0.1  # type: ignore[arg-type]


def test_nothing_is_written_where_nothing_is_said(recogniser: NemoRecogniser) -> None:
    silence = Audio(np.zeros(10 * SAMPLE_RATE, np.float32))
    assert recogniser.transcribe(silence, []) == Transcript((), None)
    assert recogniser.transcribe(silence, [Span(3.0, 3.0), Span(11.0, 12.0)], "en") == Transcript((), "en")
    assert recogniser.transcribe(silence, [Span(2.0, 6.0), Span(8.0, 8.2)]).words == ()


def test_progress_rises_to_one(recogniser: NemoRecogniser, known: list[Utterance]) -> None:
    audio, regions, _ = in_a_row(known, 1.5)
    several = copy(recogniser)
    several._parameters = AsrParameters(10.0, 30.0, 4.0)
    seen: list[float] = []
    several.transcribe(audio, regions, "en", seen.append)
    assert len(seen) > 3
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(1.0)


def test_a_language_that_the_model_does_not_know_is_refused(ctc: Any, sample: Audio) -> None:
    english = NemoRecogniser(ctc, ALL, languages=("en",))
    assert english.transcribe(sample, [Span(0.3, 6.4)], "en").language == "en"
    with pytest.raises(InvalidOption) as refused:
        english.transcribe(sample, [Span(0.3, 6.4)], "de")
    assert refused.value.field == "language"
    several = NemoRecogniser(ctc, ALL, languages=("de", "en"))
    assert several.transcribe(sample, [Span(0.3, 6.4)], "de").language == "de"
    assert several.transcribe(sample, [Span(0.3, 6.4)]).language is None
    unknown = NemoRecogniser(ctc, ALL)
    assert unknown.transcribe(sample, [Span(0.3, 6.4)], "fr").language == "fr"


class Observed:
    """A decoder that notes seconds, sounds and threads of every call."""

    can_boost = True

    def __init__(self, decoder: Any) -> None:
        self._decoder = decoder
        self.calls: list[tuple[float, int, int]] = []

    def __call__(self, sounds: Sequence[np.ndarray], keyterms: Sequence[str] = ()) -> Any:
        seconds = len(sounds) * max(map(len, sounds)) / SAMPLE_RATE
        self.calls.append((seconds, len(sounds), torch.get_num_threads()))
        return self._decoder(sounds, keyterms)


def in_lanes(asr_checkpoints: dict[str, Path], kind: str, lanes: int) -> tuple[NemoRecogniser, Observed]:
    model = load_asr(asr_checkpoints[kind])
    recogniser = NemoRecogniser(model, AsrParameters(20.0, 30.0, 4.0), lanes=Lanes(lanes))
    observed = recogniser._decoder = Observed(recogniser._decoder)  # type: ignore[assignment]
    return recogniser, observed


def test_lanes_write_what_one_writes(asr_checkpoints: dict[str, Path], kind: str, known: list[Utterance]) -> None:
    """With phrases too, for which each lane would make its own tree if they did not wait for each other."""
    audio, regions, said = in_a_row(known * 3, 1.5)
    alone, _ = in_lanes(asr_checkpoints, kind, 1)
    several, observed = in_lanes(asr_checkpoints, kind, 3)
    for keyterms in ((), ("something else",)):
        words = several.transcribe(audio, regions, keyterms=keyterms).words
        assert " ".join(word.text for word in words) == said
        same_words(words, alone.transcribe(audio, regions, keyterms=keyterms).words, frames=1)
    assert len(observed.calls) >= 6
    assert all(seconds <= 20.0 for seconds, _, _ in observed.calls)


def test_no_lane_is_left_without_work_while_there_are_chunks(
    asr_checkpoints: dict[str, Path], known: list[Utterance]
) -> None:
    recogniser, observed = in_lanes(asr_checkpoints, "ctc", 2)
    audio, regions, _ = in_a_row(known[:3], 1.5)
    recogniser.transcribe(audio, regions)
    assert sorted(sounds for _, sounds, _ in observed.calls) == [1, 2]


def test_a_single_chunk_has_the_threads_of_every_lane(asr_checkpoints: dict[str, Path], sample: Audio) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        recogniser, observed = in_lanes(asr_checkpoints, "ctc", 2)
        recogniser.transcribe(sample, [Span(0.3, 6.4)])
    finally:
        torch.set_num_threads(before)
    assert [(sounds, threads) for _, sounds, threads in observed.calls] == [(1, 2)]


def test_a_cpu_hears_little_at_once_and_a_gpu_what_the_profile_says() -> None:
    assert sized(AsrParameters(1000.0), "cpu").batch_seconds == nemo_asr.CPU_SECONDS
    assert sized(AsrParameters(40.0), "cpu").batch_seconds == 40.0
    assert sized(AsrParameters(1000.0), "cuda:1").batch_seconds == 1000.0


@pytest.mark.parametrize(
    ("capable", "precision", "dtype"),
    [(True, "fast", torch.bfloat16), (False, "fast", torch.float32), (True, "exact", torch.float32)],
)
def test_halves_where_they_are_faster_and_not_asked_for_exactness(
    ctc: Any, monkeypatch: pytest.MonkeyPatch, capable: bool, precision: str, dtype: torch.dtype
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": capable})
    assert NemoRecogniser(ctc, ALL, precision=precision)._decoder._dtype == dtype


class SmallGpu:
    """A decoder on a GPU that has memory for ``seconds`` s of sound at once, padding included."""

    can_boost = True

    def __init__(self, decoder: Any, seconds: float) -> None:
        self._decoder, self._seconds = decoder, seconds
        self.sizes: list[int] = []

    def __call__(self, sounds: Sequence[np.ndarray], keyterms: Sequence[str] = ()) -> Any:
        self.sizes.append(len(sounds))
        if len(sounds) * max(map(len, sounds)) > self._seconds * SAMPLE_RATE:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        return self._decoder(sounds, keyterms)


def test_too_little_memory_halves_the_batch_and_says_so(ctc: Any, known: list[Utterance]) -> None:
    audio, regions, said = in_a_row(known, 1.5)
    recogniser = NemoRecogniser(ctc, ALL)
    small = recogniser._decoder = SmallGpu(recogniser._decoder, 10.0)  # type: ignore[assignment]
    transcript = recogniser.transcribe(audio, regions)
    assert written(transcript) == said
    assert transcript.warnings == (nemo_asr.SMALLER,)
    first, second, third = small.sizes[:3]
    assert first == 8
    assert second <= first / 2
    assert third <= second / 2
    assert sum(small.sizes[2:]) == 8, "what was heard once is not heard again, and no other batch was too large"
    assert recogniser.transcribe(audio, [regions[0]]).warnings == ()


def test_a_gpu_too_small_for_one_chunk_is_an_error_that_names_the_setting(ctc: Any, sample: Audio) -> None:
    recogniser = NemoRecogniser(ctc, ALL)
    recogniser._decoder = SmallGpu(recogniser._decoder, 1.0)  # type: ignore[assignment]
    with pytest.raises(ModelError, match="chunk_seconds"):
        recogniser.transcribe(sample, [Span(0.3, 6.4)])


def test_a_gpu_too_small_for_the_longest_chunk_is_found_at_the_start(ctc: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nemo_asr, "Decoder", lambda *given: SmallGpu(Decoder(*given), 29.0))
    assert NemoRecogniser(ctc, AsrParameters(chunk_seconds=29.0)).together
    with pytest.raises(ModelError, match="chunk_seconds"):
        NemoRecogniser(ctc, AsrParameters(chunk_seconds=30.0))


def test_the_longest_chunk_is_tried_with_the_threads_of_every_lane(ctc: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nemo_asr, "Decoder", lambda *given: Observed(Decoder(*given)))
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        tried = NemoRecogniser(ctc, AsrParameters(chunk_seconds=9.0), lanes=Lanes(2))._decoder
    finally:
        torch.set_num_threads(before)
    assert isinstance(tried, Observed)
    assert tried.calls == [(9.0, 1, 2)]


@pytest.mark.parametrize("fault", [RuntimeError("5000 in /srv/secret"), ValueError("5000"), OverflowError("5000")])
def test_a_model_that_cannot_hear_the_longest_chunk_is_refused_at_the_start(
    ctc: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fault: Exception
) -> None:
    def broken(*_: object) -> Any:
        raise fault

    monkeypatch.setattr(Decoder, "__call__", broken)
    with pytest.raises(ModelError) as refused:
        NemoRecogniser(ctc, AsrParameters(chunk_seconds=30.0))
    expected = f"The recogniser fails on the longest chunk of the profile, 30 s ({type(fault).__name__})"
    assert refused.value.message == f"{expected}; the log has the cause."
    assert refused.value.__cause__ is fault
    assert "5000" in caplog.text
