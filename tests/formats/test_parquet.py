from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pandas
import pytest
from hypothesis import given

import formats
from errors import DiarizationError, Unavailable
from formats import parquet
from formats.parquet import render
from formats.parquet_writer import written
from formats.table import SEGMENT_COLUMNS, WORD_COLUMNS
from pipeline.types import Conversation, Segment
from settings import ROOT
from tests.formats.said import conversations, many


def read(data: bytes) -> pandas.DataFrame:
    return pandas.read_parquet(io.BytesIO(data))


@many
@given(conversations())
def test_whatever_was_said_pandas_reads_it_as_it_was(conversation: Conversation) -> None:
    with pytest.MonkeyPatch.context() as patch:  # a process for each example would take a minute
        patch.setattr(parquet, "_write", lambda table: written(json.loads(json.dumps(table))))
        frame = read(formats.render(conversation, "parquet"))
    assert tuple(frame.columns) == SEGMENT_COLUMNS
    for row, segment in zip(frame.to_dict("records"), conversation.segments, strict=True):
        assert (row["speaker"], row["text"]) == (segment.speaker, segment.text)
        assert row["start_time"] == pytest.approx(segment.start, abs=0.0006)
        assert row["end_time"] == pytest.approx(segment.end, abs=0.0006)


def test_rows_of_words_have_their_types(talk: Conversation) -> None:
    frame = read(render(talk, words=True))
    assert tuple(frame.columns) == WORD_COLUMNS
    assert list(frame["text"]) == ["Shall", "we", "start?", "Yes & <no> --> maybe", "Über\nuns"]
    assert list(frame["segment"]) == [0, 0, 0, 1, 2]
    assert list(frame["confidence"].isna()) == [False, True, False, True, True]
    assert list(frame["overlap"]) == [False, False, True, False, False]
    assert frame["overlap"].dtype == bool


@pytest.mark.parametrize(("words", "columns"), [(False, SEGMENT_COLUMNS), (True, WORD_COLUMNS)])
def test_nothing_said_is_a_table_without_rows(words: bool, columns: tuple[str, ...]) -> None:
    frame = read(render(Conversation(), words=words))
    assert (len(frame), tuple(frame.columns)) == (0, columns)


def test_what_no_file_can_hold_is_a_question_mark() -> None:
    said = Conversation(segments=(Segment("A", 0.0, 1.0, "a\ud800b\x00"),))
    assert list(read(render(said))["text"]) == ["a?b\x00"]


def test_the_library_stays_out_of_this_process() -> None:
    code = (
        "import sys; from formats import render; from pipeline.types import Conversation; "
        "print(len(render(Conversation(), 'parquet')), sorted({'pyarrow', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split(" ", 1)[1] == "[]\n"


def test_a_writer_that_fails_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(parquet, "_WRITER", tmp_path / "missing.py")
    with pytest.raises(DiarizationError, match="could not be written"):
        render(Conversation())


def test_nobody_waits_for_ever_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "_PATIENCE", 0.01)
    with parquet._few, parquet._few, pytest.raises(Unavailable, match="Other Parquet files") as refused:
        render(Conversation())
    assert refused.value.retry_after > 0
    assert len(read(render(Conversation()))) == 0
