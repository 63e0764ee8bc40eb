"""A tiny Sortformer with random weights beside NeMo's own ``diarize()`` on the same checkpoint."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from audio_utils import load_audio
from errors import ModelError
from pipeline import sortformer
from pipeline.clustering import Bounds
from pipeline.diarizer import Diarized
from pipeline.nemo_checkpoints import restore
from pipeline.parameters import SortformerParameters
from pipeline.router import Router
from pipeline.sortformer import SortformerDiarizer
from pipeline.types import SAMPLE_RATE, Audio
from settings import Settings
from tests.checkpoints.sortformer import build

KINDS = ("offline", "streaming")
STRICT = SortformerParameters(
    onset=0.53, offset=0.49, pad_onset=0.23, pad_offset=0.01, min_duration_on=0.42, min_duration_off=0.34
)


Models = dict[str, Any]


def load(file: Path) -> Any:
    return restore(file, ("SortformerEncLabelModel",), "sortformer")


@pytest.fixture(scope="module")
def loaded(sortformer_files: dict[str, Path]) -> Models:
    """Ours, by kind."""
    return {kind: load(file) for kind, file in sortformer_files.items()}


@pytest.fixture(scope="module")
def originals(sortformer_files: dict[str, Path]) -> Models:
    """The same, but in NeMo's hands only."""
    return {kind: load(file) for kind, file in sortformer_files.items()}


def diarizer(models: Models, kind: str, rules: SortformerParameters | None = None) -> SortformerDiarizer:
    return SortformerDiarizer(models[kind], replace(rules or SortformerParameters(), streaming=kind == "streaming"))


def run(own: SortformerDiarizer, audio: Audio, bounds: Bounds | None = None) -> Diarized:
    return own.tell_apart(audio, own.listen(audio), bounds or Bounds())


def nemos(model: Any, audio: Audio, folder: Path, rules: SortformerParameters) -> list[tuple[str, float, float]]:
    """Speaker, start, end of NeMo's lines, none of which may end after the recording."""
    names = ("onset", "offset", "pad_onset", "pad_offset", "min_duration_on", "min_duration_off")
    chosen = folder / "rules.yaml"
    chosen.write_text(yaml.safe_dump({"parameters": {name: asdict(rules)[name] for name in names}}))
    (lines,) = model.diarize(
        audio=[audio.samples], sample_rate=SAMPLE_RATE, num_workers=0, postprocessing_yaml=str(chosen)
    )
    rows = [line.split() for line in lines]
    return [
        (speaker.removeprefix("speaker_"), float(start), min(float(end), round(audio.duration, 2)))
        for start, end, speaker in rows
    ]


def ours(found: Diarized) -> list[tuple[str, float, float]]:
    rows = [(turn.speaker, round(turn.start, 2), round(turn.end, 2)) for turn in found.turns]
    return sorted(rows)


@pytest.mark.parametrize("rules", [SortformerParameters(), STRICT], ids=["default", "strict"])
@pytest.mark.parametrize("kind", KINDS)
def test_turns_are_nemos_own(
    kind: str, rules: SortformerParameters, loaded: Models, originals: Models, sample: Audio, tmp_path: Path
) -> None:
    found = run(diarizer(loaded, kind, rules), sample)
    assert ours(found) == sorted(nemos(originals[kind], sample, tmp_path, rules))
    assert len(found.turns) > 20
    assert {turn.speaker for turn in found.turns} == set("0123")


@pytest.mark.parametrize("name", ["dialogues/support_call", "conversations/talk2", "ami/trn03"])
@pytest.mark.parametrize("kind", KINDS)
def test_turns_of_real_recordings_are_nemos_own(
    kind: str, name: str, loaded: Models, originals: Models, real_audio_dir: Path, settings: Settings, tmp_path: Path
) -> None:
    (audio,) = load_audio(real_audio_dir / f"{name}.flac", settings)
    audio = Audio(audio.cut(0, 90).copy())
    found = run(diarizer(loaded, kind), audio)
    assert ours(found) == sorted(nemos(originals[kind], audio, tmp_path, SortformerParameters()))
    assert found.turns


@pytest.mark.parametrize("seconds", [0.1, 0.17, 4.0, 4.05, 8.29])
@pytest.mark.parametrize("kind", KINDS)
def test_short_recordings_and_odd_ends_are_nemos_too(
    kind: str, seconds: float, loaded: Models, originals: Models, sample: Audio, tmp_path: Path
) -> None:
    audio = Audio(sample.cut(1.0, 1.0 + seconds).copy())
    found = run(diarizer(loaded, kind), audio)
    assert ours(found) == sorted(nemos(originals[kind], audio, tmp_path, SortformerParameters()))


def three_minutes(sample: Audio) -> Audio:
    return Audio(np.tile(sample.samples, 3)[: 180 * SAMPLE_RATE])


