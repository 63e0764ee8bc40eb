from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import client
from settings import ROOT

SHOW = "import sys, client; print(client.__file__, *sorted({name.partition('.')[0] for name in sys.modules}))"


def loaded(folder: Path, where: Path) -> list[str]:
    """The file of the client that is imported, and the libraries that come with it."""
    done = subprocess.run(
        [sys.executable, "-c", SHOW], cwd=where, env={"PYTHONPATH": str(folder)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_it_stands_alone(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "client", tmp_path / "alone" / "client")
    (tmp_path / "empty").mkdir()
    file, *libraries = loaded(tmp_path / "alone", tmp_path / "empty")
    assert Path(file) == tmp_path / "alone" / "client" / "__init__.py"
    ours = {path.stem for path in ROOT.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert (ours | {"flask", "pydantic", "numpy", "requests", "typer"}) & set(libraries) == {"client"}
    assert "httpx" in libraries


def test_it_can_be_installed(tmp_path: Path) -> None:
    pytest.importorskip("setuptools")
    source, target = tmp_path / "source", tmp_path / "target"
    shutil.copytree(ROOT / "client", source)
    command = ["pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--target"]
    done = subprocess.run([sys.executable, "-m", *command, target, source], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert Path(loaded(target, tmp_path)[0]) == target / "client" / "__init__.py"
    assert (target / "client" / "py.typed").exists()
    assert {path.name for path in (target / "client").glob("*.py")} == {
        path.name for path in (ROOT / "client").glob("*.py")
    }


def test_its_names_are_there() -> None:
    assert [name for name in client.__all__ if not hasattr(client, name)] == []
