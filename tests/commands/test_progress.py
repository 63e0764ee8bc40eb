from __future__ import annotations

import io
import sys

from commands.progress import byte_bar, stage_bars


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_per_stage_on_a_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    with stage_bars("[talk]") as show:
        assert show is not None
        show("speech", 1.0)
        show("words", 0.5)
    drawn = sys.stderr.getvalue()
    assert "[talk]  speech" in drawn
    assert "[talk]  words" in drawn


def test_silence_elsewhere(capsys):
    with stage_bars("talk") as show:
        assert show is None
    assert capsys.readouterr() == ("", "")


def test_a_bar_for_a_download_on_a_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    with byte_bar("[x].nemo") as on_bytes:
        on_bytes(0, None)
        on_bytes(1_500_000, 3_000_000)
    drawn = sys.stderr.getvalue()
    assert "[x].nemo" in drawn
    assert "1.5/3.0 MB" in drawn


def test_a_line_for_a_download_elsewhere(capsys):
    with byte_bar("x.nemo") as on_bytes:
        on_bytes(1, 2)
    assert capsys.readouterr() == ("", "pulling x.nemo ...\n")
