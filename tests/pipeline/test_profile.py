from __future__ import annotations

import logging
from pathlib import Path

import pytest
import yaml

from errors import ModelError
from pipeline.catalogue import DEFAULT_ASR
from pipeline.parameters import (
    ActivityParameters,
    ClusteringParameters,
    EmbeddingParameters,
    SortformerParameters,
    VadParameters,
)
from pipeline.profile import Profile, find_profile, load_profile, profile_names
from settings import ROOT, load_settings

OFFLINE = (ROOT / "conf" / "offline.yaml").read_text()


def load(folder: Path, profile: str) -> Profile:
    return load_profile(find_profile(load_settings(model_config_dir=folder), profile))


@pytest.mark.parametrize("name", ["offline", str(ROOT / "conf" / "offline.yaml")])
def test_the_offline_profile_names_a_model_for_every_stage(name: str) -> None:
    profile = load(ROOT / "conf", name)
    assert profile.name == "offline"
    assert profile.device == "auto"
    assert profile.max_speakers == 50
    assert profile.models == {
        "vad": "marblenet-v2",
        "segmentation": "segmentation-3.0",
        "embeddings": "campplus",
        "asr": "whisper-base",
    }


def test_a_profile_of_ones_own_is_found_by_its_name(tmp_path: Path) -> None:
    changed = OFFLINE.replace("device: auto", "device: cpu")
    (tmp_path / "ours.yaml").write_text(changed)
    assert (load(tmp_path, "ours").name, load(tmp_path, "ours").device) == ("ours", "cpu")


