from __future__ import annotations

import io
import sys

from commands.progress import stage_bars


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
