"""``python -m tests.live_server FACTORY``: what ``python app.py`` serves, over another processor."""

from __future__ import annotations

import sys

from app import create_app
from executors.local import LocalExecutor
from logging_setup import configure_logging
from settings import load_settings
from web.server import Server

if __name__ == "__main__":
    settings = load_settings()
    configure_logging(settings)
    Server(settings, lambda: create_app(settings, LocalExecutor(settings, factory=sys.argv[1]))).run()
