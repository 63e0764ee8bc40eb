"""The examples of the README, run as they stand there but for the server's address."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from settings import ROOT
from tests.fakes import SECRET
from tests.web.conftest import LiveServer

SECTION = (ROOT / "README.md").read_text().split("\n## From Python\n")[1].split("\n## ")[0]
EXAMPLES = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the examples run: beside the samples, as in the project's folder."""
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(example: str, server: LiveServer) -> None:
    code = example.replace("http://127.0.0.1:5000", server.url)
    assert code != example
    exec(compile(code, "README.md", "exec"), {})


def test_the_examples_run(folder: Path, live: LiveServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(EXAMPLES) == 3
    diarize, follow, put_right = EXAMPLES
    run(diarize, live)
    assert capsys.readouterr().out == f"   0.0 s  SPEAKER_00: {SECRET}\n"
    run(follow, live)
    told = capsys.readouterr().out.splitlines()
    assert "sent 100 %" in told
    assert told[-1].endswith("is done")
    run(put_right, live)
    assert SECRET in (folder / "meeting.srt").read_text()


def test_the_examples_do_what_they_say_with_real_models(
    folder: Path, offline: LiveServer, capsys: pytest.CaptureFixture[str]
) -> None:
    diarize, follow, put_right = EXAMPLES
    run(diarize, offline)
    lines = capsys.readouterr().out.splitlines()
    assert re.match(r"   0\.\d s  SPEAKER_00: Let us start", lines[0])
    assert len({line.split()[2] for line in lines}) == 3
    run(follow, offline)
    told = capsys.readouterr().out.splitlines()
    assert any(line.startswith("words ") for line in told)
    assert any(line.startswith("Let us start") for line in told)
    assert told[-1].endswith("is done")
    run(put_right, offline)
    subtitles = (folder / "meeting.srt").read_text()
    assert "Anna: Let us start" in subtitles
    assert "SPEAKER_02: " in subtitles
