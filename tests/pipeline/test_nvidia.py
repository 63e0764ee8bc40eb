"""Whole profiles of NVIDIA's models, on small checkpoints that the tests trained: from files on disk to words."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from errors import InvalidOption, ModelError
from nemo_processor import NeMoProcessor, load_processor, warm_processor
from pipeline.catalogue import DEFAULT_ASR
from pipeline.clustering import Bounds
from pipeline.lanes import Lanes
from pipeline.nemo_checkpoints import restore
from pipeline.nemo_decoding import Decoder
from pipeline.nemo_words import Stamped
from pipeline.nvidia import FRAMES, WINDOWS, check, load_router
from pipeline.parameters import ActivityParameters, SortformerParameters
from pipeline.profile import Profile
from pipeline.readiness import Loading
from pipeline.types import Audio, Options
from settings import Settings
from tests.audit import deeds

MakeProfile = Callable[..., Settings]


@pytest.fixture
def make_profile(settings: Settings, tmp_path: Path) -> MakeProfile:
    """make_profile(vad=FILE, asr=FILE, ...): settings of a profile with these models, and extra lines."""

    def make(extra: str = "", **models: Path) -> Settings:
        sections = {"embeddings": "speaker_embeddings"}
        lines = [f"  {sections.get(stage, stage)}:\n    model_path: {path}\n" for stage, path in models.items()]
        (tmp_path / "ours.yaml").write_text(f"device: cpu\n{extra}diarizer:\n{''.join(lines)}")
        return settings.model_copy(update={"model_config_dir": tmp_path, "profile": "ours"})

    return make


@pytest.fixture
def files(titanet: Path, frame_marblenet: Path, asr_checkpoints: dict[str, Path]) -> dict[str, Path]:
    return {"vad": frame_marblenet, "embeddings": titanet, "asr": asr_checkpoints["ctc"]}


@pytest.mark.parametrize("precision", ["fast", "exact"])
def test_a_recording_through_nvidias_models(
    precision: str, make_profile: MakeProfile, files: dict[str, Path], sample: Audio
) -> None:
    """The tiny recogniser was taught some of the turns by heart; the others come out as nonsense."""
    processor = load_processor(make_profile(f"precision: {precision}\n", **files))
    conversation = processor.process([sample], Options(num_speakers=3))
    assert len(conversation.speakers) == 3
    assert set(conversation.models) == {"vad", "embeddings", "asr"}
    text = " ".join(segment.text for segment in conversation.segments)
    assert "How much is left?" in text
    words = [word for segment in conversation.segments for word in segment.words]
    assert all(0 <= word.start < word.end <= sample.duration for word in words)
    assert all(word.speaker in conversation.speakers for word in words)


@pytest.mark.parametrize("precision", ["fast", "exact"])
def test_a_recording_leaves_nothing_on_disk_and_starts_no_process(
    precision: str, make_profile: MakeProfile, files: dict[str, Path], sortformer_files: dict[str, Path],
    nemotron_folder: Path, sample: Audio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """No manifest, no temporary file, no worker of a DataLoader, from the first recording on: nothing was warmed up."""
    # Python keeps the bytecode of what is imported late; that is no trace of a recording.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    both = {"sortformer": sortformer_files["streaming"], "nemotron": nemotron_folder}
    processor = load_processor(make_profile(f"precision: {precision}\n", **files, **both))
    with deeds() as done:
        for name in ("clustering", "sortformer", "nemotron"):
            assert processor.process([sample], Options(diarizer=name)).segments
    assert done == []
    with deeds() as done:
        (tmp_path / "manifest.json").write_text("{}")
        subprocess.run(["true"], check=True)
    assert [deed.partition(" ")[0] for deed in done] == ["open", "subprocess.Popen", "child"]


def test_windows_can_detect_speech_too(
    make_profile: MakeProfile, files: dict[str, Path], window_marblenet: Path, sample: Audio
) -> None:
    processor = load_processor(make_profile(**{**files, "vad": window_marblenet}))
    assert processor.process([sample], Options()).segments


def test_each_channel_can_have_its_speaker(make_profile: MakeProfile, files: dict[str, Path], sample: Audio) -> None:
    processor = load_processor(make_profile(**files))
    silence = Audio(0 * sample.samples)
    conversation = processor.process([sample, silence], Options(channels="per_channel"))
    assert conversation.speakers == ("SPEAKER_00",)


def test_a_profile_holds_every_diarizer_that_it_names(
    make_profile: MakeProfile, files: dict[str, Path], sortformer_files: dict[str, Path], nemotron_folder: Path,
    sample: Audio,
) -> None:  # fmt: skip
    both = {"sortformer": sortformer_files["offline"], "nemotron": nemotron_folder}
    told: list[dict[str, str]] = []
    processor = warm_processor(make_profile(**files, **both), lambda _, states: told.append(states))
    assert told[-1] == dict.fromkeys(("vad", "embeddings", "asr", "sortformer", "nemotron", "warm_up"), "ready")
    for name in ("clustering", "sortformer", "nemotron"):
        assert processor.process([Audio(sample.cut(0, 20))], Options(diarizer=name)).duration == 20
    only = load_processor(make_profile(**{**files, "sortformer": both["sortformer"]}))
    with pytest.raises(InvalidOption, match="nemotron is not loaded here; there is auto, sortformer, clustering"):
        only.process([sample], Options(diarizer="nemotron"))


def test_each_diarizer_has_the_parameters_of_its_section(
    sortformer_files: dict[str, Path], nemotron_folder: Path, sample: Audio
) -> None:
    files = {"sortformer": sortformer_files["streaming"], "nemotron": nemotron_folder}
    usual = Profile("ours", "cpu", {}, sortformer=SortformerParameters(streaming=True))
    strict = replace(
        usual,
        sortformer=SortformerParameters(streaming=True, chunk_len=25),
        nemotron=ActivityParameters(min_duration_on=0.3),
    )
    found = {}
    for profile in (usual, strict):
        loading = Loading("ours", files)
        router = load_router(files, profile, None, None, "cpu", Lanes(), loading)  # type: ignore[arg-type]
        for name in files:
            route = router.choose(name, Bounds())
            found[profile is usual, name] = route.tell_apart(sample, route.listen(sample), Bounds()).turns
    assert found[True, "sortformer"] != found[False, "sortformer"]
    assert min(turn.end - turn.start for turn in found[True, "nemotron"]) < 0.25
    assert min(turn.end - turn.start for turn in found[False, "nemotron"]) > 0.25


def test_phrases_reach_the_recogniser_and_one_that_cannot_prefer_them_says_so(
    make_profile: MakeProfile, files: dict[str, Path], sample: Audio, processor: NeMoProcessor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    clip, options = Audio(sample.cut(0, 7)), Options(language="en", keyterms=("launch",))
    ours, told, decode = load_processor(make_profile(**files)), list[Sequence[str]](), Decoder.__call__

    def listen(self: Decoder, sounds: Sequence[np.ndarray], keyterms: Sequence[str] = ()) -> list[list[Stamped]]:
        told.append(keyterms)
        return decode(self, sounds, keyterms)

    monkeypatch.setattr(Decoder, "__call__", listen)
    assert ours.process([clip], options).warnings == ()
    assert set(told) == {("launch",)}
    assert processor.process([clip], options).warnings == ("keyterms have no effect with this recogniser.",)


@pytest.mark.parametrize("stage", ["vad", "asr", "embeddings"])
def test_a_model_of_another_stage_is_refused_at_the_start(
    stage: str, make_profile: MakeProfile, files: dict[str, Path]
) -> None:
    wrong = files["asr"] if stage != "asr" else files["vad"]
    with pytest.raises(ModelError, match=f"The {stage} model {wrong.name} is of class") as caught:
        load_processor(make_profile(**{**files, stage: wrong}))
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (["yes", "no", "up", "down", "left"], "yes, no, up, down and 1 more, not background and speech, in this order"),
        (["en", "de"], "en, de, not"),
        (["speech", "background"], "speech, background, not"),
    ],
)
@pytest.mark.parametrize("kind", ["window", "frame"])
def test_a_model_that_detects_something_else_is_refused_at_the_start(
    kind: str, labels: list[str], said: str, make_profile: MakeProfile, files: dict[str, Path],
    window_marblenet: Path, tmp_path: Path,
) -> None:  # fmt: skip
    """Commands, languages, or speech where silence is meant: models of the very class that detects speech."""
    file = {"window": window_marblenet, "frame": files["vad"]}[kind]
    usual = restore(file, (FRAMES, WINDOWS), "vad")
    usual.cfg.labels, usual.cfg.decoder.num_classes = labels, len(labels)
    type(usual)(cfg=usual.cfg).save_to(str(tmp_path / "commands.nemo"))
    with pytest.raises(ModelError) as caught:
        load_processor(make_profile(**{**files, "vad": tmp_path / "commands.nemo"}))
    assert caught.value.message.startswith(f"The vad model commands.nemo has the labels {said}")
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("place", ["labels", "train_ds"])
def test_a_model_that_tells_languages_is_refused_for_voices(
    place: str, make_profile: MakeProfile, files: dict[str, Path], tmp_path: Path
) -> None:
    """As NVIDIA's langid_ambernet, which is of the class of TitaNet. Speakers may be called almost so."""
    usual = restore(files["embeddings"], ("EncDecSpeakerLabelModel",), "embeddings")
    for name, labels in (("langid", ["ab", "de", "en", "fr", "zh"]), ("voices", ["ann", "al", "en", "jo", "17"])):
        usual.cfg[place] = labels if place == "labels" else {"labels": labels}
        usual.save_to(str(tmp_path / f"{name}.nemo"))
    profile = Profile("ours", "cpu", {"embeddings": "x"})
    check({"embeddings": tmp_path / "voices.nemo"}, profile)
    with pytest.raises(ModelError) as caught:
        check({"embeddings": tmp_path / "langid.nemo"}, profile)
    assert caught.value.message == (
        "The embeddings model langid.nemo has the labels ab, de, en, fr and 1 more: it tells languages, not voices; "
        "choose another model_path."
    )
    with pytest.raises(ModelError, match="it tells languages"):
        load_processor(make_profile(**{**files, "embeddings": tmp_path / "langid.nemo"}))


@pytest.mark.parametrize(("left_out", "said"), [("vad", "vad"), ("embeddings", "speaker_embeddings")])
def test_a_profile_with_a_stage_missing_is_refused(
    left_out: str, said: str, make_profile: MakeProfile, files: dict[str, Path]
) -> None:
    rest = {stage: file for stage, file in files.items() if stage != left_out}
    with pytest.raises(ModelError, match=f"no model_path for {said}"):
        load_processor(make_profile(**rest))


def test_a_profile_without_a_recogniser_asks_for_the_default(make_profile: MakeProfile, files: dict[str, Path]) -> None:
    del files["asr"]
    with pytest.raises(ModelError, match=f"The asr model {DEFAULT_ASR}: not on this machine"):
        load_processor(make_profile(**files))


def test_a_damaged_checkpoint_is_refused_at_the_start(
    make_profile: MakeProfile, files: dict[str, Path], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.nemo"
    broken.write_bytes(files["embeddings"].read_bytes()[:5000])
    with pytest.raises(ModelError, match=r"embeddings model broken\.nemo"):
        load_processor(make_profile(**{**files, "embeddings": broken}))
