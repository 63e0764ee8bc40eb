from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import soundfile

from client import ApiError, Client, Conversation, End, Event, Job, Progress, Restart, Segments, Unreachable
from jobs.database import open_database
from keys.key import Scope
from keys.store import KeyStore
from tests.fakes import IN_TIME, SECRET, fake_settings, wait_until, wav
from tests.web.conftest import LiveServer, StartServer

SOUND = wav()
Ask = Callable[[Client], Any]


def send(service: Client, name: str = "audio", **options: Any) -> Job:
    """name: tells the fake models what to do."""
    file = io.BytesIO(SOUND)
    file.name = f"{name}.wav"
    return service.submit(file, **options)


def test_a_recording_becomes_a_conversation(service: Client) -> None:
    looks: list[str] = []
    conversation = service.diarize(SOUND, language="en", words=True, on_progress=lambda job: looks.append(job.state))
    assert isinstance(conversation, Conversation)
    assert [(segment.speaker, segment.text) for segment in conversation.segments] == [("SPEAKER_00", SECRET)]
    assert [word.text for word in conversation.segments[0].words] == [SECRET]
    assert (conversation.language, conversation.duration, conversation.speakers) == ("en", 0.5, ["SPEAKER_00"])
    assert looks[-1] == "done"
    assert service.diarize(SOUND).segments[0].words == ()


def test_an_upload_tells_how_far_it_is(service: Client) -> None:
    sound, told = wav(10.0), list[tuple[int, int]]()
    job = service.submit(sound, on_upload=lambda sent, total: told.append((sent, total)))
    assert told[-1] == (len(sound), len(sound))
    assert len(told) > 3
    assert sorted(told) == told
    assert job.duration == 10.0


def test_options_and_what_is_the_callers_own_arrive(service: Client) -> None:
    job = send(service, metadata={"case": 7}, num_speakers=2, keyterms=["NeMo", "RTTM"], diarizer=None, words=True)
    assert (job.metadata, job.warnings) == ({"case": 7}, [])
    assert "1 channels, 2 speakers" in service.result(service.wait(job)).warnings[0]


class Forgetful(httpx.HTTPTransport):
    """Loses the answer to the first POST."""

    lost = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        if request.method == "POST" and not self.lost:
            self.lost = True
            response.close()
            raise httpx.ReadError("connection reset", request=request)
        return response


def test_a_lost_answer_makes_no_second_job(live: LiveServer) -> None:
    with Client(live.url, transport=Forgetful()) as service:
        before = len([*service.jobs()])
        told: list[int] = []
        job = service.submit(SOUND, on_upload=lambda sent, total: told.append(sent))
        assert len([*service.jobs()]) == before + 1
        assert told == [len(SOUND)] * 2
        assert service.job(job).id == job.id
        keyed = [service.submit(SOUND, idempotency_key=job.id).id for _ in range(2)]
        assert keyed[0] == keyed[1] != job.id


def test_jobs_come_page_by_page_and_by_state(service: Client) -> None:
    sent = [service.wait(send(service)).id for _ in range(3)]
    failed = service.wait(send(service, "silence"))
    found = [job.id for job in service.jobs("done", page=2)]
    assert found[:3] == sent[::-1]
    assert failed.id not in found
    assert failed.id in [job.id for job in service.jobs("failed", "cancelled")]


def test_a_failed_job_says_what_it_failed_with(service: Client) -> None:
    job = service.wait(send(service, "silence"))
    assert (job.state, (job.error or {})["code"]) == ("failed", "empty_audio")
    with pytest.raises(ApiError) as caught:
        service.result(job)
    assert (caught.value.status, caught.value.code) == (422, "empty_audio")


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        (lambda service: service.submit(SOUND, num_speakers=0), (400, "invalid_option", "num_speakers")),
        (lambda service: service.submit(b"no sound at all" * 99), (415, "unsupported_media", None)),
        (lambda service: service.submit(b""), (400, "missing_audio", "audio")),
        (lambda service: service.job("0" * 32), (404, "unknown_job", None)),
        (lambda service: service.erase("../status"), (404, "not_found", None)),
        (lambda service: next(service.jobs(page=0)), (400, "invalid_option", "limit")),
        (lambda service: next(service.events("0" * 32)), (404, "unknown_job", None)),
        (lambda service: next(service.audio("0" * 32)), (404, "unknown_job", None)),
    ],
)
def test_a_refusal_has_its_status_code_and_field(
    ask: Callable[[Client], Any], expected: tuple, service: Client
) -> None:
    with pytest.raises(ApiError) as caught:
        ask(service)
    error = caught.value
    assert (error.status, error.code, error.field) == expected
    assert str(error) == f"{error.status} {error.code}: {error.message}"