@pytest.mark.parametrize("name", ["nowhere", "../offline", "nowhere.yaml", ""])
def test_an_unknown_profile_says_which_there_are(name: str, tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text(OFFLINE)
    (tmp_path / "theirs.yaml").write_text(OFFLINE)
    with pytest.raises(ModelError, match=r"no profile .*\(MODEL_CONFIG or PROFILES\); found: ours, theirs"):
        load(tmp_path, name)
    with pytest.raises(ModelError, match="none"):
        load(tmp_path / "empty", name)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "just a sentence",
        "- a\n- list",
        "name: [unclosed",
        "name: x\ndevice: cpu\ndiarizer:",
        OFFLINE.replace("max_num_speakers: 50", "max_num_speakers: many"),
        OFFLINE.replace("max_num_speakers: 50", "max_num_speakers: ${nowhere}"),
    ],
)
def test_a_profile_that_cannot_be_used_is_named_without_its_folder(content: str, tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text(content)
    with pytest.raises(ModelError, match=r"ours\.yaml cannot be used: .+") as caught:
        load(tmp_path, "ours")
    assert str(tmp_path) not in caught.value.message
    assert "\n" not in caught.value.message


def test_bytes_that_are_no_text_are_refused_too(tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_bytes(b"\xff\xfe\x00name")
    with pytest.raises(ModelError, match=r"ours\.yaml"):
        load(tmp_path, "ours")


def test_every_wrong_key_is_named(tmp_path: Path) -> None:
    wrong = OFFLINE.replace("max_num_speakers", "max_speakers").replace("device:", "devise:")
    (tmp_path / "ours.yaml").write_text(wrong + "  words:\n    model_path: whisper\n")
    with pytest.raises(ModelError) as caught:
        load(tmp_path, "ours")
    keys = "devise, diarizer.clustering.parameters.max_speakers, diarizer.words.model_path"
    assert f"unknown keys: {keys}." in caught.value.message


@pytest.mark.parametrize(
    ("section", "parameter", "value", "reason"),
    [
        ("vad", "onset", "1.5", "onset must lie between 0 and 1"),
        ("vad", "filter_speech_first", "maybe", "filter_speech_first must be true or false"),
        ("vad", "smoothing", "kalman", "smoothing must be false, median or mean"),
        ("vad", "shift_length_in_sec", "0", "shift_length_in_sec must be above 0"),
        ("clustering", "max_num_speakers", "2.5", "max_num_speakers must be a whole number"),
        ("clustering", "max_num_speakers", "[2]", "max_num_speakers must be a number"),
        ("speaker_embeddings", "window_length_in_sec", "[0.5, 1.5]", "equally long"),
        ("speaker_embeddings", "window_length_in_sec", "[1, 2, 3, 4, 5]", "from the longest to the shortest"),
        ("asr", "overlap_seconds", "20", "overlap_seconds must be less than half"),
        ("sortformer", "chunk_len", "2.5", "chunk_len must be a whole number"),
        ("sortformer", "fifo_len", "long", "fifo_len must be a number"),
        ("nemotron", "offset", "-0.1", "offset must lie between 0 and 1"),
        ("clustering", "max_num_speakers", ".inf", "max_num_speakers must be finite, not inf"),
        ("clustering", "embeddings_per_chunk", "1e400", "embeddings_per_chunk must be finite, not inf"),
        ("clustering", "max_rp_threshold", "-5", "max_rp_threshold must lie between 0 and 1"),
        ("asr", "batch_seconds", ".nan", "batch_seconds must be finite, not nan"),
        ("asr", "chunk_seconds", ".inf", "chunk_seconds must be finite, not inf"),
        ("vad", "pad_onset", "1" + "0" * 400, "pad_onset must be finite, not 1000"),
        ("vad", "min_duration_off", "-0.1", "min_duration_off must be 0 or above"),
        (
            "speaker_embeddings",
            "window_length_in_sec",
            "[1, .nan]",
            r"window_length_in_sec must be finite, not \[1, nan",
        ),
        ("speaker_embeddings", "multiscale_weights", "[.inf]", r"multiscale_weights must be finite, not \[inf\]"),
        ("speaker_embeddings", "multiscale_weights", "[1, 1, 1, 1, -1]", "multiscale_weights must be 0 or above"),
        ("nemotron", "chunk_len", "6", r"unknown keys: diarizer\.nemotron\.parameters\.chunk_len"),
    ],
)
def test_values_that_make_no_sense_are_refused_with_their_name(
    section: str, parameter: str, value: str, reason: str, tmp_path: Path
) -> None:
    profile = f"diarizer:\n  {section}:\n    parameters:\n      {parameter}: {value}\n"
    (tmp_path / "ours.yaml").write_text(profile)
    with pytest.raises(ModelError, match=reason):
        load(tmp_path, "ours")


@pytest.mark.parametrize(
    ("sections", "wrong"),
    [
        ("{vad: titanet_large}", "diarizer.vad"),
        ("{vad: [titanet_large], asr: 7}", "diarizer.asr and diarizer.vad"),
        (
            "{speaker_embeddings: {model_path: titanet_large, parameters: [1]}}",
            "diarizer.speaker_embeddings.parameters",
        ),
        ("{clustering: false}", "diarizer.clustering"),
    ],
)
def test_a_section_that_is_none_is_refused_with_its_key(sections: str, wrong: str, tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text(f"diarizer: {sections}")
    with pytest.raises(ModelError) as refused:
        load(tmp_path, "ours")
    assert refused.value.message == f"The profile ours.yaml cannot be used: {wrong} must have keys below."


def test_a_section_may_be_empty(tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text("diarizer: {vad: null, clustering: {}, asr: {parameters: null}}")
    assert load(tmp_path, "ours").models == {"asr": DEFAULT_ASR}


@pytest.mark.parametrize("section", ["vad", "sortformer"])
def test_padding_may_cut(section: str, tmp_path: Path) -> None:
    """NeMo's own check of such parameters lets padding alone be less than 0."""
    (tmp_path / "ours.yaml").write_text(
        f"diarizer: {{{section}: {{parameters: {{pad_onset: -0.1, pad_offset: -0.2}}}}}}"
    )
    rules = getattr(load(tmp_path, "ours"), section)
    assert (rules.pad_onset, rules.pad_offset) == (-0.1, -0.2)


@pytest.mark.parametrize(
    "value", ["nvidia/parakeet tdt", "nvidia/", "nvidia/a--b", "nvidia/x:1", "a/b/c", "[x, y]", "7"]
)
def test_a_model_path_of_no_known_shape_is_refused_with_its_key(value: str, tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text(f"diarizer:\n  speaker_embeddings:\n    model_path: {value}\n")
    with pytest.raises(ModelError) as refused:
        load(tmp_path, "ours")
    message = refused.value.message
    assert message.startswith("The profile ours.yaml cannot be used: diarizer.speaker_embeddings.model_path must be a ")
    assert message.endswith(f", not {yaml.safe_load(value)!r}.")
    assert "\n" not in message


@pytest.mark.parametrize(
    "value", ["titanet_large", "our model", "nvidia/x.y-z", "/srv/a b/x.nemo", "a b.nemo", "~/folder", "../up/x"]
)
def test_every_shape_of_a_model_path_is_taken_as_it_is(value: str, tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text(f"diarizer:\n  vad:\n    model_path: {value}\n")
    assert load(tmp_path, "ours").models["vad"] == value


@pytest.mark.parametrize("value", ["~nobody-here/x.nemo", "~nobody-here/folder"])
def test_a_model_path_below_the_home_folder_of_nobody_is_refused_with_its_key(value: str, tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text(f"diarizer:\n  vad:\n    model_path: {value}\n")
    with pytest.raises(
        ModelError, match=r"diarizer\.vad\.model_path: ~nobody-here is no home folder on this machine\.$"
    ):
        load(tmp_path, "ours")


def test_models_that_hear_end_to_end_have_their_parameters(tmp_path: Path) -> None:
    """Those of the stream are the checkpoint's own unless the profile names them."""
    sections = {
        "sortformer": "{streaming: true, chunk_len: 124, onset: 0.6}",
        "nemotron": "{onset: 0.4, pad_offset: 1}",
    }
    lines = [f"  {name}:\n    model_path: x\n    parameters: {given}\n" for name, given in sections.items()]
    (tmp_path / "ours.yaml").write_text("diarizer:\n" + "".join(lines))
    profile = load(tmp_path, "ours")
    assert profile.sortformer == SortformerParameters(onset=0.6, streaming=True, chunk_len=124)
    assert profile.sortformer.stream == {"chunk_len": 124}
    assert SortformerParameters().stream == {}
    assert profile.nemotron == ActivityParameters(onset=0.4, pad_offset=1.0)


NEMOS_DATA = """\
diarizer:
  manifest_filepath: ???
  out_dir: ???
  oracle_vad: False
  collar: 0.25
  ignore_overlap: True
  vad:
    model_path: vad_multilingual_marblenet
    external_vad_manifest: null
"""
NEMOS_OWN = (
    """
name: &name "ClusterDiarizer"
num_workers: 1
sample_rate: 16000
batch_size: 64
device: null
map_location: null
verbose: True
"""
    + NEMOS_DATA
    + """\
    parameters: {window_length_in_sec: 0.15, shift_length_in_sec: 0.01, smoothing: "median", overlap: 0.5, onset: 0.1,
      offset: 0.1, pad_onset: 0.1, pad_offset: 0, min_duration_on: 0, min_duration_off: 0.2, filter_speech_first: True}
  speaker_embeddings:
    model_path: titanet_large
    parameters: {window_length_in_sec: 1.5, shift_length_in_sec: 0.75, multiscale_weights: null, save_embeddings: True}
  clustering:
    parameters: {oracle_num_speakers: False, max_num_speakers: 8, enhanced_count_thres: 80, max_rp_threshold: 0.25,
      sparse_search_volume: 10, maj_vote_spk_count: False, chunk_cluster_count: 50, embeddings_per_chunk: 10000}
  msdd_model:
    model_path: diar_msdd_telephonic
    parameters: {use_speaker_model_from_ckpt: True, infer_batch_size: 25, sigmoid_threshold: [0.7]}
  asr:
    model_path: stt_en_conformer_ctc_large
    parameters: {asr_based_vad: False, asr_batch_size: null, word_ts_anchor_pos: "start", colored_text: False}
    ctc_decoder_parameters: {pretrained_language_model: null, beam_width: 32}
    realigning_lm_parameters: {arpa_language_model: null}
"""
)


def test_nemos_own_files_load_as_they_are(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The schema of NeMo's examples/speaker_tasks/diarization/conf/inference."""
    (tmp_path / "diar_infer.yaml").write_text(NEMOS_OWN)
    caplog.set_level(logging.WARNING, logger="pipeline")
    profile = load(tmp_path, "diar_infer")
    assert profile.models == {
        "vad": "vad_multilingual_marblenet", "embeddings": "titanet_large", "asr": "stt_en_conformer_ctc_large"
    }  # fmt: skip
    assert (profile.name, profile.device, profile.precision) == ("diar_infer", "auto", "fast")
    assert profile.vad == VadParameters(0.15, 0.01, "median", 0.5, 0.1, 0.1, 0.1, 0.0, 0.0, 0.2, True)
    assert profile.embeddings == EmbeddingParameters((1.5,), (0.75,), (1.0,))
    assert profile.clustering == ClusteringParameters(8, 0.25, 10)
    (warning,) = caplog.messages
    assert "diarizer.msdd_model.model_path" in warning
    assert "diarizer.out_dir" in warning


NEMOS_GENERAL = (
    """
name: &name "ClusterDiarizer"
num_workers: 2
sample_rate: 16000
batch_size: 32
device: null
verbose: False
"""
    + NEMOS_DATA
    + """\
    parameters: {window_length_in_sec: 0.5, shift_length_in_sec: 0.05, smoothing: False, overlap: 0.5, onset: 0.6,
      offset: 0.4, pad_onset: 0.15, pad_offset: 0.15, min_duration_on: 0.4, min_duration_off: 0.4,
      filter_speech_first: True}
  speaker_embeddings:
    model_path: titanet_large
    parameters: {window_length_in_sec: [1.8, 1.0], shift_length_in_sec: [0.9, 0.5], multiscale_weights: [1, 1],
      save_embeddings: True}
  clustering:
    parameters: {oracle_num_speakers: False, max_num_speakers: 6, enhanced_count_thres: 80, max_rp_threshold: 0.2,
      sparse_search_volume: 12, maj_vote_spk_count: False, chunk_cluster_count: 50, embeddings_per_chunk: 10000}
  msdd_model:
    model_path: null
    parameters: {use_speaker_model_from_ckpt: True, infer_batch_size: 20, sigmoid_threshold: [0.6],
      seq_eval_mode: False, split_infer: True, diar_window_length: 40, overlap_infer_spk_limit: 4}
  asr:
    model_path: null
    parameters: {asr_based_vad: False, asr_based_vad_threshold: 1.0, asr_batch_size: null, decoder_delay_in_sec: null,
      word_ts_anchor_offset: null, word_ts_anchor_pos: "start", fix_word_ts_with_VAD: False, colored_text: False,
      print_time: True, break_lines: False}
    ctc_decoder_parameters: {pretrained_language_model: null, beam_width: 16, alpha: 0.4, beta: 2.0}
    realigning_lm_parameters: {arpa_language_model: null, min_number_of_words: 3, max_number_of_words: 9,
      logprob_diff_threshold: 1.1}
"""
)
WITHOUT_ASR = NEMOS_GENERAL.partition("  asr:")[0]


@pytest.mark.parametrize("content", [NEMOS_GENERAL, WITHOUT_ASR])
def test_a_file_of_nemos_that_names_no_recogniser_takes_the_default(
    content: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "diar_infer.yaml").write_text(content)
    caplog.set_level(logging.INFO, logger="pipeline")
    profile = load(tmp_path, "diar_infer")
    assert profile.models == {"vad": "vad_multilingual_marblenet", "embeddings": "titanet_large", "asr": DEFAULT_ASR}
    assert profile.clustering == ClusteringParameters(6, 0.2, 12)
    (said,) = [record for record in caplog.records if record.levelno == logging.INFO]
    assert said.getMessage() == f"Profile diar_infer: no model_path for asr, so {DEFAULT_ASR} is taken"


def test_the_default_recogniser_is_that_of_the_profiles_that_come_with_the_project() -> None:
    assert load(ROOT / "conf", "diar_infer_general").models["asr"] == DEFAULT_ASR


def test_what_there_is_to_say_of_a_profile_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "ours.yaml").write_text(NEMOS_GENERAL)
    caplog.set_level(logging.INFO, logger="pipeline")
    assert load(tmp_path, "ours") == load(tmp_path, "ours")
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


@pytest.mark.parametrize("name", profile_names(load_settings(model_config_dir=ROOT / "conf")))
def test_every_profile_that_comes_with_the_project_is_sound(name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="pipeline")
    profile = load(ROOT / "conf", name)
    assert profile.name == name
    assert {"vad", "embeddings", "asr"} <= set(profile.models)
    assert caplog.messages == []


@pytest.mark.parametrize(("name", "limit"), [("sortformer", 4), ("nemotron", 8)])
def test_clustering_may_find_more_people_than_the_model_beside_it(name: str, limit: int) -> None:
    """Or the router would never doubt a model that hears as many as it can."""
    assert load(ROOT / "conf", name).max_speakers > limit
