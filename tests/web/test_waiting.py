from __future__ import annotations

import socket
from concurrent.futures import Future

import pytest
from flask import Flask
from werkzeug.exceptions import ClientDisconnected

from errors import EmptyAudio
from pipeline.types import Conversation
from web.waiting import Work


def test_one_who_waits_gets_what_comes() -> None:
    done, failed = Future[Conversation](), Future[Conversation]()
    done.set_result(Conversation(duration=1.0))
    failed.set_exception(EmptyAudio("Nothing."))
    with Flask(__name__).app_context():  # where the warnings of a result are kept for the answer's header
        assert Work("", done, None).result() == Conversation(duration=1.0)
    with pytest.raises(EmptyAudio):
        Work("", failed, None).result()


def test_one_who_waits_no_longer_goes_with_nothing_taken_back() -> None:
    outcome = Future[Conversation]()
    assert not Work("", outcome, None).ends_by(0.0)
    assert not outcome.cancelled()


def test_a_job_whose_client_has_gone_is_taken_back() -> None:
    outcome, (ours, theirs) = Future[Conversation](), socket.socketpair()
    theirs.close()
    with pytest.raises(ClientDisconnected):
        Work("", outcome, ours).result()
    assert outcome.cancelled()
    ours.close()