def test_a_result_in_any_format_and_the_recording(service: Client) -> None:
    job = service.wait(send(service, "talk"))
    assert SECRET in service.result(job, format="srt")
    assert service.file(job, "parquet").startswith(b"PAR1")
    assert service.result(job.id, format="rttm").startswith("SPEAKER talk 1 0.000 0.500 ")
    sound, rate = soundfile.read(io.BytesIO(b"".join(service.audio(job))))
    assert (len(sound), rate) == (8_000, 16_000)


def test_who_is_who_is_put_right(service: Client) -> None:
    job = service.wait(send(service))
    made = service.result(job)
    assert service.recluster(job, num_speakers=2).speakers == ["SPEAKER_00", "SPEAKER_01"]
    assert service.rename(job, "SPEAKER_00", "Anna").segments[0].speaker == "Anna"
    merged = service.merge(job, "SPEAKER_01", "Anna")
    assert {turn.speaker for turn in merged.turns} == {"Anna"}
    with pytest.raises(ApiError) as caught:
        service.rename(job, "Anna", "Berta", revision=made.revision)
    assert (caught.value.status, caught.value.code) == (412, "revision_changed")
    assert service.undo(job, revision=merged.revision).speakers == ["Anna", "SPEAKER_01"]
    new = service.edit(
        job, {"edit": "reassign", "segment": 0}, {"edit": "rename", "speaker": "SPEAKER_01", "name": "Berta"}
    )
    assert new.revision == service.result(job).revision != merged.revision


def test_cancelled_and_erased(service: Client) -> None:
    job = send(service, "slow-600")
    assert service.cancel(job).id == job.id
    assert service.wait(job, timeout=IN_TIME).state == "cancelled"
    assert service.cancel(job).state == "cancelled", "it is still there"
    service.erase(job)
    running = send(service, "slow-600")
    service.erase(running)
    for gone in (job, running):
        with pytest.raises(ApiError, match="unknown_job"):
            service.job(gone)


def test_a_wait_can_be_bounded(service: Client) -> None:
    job = send(service, "slow-600")
    with pytest.raises(TimeoutError):
        service.wait(job, timeout=0.3)
    service.erase(job)


def test_an_interruption_takes_the_job_along(service: Client) -> None:
    seen: list[Job] = []

    def interrupt(job: Job) -> None:
        seen.append(job)
        raise KeyboardInterrupt

    file = io.BytesIO(SOUND)
    file.name = "slow-600.wav"
    with pytest.raises(KeyboardInterrupt):
        service.diarize(file, on_progress=interrupt)
    assert service.wait(seen[0], timeout=IN_TIME).state == "cancelled"


def test_the_status_of_a_service_that_is_not_ready_is_no_error(start_server: StartServer) -> None:
    server = start_server("load_faulty")
    with Client(server.url) as service:
        wait_until(lambda: service.status()["status"] == "error")
        assert service.status()["errors"]
        server.stop()
        with pytest.raises(Unreachable):
            service.status()


