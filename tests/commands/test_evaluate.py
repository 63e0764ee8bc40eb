from __future__ import annotations

import json
import shutil

import pytest

RTTM = "SPEAKER {0} 1 0.000 {1:.3f} <NA> <NA> ann <NA> <NA>\n"


@pytest.fixture
def references(recording, tmp_path):
    """Two recordings of a second: "a" is ann's alone, with her words; "b" has labels that go on to 9 s."""
    folder = tmp_path / "references"
    recording("references/a.wav")
    recording("references/b.FLAC")
    (folder / "a.rttm").write_text(RTTM.format("a", 1.0))
    words = [{"session_id": "a", "speaker": "ann", "start_time": 0.0, "end_time": 1.0, "words": "Hello, you there!"}]
    (folder / "a.seglst.json").write_text(json.dumps(words))
    (folder / "b.rttm").write_text(RTTM.format("b", 9.0) + RTTM.format("b", 0.5).replace("ann", "bob"))
    return folder


def test_the_pipeline_is_run_and_scored(cli, processor, references):
    result = cli("evaluate", references, "--json")
    assert result.exit_code == 0
    data = json.loads(result.stdout)
    first, second = data["files"]
    assert first["der"]["0"] == {"rate": 0, "speech": 1, "missed": 0, "false_alarm": 0, "confusion": 0}
    assert first["wer"] == {"rate": 0.3333, "words": 3, "substitutions": 0, "deletions": 1, "insertions": 0}
    assert first["cpwer"] == first["wer"]
    assert second["region"] == [0, 1]
    assert second["speakers"] == {"reference": 2, "hypothesis": 1}
    assert second["der"]["0"] == {"rate": 0.3333, "speech": 1.5, "missed": 0.5, "false_alarm": 0, "confusion": 0}
    assert second["wer"] is None
    assert data["total"]["speaker_counts_right"] == 1
    assert data["total"]["der"]["0"]["rate"] == 0.2
    assert "words fake" in data["protocol"]["hypotheses"]
    assert "speaker count unknown" in data["protocol"]["hypotheses"]


def test_what_it_keeps_scores_the_same_again(cli, processor, references, tmp_path):
    first = json.loads(cli("evaluate", references, "--out", tmp_path / "kept", "--json").stdout)
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == [
        f"{name}.{end}" for name in "ab" for end in ("json", "rttm", "seglst.json")
    ]
    again = json.loads(cli("evaluate", references, "--hyp", tmp_path / "kept", "--json").stdout)
    assert (again["files"], again["total"]) == (first["files"], first["total"])
    assert again["protocol"]["hypotheses"] == "given"
    assert len(processor.loads) == 1


def test_the_speaker_count_can_be_told_and_is_that_of_the_scored_region(cli, processor, references):
    late = RTTM.format("b", 0.5).replace("0.000", "5.000").replace("ann", "carl")
    with (references / "b.rttm").open("a") as file:
        file.write(late)
    result = cli("evaluate", references, "--num-speakers-from-reference", "--language", "en")
    assert [(options.num_speakers, options.language) for _, _, options in processor.asked] == [(1, "en"), (2, "en")]
    assert "speaker count given" in result.stdout


def test_the_table_names_the_figures_and_the_protocol(cli, references):
    table = cli("evaluate", references, "--hyp", references).stdout.splitlines()
    heads = "recording speakers DER@0 miss FA conf DER@0.25 miss FA conf WER cpWER"
    assert " ".join(table[0].split()) == heads
    assert table[1].split() == ["a", "1", "of", "1", *["0.0"] * 10]
    assert table[2].split()[:4] == ["b", "2", "of", "2"]
    assert table[3].split()[:5] == ["TOTAL,", "2", "of", "2", "2/2"]
    rest = "\n".join(table[4:])
    assert "the reference has words" not in rest
    for word in ("pyannote.metrics", "overlapped speech scored", "EnglishTextNormalizer", "pooled", "per cent"):
        assert word in rest


def test_what_cannot_be_scored_says_why_and_the_rest_is(cli, references, tmp_path):
    hypotheses = tmp_path / "hypotheses"
    hypotheses.mkdir()
    shutil.copy(references / "a.rttm", hypotheses)
    (references / "c.rttm").write_text("SPEAKER c 1 nonsense\n")
    (references / "d.rttm").write_text("")
    (hypotheses / "d.rttm").write_text(RTTM.format("d", 1.0))
    result = cli("evaluate", references, "--hyp", hypotheses)
    assert result.exit_code == 1
    assert "TOTAL, 2 of 4" in result.stdout
    assert "a: the reference has words, the hypothesis has none" in result.stdout
    assert "b: error: b.rttm is missing." in result.stdout
    assert "c: error: c.rttm, line 1: not a SPEAKER line of an RTTM file." in result.stdout
    assert "d: the reference has no speech" in result.stdout
    assert "d: no audio, so scored to the end of the labels." in result.stdout


def test_a_recording_that_fails_does_not_stop_the_rest(cli, processor, references, recording):
    recording("references/broken.wav")
    (references / "broken.rttm").write_text(RTTM.format("broken", 1.0))
    (references / "silent.rttm").write_text(RTTM.format("silent", 1.0))
    data = json.loads(cli("evaluate", references, "--json").stdout)
    assert [row["error"] for row in data["files"]] == [None, None, "It broke.", "There is no audio called silent."]
    assert (data["total"]["files"], data["total"]["scored"]) == (4, 2)


@pytest.mark.parametrize("options", [["--out", "{0}"], ["--hyp", "{0}", "--out", "{0}/x"]])
def test_references_are_never_overwritten(cli, processor, references, options):
    before = {path.name: path.read_bytes() for path in references.iterdir()}
    result = cli("evaluate", references, *[option.format(references) for option in options])
    assert result.exit_code == 2
    assert {path.name: path.read_bytes() for path in references.iterdir()} == before


def test_a_folder_without_references_is_a_usage_error(cli, tmp_path):
    assert cli("evaluate", tmp_path).exit_code == 2
    assert cli("evaluate", tmp_path / "missing").exit_code == 2


def test_what_is_only_scored_takes_no_option_of_a_run(cli, processor, references, tmp_path):
    result = cli("evaluate", references, "--hyp", tmp_path, "--diarizer", "sortformer")
    assert result.exit_code == 2
    assert "no option of a run" in result.stderr
    assert cli("evaluate", references, "--diarizer", "sortformer").exit_code == 0
    assert {options.diarizer for _, _, options in processor.asked} == {"sortformer"}
