from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from client import ApiError, Client, Unreachable
from client.connection import Connection

KEY = "dk_a-secret-that-nobody-may-read"
URL = "http://service.test:8000"
FULL = {"error": {"code": "queue_full", "message": "Too many wait.", "field": None}}
Step = httpx.Response | type[httpx.RequestError]


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds of each wait, which then takes none."""
    waits: list[float] = []
    monkeypatch.setattr("client.connection.time.sleep", waits.append)
    return waits


def connection(*steps: Step, patience: float = 30.0) -> tuple[Connection, list[httpx.Request]]:
    """To a server that takes these steps, one for each request, and the requests that it gets."""
    heard: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        heard.append(request)
        step = steps[len(heard) - 1]
        if isinstance(step, httpx.Response):
            return step
        raise step("said by the system", request=request)

    return Connection(URL, KEY, 60.0, patience, httpx.MockTransport(answer)), heard


def busy(status: int = 503, after: str | None = "7") -> httpx.Response:
    return httpx.Response(status, json=FULL, headers={} if after is None else {"Retry-After": after})


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_who_is_told_to_come_later_comes_then(status: int, method: str, slept: list[float]) -> None:
    to, heard = connection(busy(status), busy(status, "2"), httpx.Response(200, text="done"))
    assert to.request(method, "/jobs").text == "done"
    assert (len(heard), slept) == (3, [7.0, 2.0])
    assert heard[2].headers["Authorization"] == f"Bearer {KEY}"


def test_nobody_waits_beyond_their_patience(slept: list[float]) -> None:
    to, heard = connection(busy(after="7"), busy(after="7"), patience=10)
    with pytest.raises(ApiError) as caught:
        to.request("GET", "/jobs")
    error = caught.value
    assert (error.status, error.code, error.message, error.field) == (503, "queue_full", "Too many wait.", None)
    assert (len(heard), slept) == (2, [7.0])
    to, heard = connection(busy(after="1"))
    with pytest.raises(ApiError):
        to.request("GET", "/jobs", patience=0)
    assert len(heard) == 1


def test_a_date_is_waited_for_and_without_either_a_little(slept: list[float]) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    to, _ = connection(busy(after=date), busy(after=None), busy(after="soon"), httpx.Response(204))
    to.request("POST", "/jobs")
    assert 10 < slept[0] <= 20
    assert slept[1:] == [1.0, 2.0]


@pytest.mark.parametrize("fault", [httpx.ReadError, httpx.ReadTimeout, httpx.RemoteProtocolError])
def test_what_may_have_been_done_is_not_done_twice(fault: type[httpx.RequestError], slept: list[float]) -> None:
    to, heard = connection(fault, httpx.Response(200))
    with pytest.raises(Unreachable):
        to.request("POST", "/jobs/1/undo")
    assert (len(heard), slept) == (1, [])
    for method, repeatable in (("GET", False), ("POST", True)):
        to, heard = connection(fault, httpx.Response(502), httpx.Response(200))
        assert to.request(method, "/jobs", repeatable=repeatable).status_code == 200
        assert len(heard) == 3


def test_what_was_never_sent_is_sent_again(slept: list[float]) -> None:
    to, heard = connection(httpx.ConnectError, httpx.ConnectTimeout, httpx.Response(200))
    assert to.request("POST", "/jobs/1/undo").status_code == 200
    assert (len(heard), slept) == (3, [0.5, 1.0])


def test_who_is_never_reached_is_given_up(slept: list[float]) -> None:
    to, _ = connection(*[httpx.ConnectError] * 20, patience=10)
    with pytest.raises(Unreachable, match=r"^service\.test:8000 cannot be reached\.$"):
        to.request("GET", "/jobs")
    assert slept == [0.5, 1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(502, html="<h1>Bad gateway</h1>"),
        httpx.Response(301, headers={"Location": "https://service.test/jobs"}),
        httpx.Response(400, json={"error": "of another shape"}),
        httpx.Response(404, json=["nothing"]),
    ],
)
def test_another_programs_answer_is_named_as_such(answer: httpx.Response) -> None:
    to, _ = connection(answer)
    with pytest.raises(ApiError, match=r"check the URL") as caught:
        to.request("POST", "/jobs")
    assert (caught.value.status, caught.value.code) == (answer.status_code, "unexpected_answer")


@pytest.mark.parametrize("step", [httpx.Response(401, json=FULL), httpx.Response(418), httpx.ReadError])
def test_no_exception_says_the_key_or_the_password_of_the_address(step: Step) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if isinstance(step, httpx.Response):
            return step
        raise step("it broke", request=request)

    client = Client("http://user:password@service.test", KEY, transport=httpx.MockTransport(answer), patience=0)
    with pytest.raises((ApiError, Unreachable)) as caught:
        client.undo("1")
    said = f"{caught.value} {caught.value!r} {caught.value.__cause__}"
    assert KEY not in said
    assert "password" not in said


@pytest.mark.parametrize(
    "url", ["service.test", "ftp://service.test", "http://", "http://a:port", "", "file:///etc/passwd"]
)
def test_what_is_no_address_is_said_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="The URL of the service"):
        Client(url)


@pytest.mark.parametrize("key", ["dk_secret\n", " dk_secret", "dk_secret\r\nX: y", "dk_secretü"])
def test_a_key_that_fits_no_header_is_refused_without_saying_it(key: str) -> None:
    with pytest.raises(ValueError, match="API key") as caught:
        Client(URL, key)
    assert "secret" not in str(caught.value)