def test_a_full_queue_is_waited_for(start_server: StartServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server = start_server(max_queue=1, together=1).wait_ready()
    waits: list[float] = []
    with Client(server.url) as service:
        first = send(service, "slow-600")
        wait_until(lambda: service.job(first).state == "running")
        second = send(service, "slow-600")

        def make_room(seconds: float) -> None:
            waits.append(seconds)
            service.cancel(second)

        monkeypatch.setattr("client.connection.time.sleep", make_room)
        assert send(service).state == "queued"
        assert waits
        assert waits[0] >= 1, "as Retry-After said"
        service.cancel(first)


def test_a_key_opens_what_is_closed_without(start_server: StartServer) -> None:
    server = start_server().wait_ready()
    settings = fake_settings(server.folder)
    engine = open_database(f"sqlite:///{settings.data_dir / 'jobs.db'}")
    text, _ = KeyStore(engine).create("x", [Scope.READ, Scope.WRITE])
    engine.dispose()
    with Client(server.url, text) as service:
        assert service.diarize(SOUND).speakers == ["SPEAKER_00"]
    for key, code in ((None, "missing_key"), (f"{text}x", "invalid_key")):
        with Client(server.url, key) as service, pytest.raises(ApiError) as caught:
            service.submit(SOUND)
        assert (caught.value.status, caught.value.code) == (401, code)
        assert text not in str(caught.value)


def until(events: Iterator[Event], kind: type[Event]) -> Event:
    return next(event for event in events if isinstance(event, kind))


def test_events_tell_what_is_said_and_end_with_the_job(service: Client) -> None:
    job = send(service, "slow-1")
    told = list(service.events(job))
    assert [event for event in told if not isinstance(event, Progress)] == [
        told[next(place for place, event in enumerate(told) if isinstance(event, Segments))],
        End(service.job(job)),
    ]
    (said,) = [event for event in told if isinstance(event, Segments)]
    assert (said.first, said.segments[0].text) == (0, SECRET)
    assert {event.state for event in told if isinstance(event, Progress)} <= {"queued", "running"}
    assert list(service.events(job)) == [End(service.job(job))]


def test_events_go_on_when_the_server_was_started_again(start_server: StartServer) -> None:
    server = start_server(shutdown_timeout=600).wait_ready()
    with Client(server.url, patience=120) as service:
        job = send(service, "slow-3")
        events = service.events(job)
        assert isinstance(until(events, Segments), Segments)
        assert server.stop() == 0
        (server.folder / "logs" / "diarization_api.log").unlink()
        start_server(flask_port=server.port)
        told = [event for event in events if not isinstance(event, Progress)]
        assert [type(event) for event in told] == [Restart, Segments, End]
        assert told[-1] == End(service.job(job))
        assert service.job(job).state == "done"


class Cut(httpx.HTTPTransport):
    """Each stream of events ends after its first segments; remembers from where it was asked to go on."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str | None] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        if request.url.path.endswith("/events") and response.status_code == 200:
            self.asked.append(request.headers.get("Last-Event-ID"))
            if len(self.asked) == 1:
                stream = _until_segments(response)
                return httpx.Response(200, headers=response.headers, content=stream)
        return response


def _until_segments(response: httpx.Response) -> Iterator[bytes]:
    for piece in response.iter_raw():
        yield piece
        if b"event: segments" in piece:
            break
    response.close()
    raise httpx.ReadError("connection reset")


def test_a_stream_that_broke_off_goes_on_after_the_last_event(
    live: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    sleep = threading.Event().wait
    monkeypatch.setattr("client.api.time.sleep", lambda seconds: pauses.append(seconds) or sleep(0.01))
    cut = Cut()
    with Client(live.url, transport=cut) as service:
        told = list(service.events(send(service, "slow-2")))
    assert len([event for event in told if isinstance(event, Segments)]) == 1
    assert isinstance(told[-1], End)
    assert pauses == [2.0], "as the stream's retry said"
    assert cut.asked[0] is None
    assert cut.asked[1]


def test_streams_that_end_at_once_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("client.api.time.sleep", pauses.append)
    nothing = httpx.MockTransport(lambda request: httpx.Response(200, text="retry: 4000\n\n"))
    with Client("http://service.test", transport=nothing, patience=10) as service, pytest.raises(Unreachable):
        next(service.events("1"))
    assert pauses == [4.0, 4.0, 4.0]


@pytest.mark.parametrize("body", ["", "<html>", "[]", "{}", '{"jobs": [{}], "next": null}', '{"conversation": 1}'])
def test_answers_of_something_else_are_named_as_such(body: str) -> None:
    other = httpx.MockTransport(lambda request: httpx.Response(200, text=body))
    with Client("http://service.test", transport=other) as service:
        asks = (service.job, service.result, service.undo, lambda id: service.status(), lambda id: [*service.jobs()])
        for ask in asks:
            with pytest.raises(ApiError) as caught:
                ask("1")
            assert caught.value.code == "unexpected_answer"
