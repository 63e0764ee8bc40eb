"""gunicorn around the app: one web process with many threads, because it owns the one worker process.

The threads only wait, for clients and for the worker, so one process is plenty; two would load the models twice.
"""

from __future__ import annotations

import logging
import socket
import struct
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast

from flask import Flask
from gunicorn import util
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import TConn, ThreadWorker
from werkzeug.serving import WSGIRequestHandler

from logging_setup import forget_ids, log_uncaught, server_level, traceback_without_message
from settings import Settings
from web.context import service_of
from web.unreadable import answer_to, status_of

log = logging.getLogger(__name__)

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - the heartbeat file must not lie on a disk that can stall
_CLEAN_UP = 5  # seconds that ending the jobs and their clients' connections may take


class Server(BaseApplication):
    """Serves the app that ``create`` makes, until SIGTERM or SIGINT; :meth:`run` does not return."""

    def __init__(self, settings: Settings, create: Callable[[], Flask]) -> None:
        self._settings = settings
        self._create = create
        self._app: Flask | None = None
        super().__init__()

    def load(self) -> Any:
        """Called in the web process, after its fork, so that the threads of the app are its own."""
        log_uncaught()
        try:
            self._app = self._create()
        except Exception as error:  # gunicorn would print what it says
            log.critical("The service cannot start:\n%s", traceback_without_message(error))
            sys.exit(Arbiter.WORKER_BOOT_ERROR)
        return self._app

    def load_config(self) -> None:
        for name, value in self._config().items():
            self.cfg.set(name, value)

    def end_service(self) -> None:
        """End every job, the worker process and their files; harmless when done before."""
        if self._app:
            service_of(self._app).close()

    def end_watches(self) -> None:
        """End the streams of events: they would hold up a stop, and their clients come again."""
        if self._app:
            service_of(self._app).end_watches()

    def _config(self) -> dict[str, Any]:
        settings = self._settings
        host = f"[{settings.flask_host}]" if ":" in settings.flask_host else settings.flask_host
        return {
            "bind": f"{host}:{settings.flask_port}",
            "workers": 1,
            "worker_class": WebWorker,
            "threads": settings.web_threads,
            "timeout": 120,  # of the heartbeat; a request may take as long as it needs
            "graceful_timeout": settings.shutdown_timeout + _CLEAN_UP,
            "preload_app": False,
            "control_socket_disable": True,
            "worker_tmp_dir": str(_SHARED_MEMORY) if _SHARED_MEMORY.is_dir() else None,
            "logger_class": ServerLog,
            "loglevel": server_level(settings).lower(),
            "when_ready": self._limit_silence,
            "worker_exit": self._worker_exit,
        }

    def _limit_silence(self, arbiter: Any) -> None:
        """gunicorn waits for a silent client for ever. This limit of the kernel's passes to every connection."""
        limit = struct.pack("@ll", self._settings.upload_timeout, 0)
        for listener in arbiter.LISTENERS:
            listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
            listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
            # What was sent and never acknowledged: the client's machine is gone, and did not say so.
            listener.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1000 * self._settings.upload_timeout)

    def _worker_exit(self, _arbiter: Any, _worker: Any) -> None:
        self.end_service()


class WebWorker(ThreadWorker):
    """gunicorn's threaded worker, with manners for slow clients and for a stop in the middle of jobs."""

    def handle_exit(self, sig: int, frame: Any) -> None:
        """SIGTERM: what is running may finish; what is not done in time is told so before gunicorn cuts the line."""
        if self.alive:
            # Not here: a signal comes between any two steps of this thread, with whatever lock it holds.
            threading.Thread(target=cast(Server, self.app).end_watches, daemon=True).start()
            timer = threading.Timer(self.cfg.graceful_timeout - _CLEAN_UP, cast(Server, self.app).end_service)
            timer.daemon = True  # a stop with nothing left to wait for must not wait for it
            timer.start()
        super().handle_exit(sig, frame)

    def handle(self, conn: TConn) -> Any:
        """Close here: closing waits up to 2 s for the client, and gunicorn's loop would accept nobody meanwhile."""
        forget_ids()  # the thread may have served another request before
        keep = super().handle(conn)
        if keep is False:
            conn.close(graceful=True)
            conn.close = lambda graceful=False: None
        return keep

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """What cannot be read, or failed beside the app, is answered in the one shape of errors. gunicorn would log the
        line at fault, or the address, as the client wrote it."""
        if status_of(exc) == HTTPStatus.INTERNAL_SERVER_ERROR:
            self.log.exception("Error handling request")
        else:
            self.log.warning(f"Invalid request from ip={addr[0] if addr else '-'}")
        with suppress(OSError):  # the client has gone
            util.write_nonblock(client, answer_to(exc))


class ServerLog(Logger):
    """gunicorn's messages through our own handlers; requests are logged by web/traffic.py."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


class SilentHandler(WSGIRequestHandler):
    """Of Flask's own server: it would log addresses as the client wrote them."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """web/traffic.py logs requests."""
