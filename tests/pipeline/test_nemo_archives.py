"""What a .nemo file must hold before a network is built from it, shown on archives of a few bytes."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest
import torch

from pipeline.nemo_archives import check_weights, read_config

CONFIG = b"target: nemo.collections.asr.models.EncDecCTCModel\n"


def written(zipped: bool = True) -> bytes:
    buffer = io.BytesIO()
    weights = {"encoder": torch.arange(3000.0), "decoder": torch.ones(7)}
    torch.save(weights, buffer, _use_new_zipfile_serialization=zipped)
    return buffer.getvalue()


def packed(path: Path, mode: str = "w", **files: bytes) -> Path:
    """config=..., weights=...: an archive of them, named as in NeMo's."""
    names = {"config": "./model_config.yaml", "weights": "./model_weights.ckpt"}
    with tarfile.open(path, mode) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(names.get(name, name))
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


@pytest.mark.parametrize("mode", ["w", "w:gz"])
@pytest.mark.parametrize("zipped", [True, False])
def test_what_torch_writes_or_once_wrote_is_sound(mode: str, zipped: bool, tmp_path: Path) -> None:
    """NeMo packed with gzip before 1.7, torch wrote no zip before 1.6; both still read what they wrote."""
    path = packed(tmp_path / "model.nemo", mode, config=CONFIG, weights=written(zipped), tokenizer=b"letters")
    check_weights(path)
    assert read_config(path) == {"target": "nemo.collections.asr.models.EncDecCTCModel"}


def test_weights_need_no_sums(tmp_path: Path) -> None:
    before = torch.serialization.get_crc32_options()
    torch.serialization.set_crc32_options(False)
    try:
        weights = written()
    finally:
        torch.serialization.set_crc32_options(before)
    check_weights(packed(tmp_path / "model.nemo", config=CONFIG, weights=weights))


def zip_of(name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, b"content")
    return buffer.getvalue()


DAMAGED = {
    "zeros": bytes(2000) + written()[2000:],
    "a record without its header": written().replace(b"PK\x03\x04", bytes(4)).replace(bytes(4), b"PK\x03\x04", 1),
    "no list of contents": written()[:-200] + bytes(200),
    "broken off before it was packed": written()[:5000],
    "an old one of zeros": bytes(200) + written(zipped=False)[200:],
    "another zip": zip_of("readme.txt"),
    "a page of a website": b"<html>not found</html>",
    "nothing": b"",
}


@pytest.mark.parametrize("fault", DAMAGED)
def test_weights_that_torch_could_not_read_are_refused(fault: str, tmp_path: Path) -> None:
    path = packed(tmp_path / "model.nemo", config=CONFIG, weights=DAMAGED[fault])
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever torch has for each
        torch.load(io.BytesIO(DAMAGED[fault]), weights_only=True)
    with pytest.raises(ValueError, match=r"model"):
        check_weights(path)


def test_weights_must_be_there_and_at_the_top(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"model_weights\.ckpt is missing"):
        check_weights(packed(tmp_path / "bare.nemo", config=CONFIG))
    with pytest.raises(ValueError, match=r"model_weights\.ckpt is missing"):
        check_weights(packed(tmp_path / "deep.nemo", **{"config": CONFIG, "old/model_weights.ckpt": written()}))


def test_what_lies_behind_the_weights_must_be_there_too(tmp_path: Path) -> None:
    path = packed(tmp_path / "model.nemo", config=CONFIG, weights=written(), tokenizer=bytes(50_000))
    path.write_bytes(path.read_bytes()[:-40_000])
    with pytest.raises(ValueError, match="damaged"):
        check_weights(path)


@pytest.mark.parametrize("config", [b"a: [unclosed", b"\xff\xfe\x00", b"when: 2020-13-45"])
def test_a_configuration_that_is_no_yaml_is_refused(config: bytes, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_config(packed(tmp_path / "model.nemo", config=config, weights=written()))


def test_a_configuration_of_one_sentence_says_nothing(tmp_path: Path) -> None:
    assert read_config(packed(tmp_path / "model.nemo", config=b"a sentence")) == {}


def test_a_file_that_is_gone_is_another_matter(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_config(tmp_path / "gone.nemo")
