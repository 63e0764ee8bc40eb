"""The peers' own virtual environment, made when it is missing or when what it should hold has changed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from settings import ROOT

REQUIREMENTS = ROOT / "requirements-bench.txt"
FOLDER = ROOT / ".venv-bench"


def peer_python(folder: Path = FOLDER, requirements: Path = REQUIREMENTS) -> Path:
    """The Python of ``folder``, with ``requirements`` installed. Raises SystemExit when pip cannot do that."""
    python, mark = folder / "bin" / "python", folder / ".installed"
    wanted = requirements.read_text()
    if not (python.exists() and mark.exists() and mark.read_text() == wanted):
        print(f"Installing the peers into {folder.name} (once, a few minutes) ...", file=sys.stderr, flush=True)
        _run(sys.executable, "-m", "venv", "--clear", folder)
        _run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements)
        mark.write_text(wanted)
    return python


def _run(*command: str | Path) -> None:
    if subprocess.run(command, stdout=sys.stderr).returncode:
        raise SystemExit("The peers could not be installed; pip says above why.")
