"""A PostgreSQL server of the tests' own: an ordinary user's, on a free port, gone when they are."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def find_postgres() -> Path | None:
    """The folder of its programs: Debian keeps them off the PATH."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


@contextmanager
def postgres(programs: Path) -> Iterator[str]:
    """The URL of an empty database."""
    # It refuses to run as root, as which containers do.
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    with tempfile.TemporaryDirectory() as folder:
        data, port = Path(folder) / "data", _free_port()
        os.chmod(folder, 0o755)
        data.mkdir(mode=0o700)
        os.chown(data, user.pw_uid, user.pw_gid)

        def run(*command: object) -> None:
            subprocess.run([str(part) for part in command], user=user.pw_uid, cwd="/", check=True, capture_output=True)

        run(programs / "initdb", "-D", data, "-U", "tests", "--auth=trust", "--no-sync", "--encoding=UTF8")
        options = f"-h 127.0.0.1 -p {port} -c unix_socket_directories= -c fsync=off"
        run(programs / "pg_ctl", "-D", data, "-l", data / "log", "-w", "-o", options, "start")
        try:
            yield f"postgresql://tests@127.0.0.1:{port}/postgres"
        finally:
            run(programs / "pg_ctl", "-D", data, "-m", "immediate", "stop")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