def test_a_stream_of_any_length_is_heard_in_chunks_without_a_bar_on_the_console(
    loaded: Models,
    originals: Models,
    sample: Audio,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    audio, own = three_minutes(sample), diarizer(loaded, "streaming")
    heard: list[int] = []
    log_mel = own._log_mel
    monkeypatch.setattr(own, "_log_mel", lambda samples: heard.append(len(samples)) or log_mel(samples))
    capfd.readouterr()
    progress: list[float] = []
    activity = own.listen(audio, progress.append)
    assert capfd.readouterr() == ("", "")
    assert activity.probability.shape == (180 / 0.08, 4)
    assert max(heard) < 61 * SAMPLE_RATE
    assert progress == sorted(progress)
    assert len(progress) == 45
    assert progress[-1] == 1.0
    found = own.tell_apart(audio, activity, Bounds())
    assert ours(found) == sorted(nemos(originals["streaming"], audio, tmp_path, SortformerParameters()))


def test_a_long_recording_without_streaming_is_heard_in_chunks_too_and_says_so(
    loaded: Models, originals: Models, sample: Audio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = diarizer(loaded, "offline")
    monkeypatch.setattr(sortformer, "WHOLE", sample.duration)
    whole = own.listen(sample)
    monkeypatch.setattr(sortformer, "WHOLE", sample.duration - 1)
    progress: list[float] = []
    chunks = own.listen(sample, progress.append)
    assert whole.warnings == ()
    assert "heard it in chunks" in chunks.warnings[0]
    assert chunks.probability.shape == whole.probability.shape
    assert len(progress) == 18
    found = own.tell_apart(sample, chunks, Bounds())
    assert found.warnings == chunks.warnings
    # As NeMo streams it, but as loud as the checkpoint is used to.
    monkeypatch.setattr(originals["offline"], "streaming_mode", True)
    loud = Audio(sample.samples / (sample.samples.max() + np.float32(originals["offline"].eps)))
    assert ours(found) == sorted(nemos(originals["offline"], loud, tmp_path, SortformerParameters()))


@pytest.mark.parametrize("seconds", [0.0, 0.005, 0.1, 3.0, 20.0])
@pytest.mark.parametrize("kind", KINDS)
def test_nobody_speaks_in_silence(kind: str, seconds: float, loaded: Models) -> None:
    silence = Audio(np.zeros(round(seconds * SAMPLE_RATE), np.float32))
    assert run(diarizer(loaded, kind), silence) == Diarized((), ())


def test_it_knows_its_limit_of_four_and_keeps_to_a_lower_one(loaded: Models, sample: Audio) -> None:
    own = diarizer(loaded, "offline")
    assert own.limit == 4
    heard = own.listen(sample)
    assert heard.probability.dtype == np.float32
    assert heard.probability.shape == (-(-7100 // 8), 4)
    for high in (1, 2, 3, 9):
        found = own.tell_apart(sample, heard, Bounds(1, high))
        assert len({turn.speaker for turn in found.turns}) == min(high, 4)


@pytest.mark.parametrize("kind", KINDS)
def test_a_checkpoint_for_another_number_of_people_states_its_own_limit(
    kind: str, sample: Audio, tmp_path: Path
) -> None:
    build(tmp_path / "three.nemo", sample.samples, streaming=kind == "streaming", speakers=3)
    own = diarizer({kind: load(tmp_path / "three.nemo")}, kind)
    assert own.limit == 3
    assert len({turn.speaker for turn in run(own, sample).turns}) == 3
    (note,) = Router({"sortformer": own}).choose("auto", Bounds(5, 5)).notes
    assert note == "5 speakers were asked for, but Sortformer tells at most 3 apart."


CHUNKS = {
    "chunk_len": 25, "chunk_left_context": 1, "chunk_right_context": 5, "fifo_len": 30, "spkcache_len": 48,
    "spkcache_update_period": 28,
}  # fmt: skip


def test_chunks_and_memory_are_as_the_profile_says(
    sortformer_files: dict[str, Path], loaded: Models, sample: Audio, tmp_path: Path
) -> None:
    """By the names that NeMo has for them, and with the turns that NeMo then has."""
    rules = SortformerParameters(streaming=True, **CHUNKS)  # type: ignore[arg-type]
    found = run(SortformerDiarizer(load(sortformer_files["streaming"]), rules), sample)
    theirs = load(sortformer_files["streaming"])
    for name, value in CHUNKS.items():
        setattr(theirs.sortformer_modules, name, value)
    assert ours(found) == sorted(nemos(theirs, sample, tmp_path, rules))
    assert ours(found) != ours(run(diarizer(loaded, "streaming"), sample))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [("chunk_len", 0, "at least 1"), ("fifo_len", -1, "at least 0"), ("spkcache_len", 15, "at least 16")],
)
def test_chunks_and_memory_that_cannot_be_are_refused_at_the_start(
    name: str, value: int, said: str, sortformer_files: dict[str, Path]
) -> None:
    rules = SortformerParameters(streaming=True, **{name: value})  # type: ignore[arg-type]
    with pytest.raises(ModelError, match=rf"diarizer\.sortformer\.parameters.*{name}.*{said}") as refused:
        SortformerDiarizer(load(sortformer_files["streaming"]), rules)
    assert "\n" not in refused.value.message


def test_speech_holds_every_turn(loaded: Models, sample: Audio) -> None:
    found = run(diarizer(loaded, "streaming"), sample)
    for turn in found.turns:
        assert any(span.start <= turn.start and turn.end <= span.end for span in found.speech)
    assert all(0 <= span.start < span.end <= sample.duration for span in found.speech)


def test_features_that_cannot_be_made_piece_by_piece_are_refused(sortformer_files: dict[str, Path]) -> None:
    model = load(sortformer_files["offline"])
    model.preprocessor.featurizer.normalize = "all_features"
    with pytest.raises(ModelError, match="all_features"):
        SortformerDiarizer(model, SortformerParameters())


def test_features_without_normalisation_are_nemos_too(
    sortformer_files: dict[str, Path], sample: Audio, tmp_path: Path
) -> None:
    """As those of NVIDIA's streaming checkpoints."""
    file = tmp_path / "plain.nemo"
    model = load(sortformer_files["streaming"])
    model.cfg.preprocessor.normalize = "NA"
    model.save_to(str(file))
    found = run(diarizer({"streaming": load(file)}, "streaming"), sample)
    assert ours(found) == sorted(nemos(load(file), sample, tmp_path, SortformerParameters()))
