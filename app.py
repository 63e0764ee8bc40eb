"""The HTTP service: ``python app.py`` serves, ``create_app`` is for tests and other WSGI servers."""

from __future__ import annotations

import signal
import sys
import tempfile

from flask import Flask

from errors import StorageError
from executors.base import Executor
from executors.local import LocalExecutor
from jobs.service import Service
from jobs.storage import open_storage
from keys.store import KeyStore
from logging_setup import configure_logging
from settings import Settings, load_settings
from web import diarize, docs, events, health, home, jobs, known_speakers, peaks, pictures, session, speakers, status
from web.api import Api
from web.bodies import register_body_limits
from web.context import attach, service_of
from web.dialects import assemblyai, deepgram, openai, related, whisper_asr
from web.errors import register_error_handlers
from web.events import limit_streams
from web.guard import register_guard
from web.headers import register_headers
from web.ignored import register_ignored
from web.metrics import register_metrics
from web.pictures import open_studio
from web.server import Server, SilentHandler
from web.traffic import register_traffic
from web.upload import register_uploads
from web.warned import register_warned

NO_KEYS = (
    "FLASK_HOST: others can reach this address, and there are no API keys; "
    "run `python cli.py keys create NAME`, or set ALLOW_ANONYMOUS=1 to serve everybody"
)


def create_app(settings: Settings | None = None, executor: Executor | None = None) -> Flask:
    """The app with its service running; without an ``executor`` it starts a worker process and loads the models.

    ``web.context.service_of(app).close()`` ends the service.
    """
    settings = settings or load_settings()
    app = Api(__name__)
    service = Service(settings, executor or LocalExecutor(settings))
    attach(app, service, settings)
    register_uploads(app)
    register_traffic(app)
    register_headers(app, settings)
    register_guard(app, settings, KeyStore(service.engine))
    register_body_limits(app, settings)
    register_ignored(app)
    register_warned(app)
    limit_streams(app, settings)
    open_studio(app, settings)
    register_metrics(app)
    register_error_handlers(app)
    app.register_api(home.blueprint)
    app.register_api(session.blueprint)
    app.register_api(diarize.blueprint)
    app.register_api(jobs.blueprint)
    app.register_api(peaks.blueprint)
    app.register_api(pictures.blueprint)
    app.register_api(events.blueprint)
    app.register_api(speakers.blueprint)
    app.register_api(known_speakers.blueprint)
    app.register_api(status.blueprint)
    app.register_api(health.blueprint)
    app.register_api(docs.blueprint)
    app.register_api(openai.blueprint)
    app.register_api(whisper_asr.blueprint)
    app.register_api(related.blueprint)
    app.register_api(deepgram.blueprint)
    app.register_api(assemblyai.blueprint)
    return app


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or Ctrl-C: with gunicorn, or with Flask's own server under FLASK_DEBUG."""
    configure_logging(settings)
    _check_temp_audio_dir(settings)
    _check_storage(settings)
    if settings.flask_debug:
        _serve_debug(settings)
    else:
        Server(settings, lambda: create_app(settings)).run()


def _check_temp_audio_dir(settings: Settings) -> None:
    try:
        settings.temp_audio_dir.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=settings.temp_audio_dir).close()
    except OSError as error:
        raise SystemExit(f"Bad settings:\n  TEMP_AUDIO_DIR: cannot be written ({error.strerror})") from None


def _check_storage(settings: Settings) -> None:
    """Opened to see, and again by the service: what fails in gunicorn's web process can no longer be one line, and no
    connection may cross its fork."""
    try:
        with open_storage(settings.data_dir, settings.database_url.get_secret_value()) as storage:
            guarded = settings.on_loopback or settings.allow_anonymous or KeyStore(storage.engine).exist()
    except StorageError as error:
        raise SystemExit(f"Bad settings:\n  {error.message}") from None
    except OSError as error:
        raise SystemExit(f"Bad settings:\n  DATA_DIR: cannot be written ({error.strerror})") from None
    if not guarded:
        raise SystemExit(f"Bad settings:\n  {NO_KEYS}")


def _serve_debug(settings: Settings) -> None:
    app = create_app(settings)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        # The reloader would load the models twice; the debugger would show stack traces to clients.
        app.run(
            settings.flask_host,
            settings.flask_port,
            debug=True,
            use_reloader=False,
            use_debugger=False,
            request_handler=SilentHandler,
        )
    finally:
        service_of(app).close()


if __name__ == "__main__":
    serve(load_settings())
