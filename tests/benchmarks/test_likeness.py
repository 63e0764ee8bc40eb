"""Pairs of pieces by length: whose they are, and that no piece is compared with itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile

import benchmarks.likeness
from benchmarks.likeness import LENGTHS, Pair, alone, expected, main, pairs_of, pieces_of, table
from evaluation.recordings import find_recordings
from pipeline.clustering import OTHER, similarity
from pipeline.loading import Models
from pipeline.pieces import Piece
from pipeline.types import SAMPLE_RATE, Audio, Span, Turn, Voiceprints
from settings import Settings
from tests.media import SAMPLE

TURNS = (Turn("ann", 0.0, 8.0), Turn("bob", 7.0, 15.5))


def test_speech_of_two_people_at_once_is_nobodys() -> None:
    assert alone(TURNS, 20.0) == [("ann", 0, 700), ("bob", 800, 1550)]
    assert alone(TURNS, 10.0)[1] == ("bob", 800, 997), "the last frame needs sound up to its end"
    assert alone((), 20.0) == []


def test_stretches_are_cut_into_pieces_of_one_length() -> None:
    pieces = pieces_of(TURNS, 20.0, 3.5)
    assert [(name, piece.start, piece.end) for name, piece in pieces] == [
        ("ann", 0.0, 3.5), ("ann", 3.5, 7.0), ("bob", 8.0, 11.5), ("bob", 11.5, 15.0)
    ]  # fmt: skip
    assert all(len(piece.frames) == 350 and piece.clean == 3.5 for _, piece in pieces)


class TwoVoices:
    """Stands in for the embedder: one direction before 7.5 s, another after it."""

    def __call__(self, audio: Audio, pieces: Sequence[Piece]) -> Voiceprints:
        vectors = np.array([[1, 0] if piece.start < 7.5 else [0.6, 0.8] for piece in pieces], np.float32)
        return Voiceprints(vectors, tuple(Span(piece.start, piece.end) for piece in pieces))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "talks"
    made.mkdir()
    soundfile.write(made / "talk.wav", np.full(20 * SAMPLE_RATE, 0.1), SAMPLE_RATE)
    rows = [f"SPEAKER talk 1 {t.start} {t.end - t.start} <NA> <NA> {t.speaker} <NA> <NA>" for t in TURNS]
    (made / "talk.rttm").write_text("\n".join(rows) + "\n")
    return made


def test_pairs_know_whose_they_are_and_never_overlap(folder: Path, settings: Settings) -> None:
    (recording,) = find_recordings(folder)
    pairs = list(pairs_of(recording, TwoVoices(), settings))  # type: ignore[arg-type]
    assert {pair.cosine for pair in pairs if pair.same} == {1.0}
    assert {round(pair.cosine, 6) for pair in pairs if not pair.same} == {0.6}
    longest = [pair for pair in pairs if pair.shorter == pair.longer == 3.5]
    assert len(longest) == 6, "each pair of the four pieces once"
    assert sum(pair.same for pair in longest) == 2
    seconds = [pair for pair in pairs if pair.shorter == 2.0]
    assert len(seconds) == 6 * 4 - 6 - 2, "less those that share sound"
    assert {pair.shorter for pair in pairs} == set(LENGTHS)


def test_labels_without_audio_give_no_pair(folder: Path, settings: Settings) -> None:
    (folder / "talk.wav").unlink()
    (recording,) = find_recordings(folder)
    assert list(pairs_of(recording, TwoVoices(), settings)) == []  # type: ignore[arg-type]


def test_what_is_expected_is_what_clustering_takes_for_one_voice() -> None:
    cosine = expected(1.0, 3.5)
    alike = np.array([[1.0, 0.0]]), np.array([[cosine, np.sqrt(1 - cosine**2)]])
    assert similarity(*alike, np.array([1.0]), np.array([3.5])).item() == pytest.approx(1)


def test_the_table_has_mean_and_spread() -> None:
    told = table([Pair(1.0, 3.5, True, 0.6), Pair(1.0, 3.5, True, 0.8), Pair(1.0, 3.5, False, 0.4)])
    (row,) = [line for line in told.splitlines() if line.startswith("1 s")]
    assert "0.70 ± 0.10" in row
    assert "0.40 ± 0.00" in row
    assert f"{OTHER:.2f}" in row
    assert row.endswith(" 3")


def test_the_command_measures_a_folder(
    models: Models,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The three voices of the sample are more like themselves than like each other, as the network hears them."""
    (tmp_path / SAMPLE.name).symlink_to(SAMPLE)
    spoken = [("mara", 0.6, 4.6), ("mara", 29.8, 33.8), ("tom", 7, 11), ("tom", 15.2, 18.6), ("tom", 52.6, 56.6)]
    rows = [f"SPEAKER x 1 {start} {end - start} <NA> <NA> {name} <NA> <NA>\n" for name, start, end in spoken]
    (tmp_path / f"{SAMPLE.stem}.rttm").write_text("".join(rows))
    monkeypatch.setattr(benchmarks.likeness, "VoiceEmbedder", lambda net, lanes: models.diarizer._embedder)
    monkeypatch.setattr(benchmarks.likeness, "load_settings", lambda: settings)
    monkeypatch.setattr("sys.argv", ["likeness", str(tmp_path)])
    assert main() == 0
    (row,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("3.5 s, 3.5 s")]
    cells = row.split()
    assert float(cells[4]) > float(cells[8]) + 0.2


def test_a_folder_without_labels_is_an_error_of_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["likeness", str(tmp_path)])
    assert main() == 1
    assert capsys.readouterr().err.count("\n") == 1
