"""Keys on the page: asked for, put off, changed, forgotten."""

from __future__ import annotations

import pytest
import requests

from keys.key import Scope
from keys.store import open_keys
from tests.browser.conftest import OpenPage
from tests.browser.visiting import send_file
from tests.web.conftest import StartServer

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
FACTORY = "tests.browser.talking:load"


def test_a_key_is_asked_for_where_one_is_needed(start_server: StartServer, open_page: OpenPage) -> None:
    server = start_server(FACTORY).wait_ready()
    with open_keys(server.folder / "data") as keys:
        text, _ = keys.create("x", [Scope.READ, Scope.WRITE])
    page = open_page(f"{server.url}/")
    page.get_by_label("API key").fill("dk_wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="This key is not good here.")).to_be_visible()
    page.get_by_label("API key").fill(text)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing yet.")).to_be_visible()
    send_file(page)
    expect(page.locator(".segment").first).to_be_visible()
    page.reload()
    expect(page.locator(".segment").first).to_be_visible()  # the browser remembers it
    assert requests.get(f"{server.url}/jobs", timeout=10).status_code == 401


def test_the_question_for_a_key_can_be_put_off(start_server: StartServer, open_page: OpenPage) -> None:
    """Browsers close a dialog at the second Escape, whatever the page says."""
    server = start_server(FACTORY).wait_ready()
    with open_keys(server.folder / "data") as keys:
        text, _ = keys.create("x", [Scope.READ, Scope.WRITE])
    page = open_page(f"{server.url}/")
    expect(page.get_by_label("API key")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("notice-list").get_by_role("alert")).to_contain_text("key")
    send_file(page)  # asks again
    page.get_by_role("button", name="Not now").click()
    expect(page.locator("upload-row.bad")).to_be_visible()
    page.get_by_role("button", name="Change the key or sign out").click()
    page.get_by_label("API key").fill(text)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing yet.")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".segment").first).to_be_visible()


def test_a_key_is_changed_where_it_is_too_little_and_forgotten(start_server: StartServer, open_page: OpenPage) -> None:
    server = start_server(FACTORY).wait_ready()
    with open_keys(server.folder / "data") as keys:
        reader, _ = keys.create("reader", [Scope.READ])
        writer, _ = keys.create("writer", [Scope.READ, Scope.WRITE])
    page = open_page(f"{server.url}/")
    page.get_by_label("API key").fill(reader)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing yet.")).to_be_visible()
    send_file(page)
    expect(page.get_by_role("dialog")).to_contain_text("The API key lacks the scope jobs:write.")
    page.get_by_label("API key").fill(writer)
    page.keyboard.press("Enter")
    expect(page.locator(".segment").first).to_be_visible()
    page.get_by_role("button", name="Change the key or sign out").click()
    expect(page.get_by_role("dialog")).to_contain_text("It is called writer.")
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="This service wants a key")).to_be_visible()
    expect(page.locator(".segment")).to_have_count(0)
