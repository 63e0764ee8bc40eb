"""Our diarization beside NeMo's own ClusteringDiarizer, with the same checkpoints on the same sound.

The speech is MarbleNet's, handed to both: ClusteringDiarizer cannot load a network that judges frames. The windowed
one, which it can load, is compared on the sample.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from scipy.optimize import linear_sum_assignment

from pipeline.clustering import Bounds
from pipeline.nemo_checkpoints import restore
from pipeline.nemo_diarizer import NemoDiarizer
from pipeline.parameters import ClusteringParameters, VadParameters
from pipeline.spans import spans_by
from pipeline.titanet import SpeakerEmbedder
from pipeline.types import Audio, Span, Turn
from pipeline.vad import FRAME, SpeechDetector
from pipeline.window_vad import WindowDetector
from tests.clustering_diarizer import Found, Recipe, diarize
from tests.media import SAMPLE

RULES = VadParameters(pad_onset=0.05, pad_offset=0.05, min_duration_on=0.1, min_duration_off=0.3)
AS_NEMO = Bounds(1, 8)
MILLISECOND = 1e-3 + 1e-6


@pytest.fixture(scope="module")
def titanet_model(titanet: Path) -> Any:
    return restore(titanet, ("EncDecSpeakerLabelModel",), "embeddings")


@pytest.fixture(scope="module")
def detector(frame_marblenet: Path) -> SpeechDetector:
    return SpeechDetector(restore(frame_marblenet, ("EncDecFrameClassificationModel",), "vad"), rules=RULES)


def diarizer(detector: Any, model: Any, precision: str) -> NemoDiarizer:
    return NemoDiarizer(detector, SpeakerEmbedder(model, precision=precision), precision=precision)


def recordings(folder: Path) -> list[Path]:
    return sorted(path for kind in ("dialogues", "conversations", "ami") for path in (folder / kind).glob("*.flac"))


def opened(path: Path) -> Audio:
    return Audio(soundfile.read(path, dtype="float32")[0], path.stem)


def check_exact(heard: Any, turns: Sequence[Turn], theirs: Found) -> None:
    for ours, vectors in zip(heard.scales, theirs.vectors, strict=True):
        assert ours.vectors.shape == vectors.shape
        assert (ours.vectors - vectors).abs().max() <= 1e-6
    assert len(turns) == len(theirs.turns)
    names: dict[str, str] = {}
    for our, their in zip(turns, theirs.turns, strict=True):
        assert abs(our.start - their.start) <= MILLISECOND
        assert abs(our.end - their.end) <= MILLISECOND
        assert names.setdefault(our.speaker, their.speaker) == their.speaker
    assert len(set(names.values())) == len(names)


def agreement(ours: Sequence[Turn], theirs: Sequence[Turn]) -> float:
    """The share of the time spoken in either that is labelled the same, by the best map of the speakers."""
    seconds = max(turn.end for turn in (*ours, *theirs))
    mine, their = labelled(ours, seconds), labelled(theirs, seconds)
    together = np.array([[((mine == a) & (their == b)).sum() for b in set(their) - {""}] for a in set(mine) - {""}])
    rows, columns = linear_sum_assignment(-together)
    return together[rows, columns].sum() / ((mine != "") | (their != "")).sum()


def labelled(turns: Sequence[Turn], seconds: float) -> np.ndarray:
    """The speaker of each 5 ms."""
    names = np.full(round(seconds * 200), "", dtype=object)
    for turn in turns:
        names[round(turn.start * 200) : round(turn.end * 200)] = turn.speaker
    return names


def compare(audio: Audio, detector: SpeechDetector, model: Any, titanet: Path) -> tuple[float, float]:
    """Checks "exact" against NeMo. -> The share that "fast" labels the same, and the seconds spoken."""
    with TemporaryDirectory() as folder:
        theirs = diarize(audio, Recipe(titanet, speech=detector.spans(audio)), Path(folder))
    exact, fast = (diarizer(detector, model, precision) for precision in ("exact", "fast"))
    heard = exact.embed(audio, exact.listen(audio))
    check_exact(heard, exact.tell_apart(audio, heard, AS_NEMO).turns, theirs)
    same = agreement(fast.tell_apart(audio, fast.listen(audio), AS_NEMO).turns, theirs.turns)
    return same, sum(turn.end - turn.start for turn in theirs.turns)


def test_the_sample_is_diarized_as_nemo_does(
    sample: Audio, detector: SpeechDetector, titanet_model: Any, titanet: Path
) -> None:
    same, _ = compare(sample, detector, titanet_model, titanet)
    assert same >= 0.99


def test_real_recordings_are_diarized_as_nemo_does(
    real_audio_dir: Path, detector: SpeechDetector, titanet_model: Any, titanet: Path
) -> None:
    compared = [compare(opened(path), detector, titanet_model, titanet) for path in recordings(real_audio_dir)]
    same, seconds = np.array(compared).T
    assert len(compared) >= 2
    assert np.average(same, weights=seconds) >= 0.99


def test_with_a_windowed_network_speech_and_turns_are_nemos(
    sample: Audio, titanet_model: Any, window_marblenet: Path, titanet: Path, tmp_path: Path
) -> None:
    model = restore(window_marblenet, ("EncDecClassificationModel",), "vad")
    ours = diarizer(WindowDetector(model, RULES, precision="exact"), titanet_model, "exact")
    theirs = diarize(sample, Recipe(titanet, vad=window_marblenet, rules=RULES), tmp_path)
    heard = ours.embed(sample, ours.listen(sample))
    assert [(round(s.start, 5), round(s.duration, 5)) for s in heard.speech] == [
        (round(s.start, 5), round(s.duration, 5)) for s in theirs.speech
    ]
    check_exact(heard, ours.tell_apart(sample, heard, AS_NEMO).turns, theirs)


def test_a_given_count_is_nemos_too(
    sample: Audio, detector: SpeechDetector, titanet_model: Any, titanet: Path, tmp_path: Path
) -> None:
    theirs = diarize(sample, Recipe(titanet, speech=detector.spans(sample), num_speakers=5), tmp_path)
    ours = diarizer(detector, titanet_model, "exact")
    heard = ours.embed(sample, ours.listen(sample))
    check_exact(heard, ours.tell_apart(sample, heard, Bounds(5, 5)).turns, theirs)


@pytest.mark.parametrize("precision", ["fast", "exact"])
def test_the_three_voices_of_the_sample_are_told_apart(
    sample: Audio, detector: SpeechDetector, titanet_model: Any, precision: str
) -> None:
    ours = diarizer(detector, titanet_model, precision)
    diarized = ours.tell_apart(sample, ours.listen(sample), AS_NEMO)
    rows = json.loads(SAMPLE.with_suffix(".seglst.json").read_text())
    spoken = [Turn(row["speaker"], row["start_time"], row["end_time"]) for row in rows]
    assert len({turn.speaker for turn in diarized.turns}) == 3
    assert agreement(diarized.turns, spoken) > 0.8


@pytest.mark.parametrize("precision", ["fast", "exact"])
def test_another_number_of_speakers_costs_no_second_hearing(
    sample: Audio, detector: SpeechDetector, titanet_model: Any, precision: str
) -> None:
    ours = diarizer(detector, titanet_model, precision)
    seen: list[float] = []
    heard = ours.embed(sample, ours.listen(sample), seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(1.0)
    kept = ours.restored(heard.arrays())
    for count in (1, 2, 4, 7):
        turns = ours.tell_apart(sample, heard, Bounds(count, count)).turns
        assert {turn.speaker for turn in turns} == {str(index) for index in range(count)}
        assert ours.tell_apart(sample, kept, Bounds(count, count)).turns == turns


def test_speech_for_the_recogniser_holds_every_turn_and_some_room(
    sample: Audio, detector: SpeechDetector, titanet_model: Any
) -> None:
    ours = diarizer(detector, titanet_model, "fast")
    diarized = ours.tell_apart(sample, ours.listen(sample), AS_NEMO)
    assert all(0 <= span.start < span.end <= sample.duration for span in diarized.speech)
    assert all(a.end < b.start for a, b in zip(diarized.speech, diarized.speech[1:], strict=False))
    for turn in diarized.turns:
        assert any(span.start < turn.start and turn.end <= span.end for span in diarized.speech)


@pytest.mark.parametrize("precision", ["fast", "exact"])
@pytest.mark.parametrize("seconds", [0.0, 0.03, 4.0])
def test_silence_has_neither_turns_nor_speech(
    detector: SpeechDetector, titanet_model: Any, precision: str, seconds: float
) -> None:
    ours, silence = diarizer(detector, titanet_model, precision), Audio(np.zeros(round(seconds * 16_000), np.float32))
    diarized = ours.tell_apart(silence, ours.listen(silence), Bounds(2, 2))
    assert (diarized.turns, diarized.speech) == ((), ())


def test_one_word_is_one_turn(sample: Audio, detector: SpeechDetector, titanet_model: Any) -> None:
    word = Audio(np.pad(sample.samples[16_000:20_800], 16_000))
    for precision in ("fast", "exact"):
        ours = diarizer(detector, titanet_model, precision)
        (turn,) = ours.tell_apart(word, ours.listen(word), Bounds(1, 8)).turns
        assert 0.9 < turn.start < turn.end < 1.6


def test_chunks_of_a_long_recording_agree_with_the_whole(
    sample: Audio, detector: SpeechDetector, titanet_model: Any
) -> None:
    """The sample again and again, told apart in chunks as an hour would be."""
    long = Audio(np.tile(sample.samples, 4))
    embedder = SpeakerEmbedder(titanet_model)
    whole, chunked = (
        NemoDiarizer(detector, embedder, ClusteringParameters(embeddings_per_chunk=size)) for size in (10_000, 300)
    )
    heard = whole.listen(long)
    first, second = (ours.tell_apart(long, ours.embed(long, heard), AS_NEMO).turns for ours in (whole, chunked))
    kept = chunked.restored(chunked.embed(long, heard).arrays())
    assert kept.folded is not None
    assert chunked.tell_apart(long, kept, AS_NEMO).turns == second
    assert len({turn.speaker for turn in second}) == 3
    assert agreement(first, second) > 0.95


def test_frames_become_spans_by_the_rules_of_the_profile(sample: Audio, detector: SpeechDetector) -> None:
    spans = detector.spans(sample)
    by_hand = spans_by(RULES, detector(sample), FRAME)
    assert [span.start for span in spans] == [span.start for span in by_hand]
    assert spans[-1].end <= sample.duration
    assert spans != SpeechDetector(detector._model).spans(sample)


def test_no_number_is_torchs(sample: Audio, detector: SpeechDetector, titanet_model: Any) -> None:
    """What leaves the diarizer crosses processes and becomes JSON."""
    ours = diarizer(detector, titanet_model, "fast")
    diarized = ours.tell_apart(sample, ours.listen(sample), AS_NEMO)
    assert all(type(time) is float for turn in diarized.turns for time in (turn.start, turn.end))
    assert all(type(time) is float for span in diarized.speech for time in (span.start, span.end))
    assert not torch.is_inference_mode_enabled()
    assert isinstance(diarized.speech[0], Span)
