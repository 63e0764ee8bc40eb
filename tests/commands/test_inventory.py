from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from commands import inventory
from commands.inventory import megabytes, missing, needs
from commands.sums import write_sums
from pipeline.checkpoints import store, stored_name
from pipeline.profile import Profile, find_profile, load_profile
from settings import Settings


def profile(own: Settings, name: str) -> Profile:
    return load_profile(find_profile(own, name))


def test_everything_is_missing_on_a_new_machine_and_says_what_it_will_cost(own: Settings) -> None:
    found = needs(profile(own, "diar_infer_meeting"), own)
    assert [need.stage for need in found] == ["vad", "embeddings", "asr"]
    assert list(missing(found)) == found
    assert found[1].hint == "to be pulled: about 100 MB, CC-BY-4.0"


def test_what_is_there_has_its_place_size_and_sum(own: Settings) -> None:
    store(own).mkdir(parents=True)
    file = store(own) / "titanet_large.nemo"
    file.write_bytes(b"weights")
    vad, embeddings, _ = needs(profile(own, "diar_infer_meeting"), own)
    assert vad.missing
    assert not embeddings.missing
    (held,) = embeddings.files
    assert (held.path, held.size, held.sha256) == (file, 7, hashlib.sha256(b"weights").hexdigest())


def test_a_large_file_is_hashed_only_when_asked_for(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory, "SMALL", 6)
    store(own).mkdir(parents=True)
    (store(own) / "titanet_large.nemo").write_bytes(b"weights")
    meeting = profile(own, "diar_infer_meeting")
    assert needs(meeting, own)[1].files[0].sha256 is None
    assert needs(meeting, own, hashed=True)[1].files[0].sha256 == hashlib.sha256(b"weights").hexdigest()
    write_sums(store(own), {"titanet_large.nemo": "0" * 64})
    assert needs(meeting, own)[1].files[0].sha256 == "0" * 64, "as it was when it was pulled"


def test_a_folder_counts_with_all_its_files(own: Settings) -> None:
    folder = store(own) / stored_name("nvidia/Nemotron-3-Diarization")
    folder.mkdir(parents=True)
    for name in ("config.json", "model.safetensors", "notes.txt"):
        (folder / name).write_bytes(b"12345")
    (need,) = [need for need in needs(profile(own, "nemotron"), own) if need.stage == "nemotron"]
    assert [file.path.name for file in need.files] == ["config.json", "model.safetensors"]
    assert need.size == 10


def test_the_embedded_profile_comes_with_packages(own: Settings) -> None:
    offline = profile(own, "offline")
    assert offline.embedded
    found = needs(offline, own)
    assert list(missing(found)) == []
    assert {need.stage: need.size > 100_000 for need in found} == dict.fromkeys(offline.models, True)


def test_an_own_file_and_an_unknown_name(own: Settings, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("diarizer:\n  vad:\n    model_path: /x/vad.nemo\n  asr:\n    model_path: owner/model\n")
    vad, asr = needs(load_profile(mine), own)
    assert vad.hint == "no such file: correct model_path"
    assert asr.hint == "to be pulled"


@pytest.mark.parametrize(("size", "text"), [(2.51e9, "2.51 GB"), (1e8, "100 MB"), (5e5, "0.5 MB"), (0, "0.0 MB")])
def test_sizes_are_written_as_model_pages_write_them(size: float, text: str) -> None:
    assert megabytes(size) == text
