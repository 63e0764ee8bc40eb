"""What /metrics says, beside what happened and what docs/operations.md promises."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from app import create_app
from executors.base import Outcome
from executors.inline import InlineExecutor
from keys.key import Scope
from keys.store import KeyStore
from pipeline.types import Conversation, Recording
from settings import ROOT
from tests.fakes import SECRET, FakeProcessor, fake_settings, wait_until, wav
from web.context import service_of

PAGE = (ROOT / "docs" / "operations.md").read_text()
Values = dict[tuple[str, frozenset[tuple[str, str]]], float]


class TimedProcessor(FakeProcessor):
    """Says that its stages took 0.25 s and 0.5 s."""

    def process_all(self, recordings: Sequence[Recording]) -> list[Outcome]:
        timings = {"speech": 0.25, "words": 0.5}
        outcomes = super().process_all(recordings)
        return [replace(one, timings=timings) if isinstance(one, Conversation) else one for one in outcomes]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[FlaskClient]:
    app = create_app(fake_settings(tmp_path), InlineExecutor(TimedProcessor()))
    yield app.test_client()
    service_of(app).close()


def values(client: FlaskClient) -> Values:
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {
        (sample.name.removeprefix("diarization_"), frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def value(found: Values, name: str, **labels: str) -> float | None:
    return found.get((name, frozenset(labels.items())))


def post(client: FlaskClient, name: str = "audio", audio: bytes = b"") -> int:
    return client.post("/diarize", data={"audio": (io.BytesIO(audio or wav()), f"{name}.wav")}).status_code


def test_jobs_are_counted(client: FlaskClient) -> None:
    assert [post(client, name) for name in ("audio", "audio", "fault", "silence")] == [200, 200, 500, 422]
    found = values(client)
    assert value(found, "jobs_accepted_total") == 4
    assert value(found, "jobs_ended_total", state="done") == 2
    assert value(found, "jobs_ended_total", state="failed") == 2
    assert value(found, "audio_accepted_seconds_total") == 2.0
    assert value(found, "audio_processed_seconds_total") == 1.0
    assert value(found, "stage_seconds_sum", stage="words") == 1.0
    assert value(found, "stage_seconds_count", stage="speech") == 2
    assert value(found, "real_time_factor_sum") == 3.0
    assert value(found, "queue_depth") == value(found, "jobs_running") == 0
    assert (value(found, "models_ready"), value(found, "database_up")) == (1, 1)
    assert value(found, "build_info", version="0.1.0") == 1


def test_refusals_are_counted_by_their_code_and_probes_are_not_among_them(tmp_path: Path) -> None:
    app = create_app(fake_settings(tmp_path, min_free_mb=10**9), InlineExecutor(TimedProcessor()))
    client = app.test_client()
    post(client, audio=b"no sound")
    client.post("/diarize")
    client.get("/nowhere")
    client.get("/elsewhere")
    assert client.get("/readyz").status_code == 503
    reasons = {dict(labels)["reason"]: count for (name, labels), count in values(client).items() if "rejects" in name}
    assert reasons == {"unsupported_media": 1, "missing_audio": 1, "not_found": 2}
    service_of(app).close()


def test_requests_are_counted_by_route(client: FlaskClient) -> None:
    accepted = client.post("/jobs", data={"audio": (io.BytesIO(wav()), "audio.wav")}).get_json()
    client.get(f"/jobs/{accepted['id']}?{SECRET}")
    client.get(f"/jobs/{SECRET}")
    client.get(f"/{SECRET}")
    client.open("/status", method=SECRET.upper())
    client.head("/status")
    found = values(client)
    assert value(found, "http_requests_total", method="POST", route="/jobs", status="202") == 1
    assert value(found, "http_requests_total", method="GET", route="/jobs/<id>", status="200") == 1
    assert value(found, "http_requests_total", method="GET", route="/jobs/<id>", status="404") == 1
    assert value(found, "http_requests_total", method="GET", route="(no route)", status="404") == 1
    assert value(found, "http_requests_total", method="(other)", route="(no route)", status="405") == 1
    assert value(found, "http_request_seconds_count", method="GET", route="/jobs/<id>") == 2
    assert value(found, "http_request_seconds_count", method="HEAD", route="/status") == 1


def test_nothing_in_it_names_a_job_or_a_file(client: FlaskClient) -> None:
    fields = {"audio": (io.BytesIO(wav()), f"{SECRET}.wav"), "metadata": f'{{"a": "{SECRET}"}}'}
    accepted = client.post("/jobs", data=fields, headers={"Idempotency-Key": SECRET}).get_json()
    wait_until(lambda: client.get(f"/jobs/{accepted['id']}").get_json()["state"] == "done")
    text = client.get("/metrics", headers={"X-Request-ID": SECRET}).text
    assert accepted["id"] not in text
    assert SECRET.lower() not in text.lower()


def test_it_wants_a_key_of_its_scope_and_probes_want_none(client: FlaskClient) -> None:
    keys = KeyStore(service_of(client.application).engine)
    reader, collector = (keys.create(scope, [scope])[0] for scope in (Scope.READ, Scope.METRICS))
    codes = [client.get("/metrics", headers={"X-API-Key": key}).status_code for key in (reader, collector)]
    assert codes == [403, 200]
    assert [client.get(path).status_code for path in ("/metrics", "/healthz", "/readyz")] == [401, 200, 200]
    text = client.get("/metrics", headers={"X-API-Key": collector}).text
    assert 'diarization_rejects_total{reason="missing_key"} 1.0' in text
    assert collector not in text


def test_each_app_counts_for_itself(client: FlaskClient, tmp_path: Path) -> None:
    other = create_app(fake_settings(tmp_path / "other"), InlineExecutor(FakeProcessor()))
    post(client)
    assert value(values(other.test_client()), "jobs_accepted_total") == 0
    service_of(other).close()


def test_head_is_taken_and_the_type_is_prometheus(client: FlaskClient) -> None:
    head = client.head("/metrics")
    assert (head.status_code, head.data) == (200, b"")
    assert client.get("/metrics").headers["Content-Type"].startswith("text/plain; version=")


def labels_of(client: FlaskClient) -> dict[str, set[str]]:
    """Of each metric, under the name that rules are written with."""
    found = dict[str, set[str]]()
    for family in text_string_to_metric_families(client.get("/metrics").text):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        found[name] = {label for sample in family.samples for label in sample.labels} - {"le"}
    return found


def test_the_page_and_the_metrics_have_the_same_names_and_labels(client: FlaskClient) -> None:
    post(client)
    client.get("/nowhere")
    rows = dict(re.findall(r"^\| `(\w+)` \|([^|]*)\|", PAGE, re.MULTILINE))
    listed = {name: set(re.findall(r"`(\w+)`", text.partition(":")[0])) for name, text in rows.items()}
    assert listed == labels_of(client)
    assert all(name.startswith("diarization_") for name in listed)


def test_rules_are_about_what_there_is(client: FlaskClient) -> None:
    used = set(re.findall(r"diarization_\w+", "\n".join(re.findall(r"expr: (.*)", PAGE))))
    assert used
    assert used <= set(labels_of(client))
