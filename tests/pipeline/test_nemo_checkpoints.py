"""Checkpoints that can be used, and every kind that cannot: refused in one line that names the file and the way out."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from errors import ModelError
from pipeline.nemo_asr import KINDS, NemoRecogniser, load_asr
from pipeline.nemo_checkpoints import inspect, restore
from pipeline.parameters import AsrParameters
from pipeline.types import Audio, Span
from tests.checkpoints import asr_configs


@pytest.fixture(scope="module")
def checkpoint(asr_checkpoints: dict[str, Path]) -> Path:
    return asr_checkpoints["ctc"]


@pytest.mark.parametrize("kind", ["ctc", "rnnt", "tdt", "hybrid"])
def test_every_kind_of_asr_model_is_loaded_ready_to_work(asr_checkpoints: dict[str, Path], kind: str) -> None:
    model = load_asr(asr_checkpoints[kind])
    assert type(model).__name__ in KINDS
    assert not model.training


def test_a_recogniser_may_write_in_any_letters(tmp_path: Path, sample: Audio) -> None:
    """Letter by letter, in an alphabet of its own; phrases then have no effect, and that is said."""
    from nemo.collections.asr.models import EncDecCTCModel
    from omegaconf import OmegaConf

    config, letters = asr_configs.ctc(tmp_path), [" ", "ж", "щ", "ö"]
    del config["tokenizer"]
    config |= {"labels": letters, "decoder": config["decoder"] | {"vocabulary": letters, "num_classes": len(letters)}}
    EncDecCTCModel(cfg=OmegaConf.create(config)).save_to(str(tmp_path / "letters.nemo"))
    recogniser = NemoRecogniser(load_asr(tmp_path / "letters.nemo"), AsrParameters())
    heard = recogniser.transcribe(sample, [Span(0.3, 6.4)], keyterms=["launch"])
    assert {letter for word in heard.words for letter in word.text} <= set(letters)
    assert heard.warnings == ("keyterms have no effect: the recogniser writes letter by letter.",)


def changed(checkpoint: Path, target: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """The checkpoint with another configuration."""
    with tarfile.open(checkpoint) as old, tarfile.open(target, "w") as new:
        for member in old:
            file = old.extractfile(member)
            content = file.read() if file else b""
            if member.name.endswith("model_config.yaml"):
                config = yaml.safe_load(content)
                change(config)
                content = yaml.safe_dump(config).encode()
            member.size = len(content)
            new.addfile(member, io.BytesIO(content))
    return target


NAME = "nvidia/words"
AGAIN = f"fetch it again with: python cli.py models pull --force {NAME}"


def refusal(path: Path, kinds: tuple[str, ...] = KINDS, name: str = NAME) -> str:
    with pytest.raises(ModelError) as refused:
        restore(path, kinds, "asr", model_path=name)
    message = refused.value.message
    assert message.startswith(f"The asr model {path.name} ")
    assert "\n" not in message
    assert str(path.parent) not in message
    return message


def test_an_unchanged_copy_is_no_reason_to_refuse(checkpoint: Path, tmp_path: Path) -> None:
    restore(changed(checkpoint, tmp_path / "copy.nemo", lambda config: None), KINDS, "asr")


def test_a_model_for_another_stage_is_refused(checkpoint: Path) -> None:
    message = refusal(checkpoint, ("EncDecSpeakerLabelModel",))
    assert "EncDecCTCModelBPE" in message
    assert "EncDecSpeakerLabelModel" in message


def test_a_subclass_is_another_kind(asr_checkpoints: dict[str, Path]) -> None:
    """It may need more than its parent does, as models that are prompted do."""
    assert "EncDecHybridRNNTCTCBPEModel" in refusal(asr_checkpoints["hybrid"], ("EncDecRNNTModel",))


def test_a_telephone_model_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    message = refusal(
        changed(checkpoint, tmp_path / "8k.nemo", lambda config: config["preprocessor"].update(sample_rate=8000))
    )
    assert "8000" in message


@pytest.mark.parametrize(
    "change",
    [
        lambda config: config["preprocessor"].update(sample_rate="fast"),
        lambda config: config["preprocessor"].update(sample_rate="${nowhere}"),
        lambda config: config.update(preprocessor="a sentence"),
        lambda config: config.update(preprocessor=[16000]),
    ],
)
def test_a_sample_rate_that_cannot_be_read_is_refused(
    checkpoint: Path, tmp_path: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    assert "at how many Hz" in refusal(changed(checkpoint, tmp_path / "odd.nemo", change))


def test_a_sample_rate_may_be_that_of_another_key(checkpoint: Path, tmp_path: Path) -> None:
    def refer(config: dict[str, Any]) -> None:
        config["sample_rate"] = 16000
        config["preprocessor"]["sample_rate"] = "${sample_rate}"

    inspect(changed(checkpoint, tmp_path / "referring.nemo", refer), KINDS, "asr")


@pytest.mark.parametrize("content", [b"", b"garbage" * 100, b"PK\x03\x04"])
def test_what_is_no_checkpoint_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broken.nemo"
    path.write_bytes(content)
    assert refusal(path).endswith(AGAIN)
    assert "put a sound one in its place" in refusal(path, name=str(path)), "nobody else has a file of one's own"


@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
def test_a_download_that_broke_off_is_refused(checkpoint: Path, tmp_path: Path, share: float) -> None:
    raw = checkpoint.read_bytes()
    path = tmp_path / "half.nemo"
    path.write_bytes(raw[: int(len(raw) * share)])
    assert refusal(path).endswith(AGAIN)
    with pytest.raises(ModelError, match=r"no \.nemo file, or a damaged one"):
        inspect(path, KINDS, "asr")


def test_an_archive_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.nemo"
    with tarfile.open(path, "w") as archive:
        archive.add(__file__, "readme.txt")
    assert "no .nemo file" in refusal(path)


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    assert "does not exist" in refusal(tmp_path / "gone.nemo")


def of_tomorrow(config: dict[str, Any]) -> None:
    config["target"] = "nemo.collections.asr.models.tomorrow.EncDecTomorrowModel"


def with_tomorrows_encoder(config: dict[str, Any]) -> None:
    config["encoder"]["_target_"] = "nemo.collections.asr.modules.TomorrowsEncoder"


@pytest.mark.parametrize("change", [of_tomorrow, with_tomorrows_encoder])
def test_a_model_of_a_newer_nemo_is_refused_with_what_is_missing(
    checkpoint: Path, tmp_path: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    path = changed(checkpoint, tmp_path / "new.nemo", change)
    message = refusal(path)
    assert "needs another NeMo" in message
    assert "Tomorrow" in message
    with pytest.raises(ModelError) as refused:
        inspect(path, KINDS, "asr")
    assert refused.value.message == message, "what is missing shows without a network being built"


def test_what_only_training_needs_may_be_of_a_newer_nemo(checkpoint: Path, titanet: Path, tmp_path: Path) -> None:
    def train_with_tomorrows(config: dict[str, Any]) -> None:
        config["train_ds"] = {"augmentor": {"_target_": "nemo.collections.asr.data.TomorrowsNoise"}}
        config["loss"] = {"_target_": "nemo.collections.asr.losses.TomorrowsLoss"}

    path = changed(checkpoint, tmp_path / "words.nemo", train_with_tomorrows)
    inspect(path, KINDS, "asr")
    restore(path, KINDS, "asr")
    path = changed(titanet, tmp_path / "voices.nemo", train_with_tomorrows)
    with pytest.raises(ModelError, match="TomorrowsLoss"):  # which NeMo builds with a model for voices
        inspect(path, ("EncDecSpeakerLabelModel",), "embeddings")
    with pytest.raises(ModelError, match="Tomorrows"):
        restore(path, ("EncDecSpeakerLabelModel",), "embeddings")


def with_weights(checkpoint: Path, target: Path, change: Callable[[bytes], bytes | None]) -> Path:
    """The checkpoint with other weights; None: with none."""
    with tarfile.open(checkpoint) as old, tarfile.open(target, "w") as new:
        for member in old:
            file = old.extractfile(member)
            content: bytes | None = file.read() if file else b""
            if content and member.name.endswith(".ckpt"):
                content = change(content)
            if content is not None:
                member.size = len(content)
                new.addfile(member, io.BytesIO(content))
    return target


@pytest.mark.parametrize("change", [lambda weights: None, lambda weights: bytes(2000) + weights[2000:]])
def test_weights_that_are_missing_or_damaged_show_before_a_network_is_built(
    titanet: Path, tmp_path: Path, change: Callable[[bytes], bytes | None]
) -> None:
    path, kinds = with_weights(titanet, tmp_path / "bad.nemo", change), ("EncDecSpeakerLabelModel",)
    with pytest.raises(ModelError, match="cannot be loaded"):
        restore(path, kinds, "embeddings")
    with pytest.raises(ModelError) as refused:
        inspect(path, kinds, "embeddings", NAME)
    assert refused.value.message == f"The embeddings model bad.nemo is no .nemo file, or a damaged one; {AGAIN}"


def test_weights_as_torch_once_wrote_them_are_taken(titanet: Path, tmp_path: Path) -> None:
    def as_before_zip(weights: bytes) -> bytes:
        buffer = io.BytesIO()
        torch.save(torch.load(io.BytesIO(weights)), buffer, _use_new_zipfile_serialization=False)
        return buffer.getvalue()

    path = with_weights(titanet, tmp_path / "old.nemo", as_before_zip)
    inspect(path, ("EncDecSpeakerLabelModel",), "embeddings")
    restore(path, ("EncDecSpeakerLabelModel",), "embeddings")


@pytest.mark.parametrize("target", ["os.system", "", "nemo.utils.logging", "subprocess.Popen"])
def test_a_checkpoint_can_name_nothing_but_a_model_of_nemo(checkpoint: Path, tmp_path: Path, target: str) -> None:
    refusal(changed(checkpoint, tmp_path / "odd.nemo", lambda config: config.update(target=target)))


def test_weights_that_do_not_fit_the_network_are_refused(checkpoint: Path, tmp_path: Path) -> None:
    refusal(changed(checkpoint, tmp_path / "wide.nemo", lambda config: config["encoder"].update(n_layers=4)))
