from __future__ import annotations

import os
from pathlib import Path

import pytest

from errors import ModelError
from pipeline import checkpoints
from pipeline.checkpoints import files_of, locate, remedy, require_all, store, stored_name
from settings import Settings, load_settings


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    return load_settings(model_cache_dir=tmp_path)


def test_a_file_is_itself(own: Settings, tmp_path: Path) -> None:
    file = tmp_path / "titanet.nemo"
    assert locate(str(file), own) is None
    file.touch()
    assert locate(str(file), own) == file


@pytest.mark.parametrize("name", ["titanet_large", "nvidia/parakeet"])
def test_a_name_is_found_in_the_store(name: str, own: Settings) -> None:
    assert locate(name, own) is None
    file = store(own) / f"{stored_name(name)}.nemo"
    file.parent.mkdir()
    file.touch()
    assert locate(name, own) == file
    assert require_all({"asr": name}, own) == {"asr": file}


def test_a_model_that_is_a_folder_is_found_too(own: Settings) -> None:
    folder = store(own) / "nvidia--nemotron"
    folder.mkdir(parents=True)
    assert locate("nvidia/nemotron", own) == folder


def test_the_cache_of_hugging_face_is_looked_into(
    own: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = {"parakeet.nemo": tmp_path / "parakeet.nemo"}
    monkeypatch.setattr(checkpoints, "try_to_load_from_cache", lambda repo, name: held.get(name) and str(held[name]))
    assert locate("nvidia/parakeet", own) == held["parakeet.nemo"]
    held |= {"config.json": tmp_path / "snapshot" / "config.json"}
    assert locate("nvidia/nemotron", own) is None, "half of it is none"
    held |= {"model.safetensors": tmp_path / "snapshot" / "model.safetensors"}
    assert locate("nvidia/nemotron", own) == tmp_path / "snapshot"
    held |= {"Nemotron-3-Diarization.nemo": tmp_path / "Nemotron-3-Diarization.nemo"}
    assert locate("nvidia/Nemotron-3-Diarization", own) == tmp_path / "snapshot", "known to be a folder"


@pytest.mark.parametrize("name", ["nvidia/parakeet tdt", "nvidia/", "nvidia/a--b", "nvidia/x:1"])
def test_what_cannot_be_a_name_is_not_on_this_machine(name: str, own: Settings) -> None:
    assert locate(name, own) is None


def test_a_missing_model_is_named_with_the_command_that_fetches_it(own: Settings, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"asr model nvidia/parakeet: .* run: python cli.py models pull"):
        require_all({"asr": "nvidia/parakeet"}, own)
    with pytest.raises(ModelError, match=r"vad model gone\.nemo") as caught:
        require_all({"vad": str(tmp_path / "gone.nemo")}, own)
    assert str(tmp_path) not in caught.value.message


@pytest.mark.parametrize(
    ("profile", "name"), [("auto", "diar_infer_general"), ("sortformer", "sortformer"), ("/secret/ours.yaml", "ours")]
)
def test_all_that_is_missing_is_one_line_with_one_command(profile: str, name: str, tmp_path: Path) -> None:
    """A command of the models' names: a profile that was typed as a path is none of MODEL_CONFIG's."""
    settings = load_settings(model_cache_dir=tmp_path, profile=profile)
    store(settings).mkdir()
    (store(settings) / "there.nemo").touch()
    own = {"sortformer": "/secret/gone.nemo", "nemotron": "./nowhere"}
    models = {"vad": "there", "embeddings": "our voices", "asr": "nvidia/parakeet", "lid": "nvidia/parakeet"} | own
    with pytest.raises(ModelError) as caught:
        require_all(models, settings)
    assert caught.value.message == (
        "The sortformer model gone.nemo, the nemotron model nowhere: no such file; correct model_path in the profile "
        f"{name}. The embeddings model our voices, the asr model nvidia/parakeet, the lid model nvidia/parakeet: not "
        f"on this machine (model_path in the profile {name}); "
        "run: python cli.py models pull 'our voices' nvidia/parakeet"
    )
    assert require_all({"vad": "there"}, settings) == {"vad": store(settings) / "there.nemo"}


@pytest.mark.parametrize("model", ["~nobody-here/x.nemo", "~nobody-here/folder"])
def test_a_home_folder_that_nobody_has_is_one_line(model: str, own: Settings) -> None:
    with pytest.raises(ModelError, match=r"^~nobody-here is no home folder on this machine: correct"):
        locate(model, own)


@pytest.mark.parametrize("model", ["titanet_large", "nvidia/parakeet"])
def test_what_is_damaged_is_fetched_again_by_its_name(model: str) -> None:
    assert remedy(model) == f"fetch it again with: python cli.py models pull --force {model}"


@pytest.mark.parametrize("model", ["/srv/ours.nemo", "ours.nemo", "~/nemotron", "./nemotron", ""])
def test_what_is_ones_own_cannot_be_fetched(model: str) -> None:
    assert "pull" not in remedy(model)


def test_the_files_of_a_model(tmp_path: Path) -> None:
    for name in ("config.json", "model.safetensors", "model.nemo", "evil.py", "pytorch_model.bin"):
        (tmp_path / name).touch()
    assert files_of(tmp_path / "model.nemo") == [tmp_path / "model.nemo"]
    assert files_of(tmp_path) == [tmp_path / "config.json", tmp_path / "model.safetensors"]


def test_a_folder_of_ones_own_is_itself(own: Settings, tmp_path: Path) -> None:
    assert locate(str(tmp_path / "nemotron"), own) is None
    (tmp_path / "nemotron").mkdir()
    assert locate(str(tmp_path / "nemotron"), own) == tmp_path / "nemotron"


@pytest.fixture
def nemos_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "nemo"
    monkeypatch.setenv("NEMO_CACHE_DIR", str(folder))
    return folder


@pytest.mark.parametrize("name", ["titanet_large", "vad_multilingual_marblenet"])
def test_what_nemo_fetched_from_ngc_need_not_be_fetched_again(
    name: str, own: Settings, nemos_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where its own ``from_pretrained`` puts it, which is here spared the download alone."""
    from nemo.collections.asr import models
    from nemo.core.classes import common

    def fetch(url: str, filename: str, cache_dir: Path, subfolder: str, refresh_cache: bool) -> str:
        (cache_dir / subfolder).mkdir(parents=True)
        (cache_dir / subfolder / filename).touch()
        return str(cache_dir / subfolder / filename)

    assert locate(name, own) is None
    monkeypatch.setattr(common, "maybe_download_from_cloud", fetch)
    kind = models.EncDecSpeakerLabelModel if name == "titanet_large" else models.EncDecClassificationModel
    _, path = kind._get_ngc_pretrained_model_info(name)
    assert nemos_cache in Path(path).parents
    assert locate(name, own) == Path(path)


def test_nemos_cache_is_where_nemo_says_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nemo.utils.data_utils import resolve_cache_dir

    monkeypatch.delenv("NEMO_CACHE_DIR", raising=False)
    assert checkpoints._nemos_cache() == resolve_cache_dir()
    monkeypatch.setenv("NEMO_CACHE_DIR", str(tmp_path / ".." / "elsewhere"))
    assert checkpoints._nemos_cache() == resolve_cache_dir()


def test_of_several_in_nemos_cache_it_is_the_newest_and_our_own_comes_first(own: Settings, nemos_cache: Path) -> None:
    for time, subfolder in enumerate(["b", "a", "c"]):
        file = nemos_cache / "ours" / subfolder / "ours.nemo"
        file.parent.mkdir(parents=True)
        file.touch()
        os.utime(file, (time % 2, time % 2))
    assert locate("ours", own) == nemos_cache / "ours" / "a" / "ours.nemo"
    assert locate("our?", own) is None
    stored = store(own) / "ours.nemo"
    stored.parent.mkdir()
    stored.touch()
    assert locate("ours", own) == stored
