"""The examples of docs/dialects/, run as they stand there but for the server's address."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import assemblyai as aai
import pytest

from settings import ROOT
from tests.fakes import IN_TIME
from tests.web.conftest import LiveServer
from tests.web.dialects.talk import TEXT

PAGES = ROOT / "docs" / "dialects"
ADDRESS = "http://127.0.0.1:5000"


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (PAGES / f"{page}.md").read_text(), re.DOTALL)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the examples run: beside the samples, as in the project's folder."""
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    monkeypatch.chdir(tmp_path)
    for name in ("base_url", "api_key"):  # which one of the examples sets for the whole process
        monkeypatch.setattr(aai.settings, name, getattr(aai.settings, name))


@pytest.mark.parametrize(
    ("page", "told"),
    [("openai", "A 0.5 1.5 Shall we begin?\n"), ("assemblyai", "A 500 Shall we begin?\n"), ("deepgram", "Yes, Anna.")],
)
def test_those_in_python_run(live: LiveServer, capsys: pytest.CaptureFixture[str], page: str, told: str) -> None:
    (example,) = blocks(page, "python")
    code = example.replace(ADDRESS, live.url)
    assert code != example
    exec(compile(code, f"{page}.md", "exec"), {})
    assert told in capsys.readouterr().out


@pytest.mark.parametrize(("page", "count"), [("deepgram", 1), ("related", 2), ("whisper-asr", 2)])
def test_those_for_a_shell_run(live: LiveServer, page: str, count: int) -> None:
    (example,) = blocks(page, "console")
    commands = re.findall(r"^\$ (.*)$", example.replace("\\\n", ""), re.MULTILINE)
    assert len(commands) == count
    for command in commands:
        shell = ["sh", "-c", command.replace(ADDRESS, live.url).replace("curl ", "curl --fail --silent ", 1)]
        out = subprocess.run(shell, capture_output=True, text=True, timeout=IN_TIME, check=True).stdout
        assert TEXT.split()[0] in out or "german" in out
