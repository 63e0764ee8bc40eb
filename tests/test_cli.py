from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import app

ROOT = Path(__file__).parents[1]
HEAVY = {"torch", "nemo", "numpy", "pandas", "faster_whisper", "pyannote", "meeteval"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["transcribe", "--help"],
        ["evaluate", "--help"],
        ["models", "--help"],
        ["models", "pull", "--help"],
        ["keys", "create", "--help"],
        ["dataset", "--help"],
        ["finetune", "--help"],
    ],
)
def test_help_imports_nothing_heavy_and_documents_the_exit_codes(arguments):
    code = (
        "import sys, runpy; sys.argv = ['cli.py', *sys.argv[1:]]\n"
        "try: runpy.run_path('cli.py', run_name='__main__')\n"
        "finally: print('loaded:', *sorted(name for name in sys.modules if '.' not in name))"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0
    text, _, loaded = done.stdout.partition("loaded:")
    assert HEAVY.isdisjoint(loaded.split())
    assert "sys" in loaded.split()
    for code in ("0    all went well", "1    some file failed", "2    the command", "3    nothing", "130  interrupted"):
        assert code in text


def test_it_runs_as_a_script_and_a_wrong_command_is_a_usage_error():
    done = subprocess.run([sys.executable, "cli.py", "sing"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "sing" in done.stderr


def test_a_bad_setting_is_a_usage_error(monkeypatch):
    monkeypatch.setenv("MAX_QUEUE", "none")
    result = CliRunner().invoke(app, ["transcribe", "talk.wav"])
    assert result.exit_code == 2
    assert "MAX_QUEUE" in result.stderr


@pytest.mark.parametrize(("typed", "profile"), [("ours.yaml", "{here}/ours.yaml"), ("sortformer", "sortformer")])
def test_a_profile_that_is_typed_starts_at_the_working_folder(typed, profile, monkeypatch, tmp_path):
    chosen = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "commands.models.bundle_models", lambda folder, settings, as_json: chosen.append(settings) or True
    )
    assert CliRunner().invoke(app, ["models", "bundle", "new", "--profile", typed]).exit_code == 0
    assert [settings.profile for settings in chosen] == [profile.format(here=tmp_path)]


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied", "results"), OSError("no such thing")])
def test_a_fault_of_the_system_is_said_in_one_line(error, monkeypatch):
    def fail(*_):
        raise error

    monkeypatch.setattr("commands.transcribe.transcribe", fail)
    result = CliRunner().invoke(app, ["transcribe", "talk.wav", "--json"])
    assert result.exit_code == 3
    assert result.stderr.count("\n") == 1
    assert (error.strerror or "no such thing") in json.loads(result.stdout)["error"]["message"]


def test_a_reader_that_has_seen_enough_is_no_fault(monkeypatch):
    """As in ``python cli.py transcribe talk.wav | head -1``."""

    def fail(*_):
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr("commands.transcribe.transcribe", fail)
    result = CliRunner().invoke(app, ["transcribe", "talk.wav"])
    assert (result.exit_code, result.stderr) == (1, "")


def test_a_language_may_be_written_in_capitals(monkeypatch):
    asked = []
    monkeypatch.setattr("commands.transcribe.transcribe", lambda request, settings: asked.append(request) or True)
    assert CliRunner().invoke(app, ["transcribe", "talk.wav", "--language", "EN"]).exit_code == 0
    assert asked[0].options.language == "en"
