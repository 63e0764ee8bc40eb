"""The peers' environment: made once, again when its requirements change, and never half."""

from __future__ import annotations

from pathlib import Path

import pytest

import benchmarks.environment
from benchmarks.environment import REQUIREMENTS, peer_python
from settings import ROOT


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What would be run; ``python -m venv`` makes an empty Python."""
    ran: list[list[str]] = []

    def run(*command: str | Path) -> None:
        ran.append([str(part) for part in command])
        if "venv" in ran[-1]:
            (Path(ran[-1][-1]) / "bin").mkdir(parents=True, exist_ok=True)
            (Path(ran[-1][-1]) / "bin" / "python").touch()

    monkeypatch.setattr(benchmarks.environment, "_run", run)
    return ran


def test_it_is_made_once(commands: list[list[str]], tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("senko==0.2.2\n")
    python = peer_python(tmp_path / "env", requirements)
    assert python == tmp_path / "env" / "bin" / "python"
    assert commands[0][1:3] == ["-m", "venv"]
    assert commands[1][-2:] == ["-r", str(requirements)]
    peer_python(tmp_path / "env", requirements)
    assert len(commands) == 2


def test_it_is_made_again_when_the_requirements_change(commands: list[list[str]], tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    for line in ("senko==0.2.2", "senko==0.2.3"):
        requirements.write_text(line)
        peer_python(tmp_path / "env", requirements)
    assert len(commands) == 4


def test_a_failed_installation_is_said_and_tried_again(
    commands: list[list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*command: str | Path) -> None:
        raise SystemExit("The peers could not be installed")

    requirements = tmp_path / "requirements.txt"
    requirements.write_text("senko==0.2.2\n")
    with monkeypatch.context() as broken:
        broken.setattr(benchmarks.environment, "_run", fail)
        with pytest.raises(SystemExit, match="could not be installed"):
            peer_python(tmp_path / "env", requirements)
    peer_python(tmp_path / "env", requirements)
    assert len(commands) == 2


def test_a_command_that_fails_ends_the_program() -> None:
    with pytest.raises(SystemExit, match="could not be installed"):
        benchmarks.environment._run("false")


def test_both_sides_have_the_same_versions_of_what_they_share() -> None:
    """A peer must not be slower or faster because of another PyTorch."""

    def pins(path: Path) -> dict[str, str]:
        lines = [line.split("==") for line in path.read_text().splitlines() if "==" in line and line[0] not in " #"]
        return {name: version.rstrip(" \\") for name, version in lines}

    product = pins(ROOT / "requirements.txt") | pins(ROOT / "requirements-weights.txt") | pins(ROOT / "constraints.txt")
    shared = pins(REQUIREMENTS).keys() & product.keys()
    assert {"torch", "faster-whisper", "senko"} <= shared
    assert {name: pins(REQUIREMENTS)[name] for name in shared} == {name: product[name] for name in shared}
    assert "-c constraints.txt" in REQUIREMENTS.read_text()
