"""A key in a browser: what has no way to send a header works all the same, and for pages of this server alone."""

from __future__ import annotations

import json
import re

import requests

from keys.key import Scope
from keys.store import open_keys
from tests.browser.conftest import OpenPage, evaluate
from tests.fakes import wav
from tests.file_server import FileServer
from tests.web.conftest import StartServer

SIGN_IN = """fetch('/session', {{
    method: 'POST', headers: {{ 'Content-Type': 'application/json' }}, body: JSON.stringify({{ key: {key} }})
}}).then(answer => answer.status)"""
STATUS = "fetch('{url}', {{ credentials: 'include', mode: '{mode}' }}).then(answer => answer.status, () => 'refused')"
DURATION = """new Promise((done, failed) => {{
    const audio = document.body.appendChild(document.createElement('audio'))
    audio.onloadedmetadata = () => done(audio.duration)
    audio.onerror = () => done(audio.error.message)
    audio.src = '{url}'
}})"""
STATE = """new Promise(done => {{
    const events = new EventSource('{url}')
    events.addEventListener('end', event => {{ events.close(); done(JSON.parse(event.data).state) }})
    events.onerror = () => done('refused')
}})"""


def test_sound_and_events_need_no_header(start_server: StartServer, open_page: OpenPage) -> None:
    server = start_server().wait_ready()
    with open_keys(server.folder / "data") as keys:
        text, _ = keys.create("x", [Scope.READ, Scope.WRITE])
    sent = requests.post(
        f"{server.url}/jobs", files={"audio": ("a.wav", wav(2.0))}, headers={"X-API-Key": text}, timeout=30
    )
    job = f"/jobs/{sent.json()['id']}"
    page = open_page(f"{server.url}/")
    assert evaluate(page, STATUS.format(url=job, mode="cors")) == 401
    assert evaluate(page, SIGN_IN.format(key=json.dumps(text + "x"))) == 401
    assert evaluate(page, STATE.format(url=f"{job}/events")) == "refused"
    assert evaluate(page, SIGN_IN.format(key=json.dumps(text))) == 200
    assert evaluate(page, "document.cookie") == ""
    assert evaluate(page, STATUS.format(url=job, mode="cors")) == 200
    assert evaluate(page, STATE.format(url=f"{job}/events")) == "done"
    assert evaluate(page, DURATION.format(url=f"{job}/audio")) == 2.0
    assert evaluate(page, f"fetch('{job}', {{ method: 'DELETE' }}).then(answer => answer.status)") == 204


def test_a_page_on_another_port_of_the_machine_gets_nothing_by_it(
    start_server: StartServer, open_page: OpenPage
) -> None:
    """Browsers send cookies to all ports of a machine alike."""
    server = start_server().wait_ready()
    with open_keys(server.folder / "data") as keys:
        text, _ = keys.create("x", [Scope.READ, Scope.WRITE])
    page = open_page(f"{server.url}/")
    assert evaluate(page, SIGN_IN.format(key=json.dumps(text))) == 200
    evil = FileServer({"/": b"<p>Evil"}, headers={"/": {"Content-Type": "text/html"}})
    evil.start()
    page.goto(f"{evil.url}/")
    assert evaluate(page, STATUS.format(url=f"{server.url}/jobs", mode="cors")) == "refused"
    evaluate(page, STATUS.format(url=f"{server.url}/jobs", mode="no-cors"))
    send = f"fetch('{server.url}/jobs', {{ method: 'POST', body: '', mode: 'no-cors', credentials: 'include' }})"
    evaluate(page, f"{send}.then(() => 0, () => 0)")
    answered = re.findall(r"(\w+) /jobs -> (\d+)", server.log)
    assert set(answered) == {("GET", "401"), ("POST", "401")}
    evil.stop()
