from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from rich.live import Live

from commands.batch_board import Board, Row, shown, totals, write_summary

DONE = Row("calls/=a.wav", "=a", "done", 61.5, 5.0, 2, 120)
FAILED = Row("calls/b\udcff.wav", "b\udcff", "failed", error="It is no audio.")


def test_a_line_for_each_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    board = Board(3)
    with shown(board):
        board.ended(DONE)
        board.ended(replace(FAILED, name="b"))
    assert capsys.readouterr().err.splitlines() == [
        "[1/3] done =a: 61.5 s of audio in 5.0 s, 2 speakers, 120 words",
        "[2/3] failed b: It is no audio.",
    ]
    assert totals(board.rows) == "1 done, 1 failed"


def test_a_table_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = io.StringIO()
    live = Live(console=Console(file=drawn, width=100), auto_refresh=False)
    board = Board(2)
    board.live = live
    with board.bars("c[red]") as on_progress:
        on_progress("words", 0.5)
        board.ended(DONE)
        live.refresh()
        live.console.print(live.get_renderable())
    text = drawn.getvalue()
    assert "words 50%" in text
    assert "c[red]" in text
    assert "1 of 2: 1 done" in text


def test_what_runs_ends_as_soon_as_the_board_is_stopped() -> None:
    board = Board(1)
    with board.bars("a") as on_progress:
        board.stopped.set()
        with pytest.raises(KeyboardInterrupt):
            on_progress("words", 0.5)


def test_the_summary_has_a_row_for_each_and_runs_nothing(tmp_path: Path) -> None:
    path = write_summary([DONE, FAILED], tmp_path)
    rows = list(csv.DictReader(path.open(encoding="utf-8-sig", newline="")))
    assert rows[0] == {
        "file": "calls/=a.wav",
        "name": "'=a",
        "state": "done",
        "audio_seconds": "61.5",
        "seconds": "5.0",
        "speakers": "2",
        "words": "120",
        "error": "",
    }
    assert (rows[1]["state"], rows[1]["error"], rows[1]["seconds"]) == ("failed", "It is no audio.", "")
