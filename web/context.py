"""The service and the settings that an app's requests are served with."""

from __future__ import annotations

from flask import Flask, current_app

from jobs.service import Service
from settings import Settings


def attach(app: Flask, service: Service, settings: Settings) -> None:
    app.extensions["service"] = service
    app.extensions["settings"] = settings


def service_of(app: Flask) -> Service:
    return app.extensions["service"]


def current_service() -> Service:
    """The service of the app that answers this request."""
    return current_app.extensions["service"]


def current_settings() -> Settings:
    return current_app.extensions["settings"]
