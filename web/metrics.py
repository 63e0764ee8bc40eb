"""GET /metrics: what Prometheus collects, of jobs (jobs/meters.py, jobs/gauges.py) and of requests."""

from __future__ import annotations

import time

from flask import Response, g
from flask_openapi3.openapi import OpenAPI
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from keys.key import Scope
from web.context import current_service, service_of
from web.guard import needs
from web.routes import Routes
from web.status import VERSION
from web.traffic import known_method, route

blueprint = Routes("metrics", __name__, tag="operations")
_TEXT = {"description": "Prometheus' text.", "content": {"text/plain": {"schema": {"type": "string"}}}}
_SECONDS = (0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)


@blueprint.get("/metrics", responses={200: _TEXT})
@needs(Scope.METRICS)
def metrics() -> Response:
    """What Prometheus collects"""
    return Response(generate_latest(current_service().meters.registry), content_type=CONTENT_TYPE_LATEST)


class RequestMeters:
    """Each label has a few values that we chose; what a client wrote is none of them."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "diarization_http_requests",
            "Requests answered.",
            ["method", "route", "status"],
            registry=registry,
        )
        self._seconds = Histogram(
            "diarization_http_request_seconds",
            "Seconds until the answer to a request began.",
            ["method", "route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._rejects = Counter(
            "diarization_rejects", "Requests answered with an error, by its code.", ["reason"], registry=registry
        )
        version = Gauge("diarization_build_info", "1, of this version.", ["version"], registry=registry)
        version.labels(VERSION).set(1)

    def note(self, response: Response) -> Response:
        method = known_method()
        self._requests.labels(method, route(), str(response.status_code)).inc()
        self._seconds.labels(method, route()).observe(time.monotonic() - g.began)
        if reason := g.get("error_code"):
            self._rejects.labels(reason).inc()
        return response


def register_metrics(app: OpenAPI) -> None:
    """After register_traffic, which notes when a request began."""
    app.after_request(RequestMeters(service_of(app).meters.registry).note)
    app.register_api(blueprint)
