"""schemathesis asks whatever the document allows, and much that it does not, and looks at every answer.

All of its phases and checks, with the same cases in every run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flask
import hypothesis.strategies
import pytest
import schemathesis
from flask import Flask
from schemathesis.config import SchemathesisConfig
from schemathesis.core.transport import Response
from schemathesis.engine import Status, events, from_schema
from schemathesis.specs.openapi.checks import negative_data_rejection
from schemathesis.transport.serialization import Binary

from app import create_app
from executors.base import Executor
from executors.inline import InlineExecutor
from tests.fakes import FakeProcessor, fake_settings, wait_until, wav
from tests.held import HeldExecutor
from tests.web.faults import message_of
from tests.web.test_pictures import Sketch
from web.context import service_of
from web.dialects.known import OWN, dialect_of

SEED = 1
# A request that fits the schema may still be refused for what no schema can say: these, and no others.
SEMANTIC = {
    "invalid_option": "given more than once, with different|min_speakers is larger|num_speakers lies outside"
    "|per_channel|A name has 1 to|what speakers without a name|name is required|consent is required|consent says"
    "|profile must be one of|keyterms may hold|metadata must be a JSON object|If-Match must be",
    "invalid_edit": "speaker|segments 0 to|words 0 to",
    "idempotency_key_reused": "",
    "missing_audio": "empty",
    "unknown_upload": "no such upload",
    "unsupported_media": "",
    "truncated_audio": "",
    "empty_audio": "",
    "webhook_refused": "",
    "revision_changed": "",
    "requested_range_not_satisfiable": "",
}
# Of which the dialects have more: what goes with what, and what they can ask that nobody here does.
DIALECTS = (
    "does not translate|cannot tell languages|needs the response_format|needs a response_format|not a recording"
    "|is not complete|too damaged|known speaker|data URL|A name has|SPEAKER_ and a number"
    "|speakers_expected is larger|speakers_expected lies outside|multichannel gives|no other address is fetched"
)
WAITING = (
    "/events$|^/v1/audio|^/v1/listen|^/asr|^/detect-language|^/transcribe|^/upload/"  # answers that end with the job
)
REFUSED = ("400", "412", "415", "416", "422")


@schemathesis.check
def refused_only_for_what_no_schema_can_say(
    ctx: schemathesis.CheckContext, response: Response, case: schemathesis.Case
) -> None:
    positive = case.meta is not None and case.meta.generation.mode is schemathesis.GenerationMode.POSITIVE
    if positive and str(response.status_code) in REFUSED:
        body, dialect = response.json(), dialect_of(case.path)
        ours = body["error"]["code"] if dialect is OWN else ""
        reasons = SEMANTIC.get(ours, "$^") if ours else "|".join(filter(None, [*SEMANTIC.values(), DIALECTS]))
        assert re.search(reasons, message_of(dialect, body)), body


@schemathesis.check
def what_breaks_the_schema_is_refused(
    ctx: schemathesis.CheckContext, response: Response, case: schemathesis.Case
) -> None:
    """What schemathesis asks of data that break the schema; a list that a form sends as a text breaks none."""
    body = case.body
    if isinstance(body, dict):
        # Its own check gives up reading the form as sent at a file, which jsonschema_rs cannot hold.
        case.body = {name: "" if type(value) is Binary else value for name, value in body.items()}
    try:
        negative_data_rejection(ctx, response, case)
    finally:
        case.body = body


def app_with(executor: Executor, folder: Path, **settings: Any) -> Flask:
    """Without a limit of requests, which a run of thousands would meet."""
    own = fake_settings(folder, max_upload_mb=1, max_audio_minutes=0.1, rate_limit=0, max_pending_per_key=0, **settings)
    app = create_app(own, executor)
    app.extensions["studio"] = Sketch()  # a picture takes a second
    return app


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """Whoever has sent a job finds it done."""
    app = app_with(InlineExecutor(FakeProcessor()), tmp_path)
    service = service_of(app)

    @app.after_request
    def wait(response: flask.Response) -> flask.Response:
        if response.status_code == 202 and (location := response.headers.get("Location")):
            wait_until(lambda: service.job(location.rpartition("/")[2], owner=None).ended)
        return response

    yield app
    service.close()


@pytest.fixture
def held_app(tmp_path: Path) -> Iterator[Flask]:
    """No job ends by itself."""
    app = app_with(HeldExecutor(), tmp_path, max_queue=900, web_threads=1024, sync_timeout=0.01)
    yield app
    service_of(app).close()


def schema_of(app: Flask, examples: int, **checks: Any) -> schemathesis.BaseSchema:
    schemathesis.openapi.format("binary", hypothesis.strategies.sampled_from([wav(), wav(0.2), wav(channels=2)]))
    refused = {"expected-statuses": ["2xx", "401", "403", "404", "409", *REFUSED]}
    # 412 and 416 are how HTTP refuses an If-Match and a Range.
    rejected = {"expected-statuses": ["400", "401", "403", "404", "405", "409", "412", "415", "416", "422"]}
    settings: dict[str, Any] = {
        "seed": SEED,
        "workers": 1,
        # What earlier answers had in them, as times, differs from run to run; stateful follows the links all the same.
        "phases": {"fuzzing": {"extra-data-sources": {"responses": False}}},
        "generation": {"max-examples": examples, "deterministic": True},
        "checks": {
            "positive_data_acceptance": refused,
            "negative_data_rejection": {"enabled": False, **rejected},
            **checks,
        },
    }
    return schemathesis.openapi.from_wsgi("/openapi.json", app, config=SchemathesisConfig.from_dict(settings))


def test_no_answer_is_other_than_described(app: Flask) -> None:
    check_all(schema_of(app, examples=40))


def test_nor_of_jobs_that_have_not_ended(held_app: Flask) -> None:
    # To delete such a job is to cancel it, after which it is still there.
    schema = schema_of(held_app, examples=10, use_after_free={"enabled": False})
    check_all(schema.exclude(path_regex=WAITING))


def check_all(schema: schemathesis.BaseSchema) -> None:
    phases, failures, calls = dict[str, Status](), list[str](), 0
    for event in from_schema(schema).execute():
        if isinstance(event, events.PhaseFinished):
            phases[event.phase.name.value] = event.status
        if isinstance(event, events.NonFatalError | events.FatalError):
            failures.append(f"{event}")
        if isinstance(event, events.ScenarioFinished):
            calls += len(event.recorder.interactions)
            failures += list(failures_of(event))
    assert not failures, "\n\n".join(failures)
    assert {phases[name] for name in ("examples", "coverage", "fuzzing", "stateful")} == {Status.SUCCESS}
    assert calls > 500


def failures_of(event: events.ScenarioFinished) -> Iterator[str]:
    for id, checks in event.recorder.checks.items():
        for check in (check for check in checks if check.failure_info):
            response = event.recorder.interactions[id].response
            told = f"{response.status_code} {response.content[:300]!r}" if response else ""
            sample = check.failure_info.code_sample  # a recording in it may be long
            sent = sample if len(sample) < 1000 else f"{sample[:400]} ... {sample[-600:]}"
            yield f"{event.phase.value}: {check.failure_info.failure}\n{sent}\n{told}"
