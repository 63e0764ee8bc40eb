"""The routes of the service as methods."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from typing import Any, Self, overload
from urllib.parse import quote

import httpx

from client.answers import Option, form, pages, patient, read, understood
from client.connection import ApiError, Connection, Unreachable, lost
from client.shapes import EVENTS, Conversation, End, Event, Job
from client.streams import File, OnUpload, blocks, counted
from client.voices import Voices

AnyJob = Job | str  # its id
OnProgress = Callable[[Job], None]
_SOONEST, _LATEST = 0.1, 2.0  # s between two looks at a job


class Client:
    """Safe between threads. All that asks the service raises ApiError where it refuses, and Unreachable.

    key: an API key, where one is needed; timeout: seconds without a byte; patience: seconds that a call may spend on
    waiting, for Retry-After of a 429 or 503 and after a lost connection, before it asks again. A call whose
    connection was lost is made again where no harm comes of doing it twice. transport: another way out, of httpx.
    voices: those that are known.
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        timeout: float = 60.0,
        patience: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._calls = Connection(url, key, timeout, patience, transport)
        self.voices = Voices(self._calls)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._calls.http.close()

    def diarize(
        self,
        file: File,
        *,
        words: bool = False,
        idempotency_key: str | None = None,
        on_upload: OnUpload | None = None,
        on_progress: OnProgress | None = None,
        **options: Option,
    ) -> Conversation:
        """:meth:`submit`, :meth:`wait` and :meth:`result` in one. An interruption (Ctrl-C) cancels the job."""
        job = self.submit(file, idempotency_key=idempotency_key, on_upload=on_upload, **options)
        try:
            self.wait(job, on_progress)
        except KeyboardInterrupt:
            with suppress(ApiError, Unreachable):
                self._calls.request("DELETE", _at(job), patience=0)
            raise
        return self.result(job, words=words)

    def submit(
        self, file: File, *, idempotency_key: str | None = None, on_upload: OnUpload | None = None, **options: Option
    ) -> Job:
        """Send a recording (a path, bytes, or a seekable file, from its start) with options as POST /jobs has them.

        on_upload(bytes sent, bytes in all); from 0 again where an upload is lost and repeated. All tries of a call
        make one job, as do all calls with one ``idempotency_key``.
        """
        headers = {"Idempotency-Key": idempotency_key or uuid.uuid4().hex}
        timeout = patient(self._calls)
        with counted(file, on_upload) as named:
            sent = {"files": {"audio": named}, "data": form(options), "headers": headers, "timeout": timeout}
            return read(self._calls.request("POST", "/jobs", repeatable=True, **sent), Job.read)

    def job(self, job: AnyJob) -> Job:
        return read(self._calls.request("GET", _at(job)), Job.read)

    def jobs(self, *states: str, page: int = 50) -> Iterator[Job]:
        """Those in one of these states, or all, the newest first; ``page`` of them are fetched at a time."""
        yield from pages(self._calls, "/jobs", "jobs", Job.read, {"limit": page, "state": ",".join(states)})

    def wait(self, job: AnyJob, on_progress: OnProgress | None = None, timeout: float | None = None) -> Job:
        """The job once it has ended, well or not. on_progress(job): at each look at it. Raises TimeoutError after
        ``timeout`` seconds."""
        end, pause = time.monotonic() + (float("inf") if timeout is None else timeout), _SOONEST
        while True:
            found = self.job(job)
            if on_progress:
                on_progress(found)
            if found.ended_at is not None:
                return found
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"The job has not ended within {timeout} s.")
            time.sleep(min(pause, left))
            pause = min(1.5 * pause, _LATEST)

    def events(self, job: AnyJob) -> Iterator[Event]:
        """What becomes known of a job, up to End. A stream that breaks off goes on where it was."""
        last, pause, silent = "", 2.0, 0.0
        while silent <= self._calls.patience:
            with suppress(httpx.RequestError):
                headers = {"Last-Event-ID": last} if last else {}
                answer = self._calls.request("GET", f"{_at(job)}/events", headers=headers, stream=True)
                with closing(answer):
                    for block in blocks(answer.iter_lines()):
                        pause = understood(answer, block.get("retry", str(1000 * pause)), float) / 1000
                        if kind := EVENTS.get(block.get("event", "")):
                            event = understood(answer, block.get("data", ""), kind.read)
                            yield event
                            last, silent = block.get("id", last), 0.0
                            if isinstance(event, End):
                                return
            time.sleep(pause)
            silent += pause
        raise Unreachable(f"{self._calls.host} tells nothing of the job: its streams end at once.")

    @overload
    def result(self, job: AnyJob, format: None = None, *, words: bool = False) -> Conversation: ...
    @overload
    def result(self, job: AnyJob, format: str, *, words: bool = False) -> str: ...
    def result(self, job: AnyJob, format: str | None = None, *, words: bool = False) -> Conversation | str:
        """The conversation, or its text in a format such as srt or csv. A failed job raises what it failed with."""
        answer = self._result(job, format or "json", words)
        return answer.text if format else _conversation(answer)

    def file(self, job: AnyJob, format: str, *, words: bool = False) -> bytes:
        """The result in any format, also one that is no text: parquet."""
        return self._result(job, format, words).content

    def _result(self, job: AnyJob, format: str, words: bool) -> httpx.Response:
        return self._calls.request("GET", f"{_at(job)}/result", params=form({"format": format, "words": words}))

    def audio(self, job: AnyJob) -> Iterator[bytes]:
        """The recording as it was heard (16 kHz WAV), in pieces."""
        try:
            with closing(self._calls.request("GET", f"{_at(job)}/audio", stream=True)) as answer:
                yield from answer.iter_bytes()
        except httpx.RequestError as error:
            raise lost(error) from None

    def recluster(self, job: AnyJob, *, revision: str | None = None, **counts: int | None) -> Conversation:
        """Tell the voices apart anew, with num_speakers, or min_speakers and max_speakers, or neither.

        revision, here and below: of the conversation that is to be changed; any other one is left alone (412).
        """
        return self._changed(f"{_at(job)}/recluster", revision, data=form(counts))

    def edit(self, job: AnyJob, *changes: Mapping[str, Any], revision: str | None = None) -> Conversation:
        """Changes as PATCH /jobs/<id>/speakers has them, in order, all or none."""
        return self._changed(f"{_at(job)}/speakers", revision, "PATCH", json={"changes": changes})

    def rename(self, job: AnyJob, speaker: str, name: str, *, revision: str | None = None) -> Conversation:
        return self.edit(job, {"edit": "rename", "speaker": speaker, "name": name}, revision=revision)

    def merge(self, job: AnyJob, speaker: str, into: str, *, revision: str | None = None) -> Conversation:
        return self.edit(job, {"edit": "merge", "speaker": speaker, "into": into}, revision=revision)

    def undo(self, job: AnyJob, *, revision: str | None = None) -> Conversation:
        """Take the last change, or recluster, back."""
        return self._changed(f"{_at(job)}/undo", revision)

    def _changed(self, path: str, revision: str | None, method: str = "POST", **given: Any) -> Conversation:
        headers = {} if revision is None else {"If-Match": f'"{revision}"'}
        return _conversation(self._calls.request(method, path, headers=headers, **given))

    def cancel(self, job: AnyJob) -> Job:
        """The work stops within 5 s. One that has ended stays as it is; one that ends in this moment is erased."""
        found = self.job(job)
        if found.ended_at is not None:
            return found
        answer = self._calls.request("DELETE", _at(job))
        return read(answer, Job.read) if answer.content else found

    def erase(self, job: AnyJob) -> None:
        """With all its files; one that has not ended is cancelled first."""
        while self._calls.request("DELETE", _at(job)).content:
            self.wait(job)

    def status(self) -> dict[str, Any]:
        """As GET /status, of a service that is not ready too; does not ask twice."""
        try:
            return read(self._calls.http.get("/status"), lambda row: {"status": row["status"], **row})
        except httpx.RequestError as error:
            raise lost(error) from None


def _at(job: AnyJob) -> str:
    return f"/jobs/{quote(job if isinstance(job, str) else job.id, safe='')}"


def _conversation(answer: httpx.Response) -> Conversation:
    revision = answer.headers.get("ETag", "").removeprefix("W/").strip('"')
    return read(answer, lambda row: Conversation.read({**row, "revision": revision}))
