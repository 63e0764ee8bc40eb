from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from jobs.folders import JobFolders
from settings import ROOT


def test_each_job_has_a_folder_for_this_user_alone(tmp_path: Path) -> None:
    folders = JobFolders(tmp_path / "new" / "root")
    first, second = folders.new(), folders.new()
    assert first.path != second.path
    assert os.listdir(first.path) == []
    assert first.path.stat().st_mode & 0o077 == 0
    (first.path / "upload").write_bytes(b"x")
    first.remove()
    first.remove()
    assert not first.path.exists()
    assert second.path.exists()


def test_a_neighbours_files_stay_and_a_dead_ones_go(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from jobs.folders import JobFolders;"
        "folders = JobFolders(Path(sys.argv[1])); (folders.new().path / 'left').write_text('x'); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, check=False)
    assert len(list(tmp_path.rglob("left"))) == 1
    (tmp_path / ".gitkeep").touch()
    folders = JobFolders(tmp_path)
    living = folders.new()
    assert list(tmp_path.rglob("left")) == []
    neighbour = JobFolders(tmp_path)
    assert living.path.exists()
    neighbour.close()
    neighbour.close()
    assert living.path.exists()
    assert (tmp_path / ".gitkeep").exists()


def test_a_folder_that_something_else_deleted_is_made_again(tmp_path: Path) -> None:
    folders = JobFolders(tmp_path)
    folders.path.rmdir()
    assert folders.new().path.is_dir()
