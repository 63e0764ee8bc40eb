from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from flask import Flask, Response

from keys.key import KeyRecord, Scope
from web.cookies import LONGEST, NAME, give_cookie, key_in_cookie

HOST = "audio.example.org"
KEY = KeyRecord("abc", "x", frozenset(Scope), "", 0.0, None, None, None, read_at=1000.0)


def counted(headers: Mapping[str, str]) -> tuple[bool, bool]:
    """Whether the cookie of such a request counts for reading, and for writing."""
    given = {"Host": HOST, "Cookie": f"{NAME}=k"} | dict(headers)
    with Flask("x").test_request_context("/", headers=given):
        read, written = (key_in_cookie(writes=writes) for writes in (False, True))
    assert {read, written} <= {"k", None}
    return read is not None, written is not None


@pytest.mark.parametrize(
    ("headers", "reads", "writes"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, True, True),
        ({"Sec-Fetch-Site": "none"}, True, True),
        ({"Sec-Fetch-Site": "same-site"}, False, False),
        ({"Sec-Fetch-Site": "same-site", "Origin": f"https://{HOST}"}, False, False),
        ({"Sec-Fetch-Site": "cross-site"}, False, False),
        ({"Sec-Fetch-Site": "odd"}, False, False),
        ({"Origin": f"http://{HOST}"}, True, True),
        ({"Origin": f"https://{HOST}"}, True, True),
        ({"Origin": f"http://{HOST}:3000"}, False, False),
        ({"Origin": f"https://evil.{HOST}"}, False, False),
        ({"Origin": "null"}, False, False),
        ({}, True, False),
    ],
)
def test_it_counts_for_pages_of_this_server_alone(headers: dict[str, str], reads: bool, writes: bool) -> None:
    assert counted(headers) == (reads, writes)


def given(key: KeyRecord, **headers: str) -> str:
    with Flask("x").test_request_context("/", headers=headers):
        give_cookie(response := Response(), "text", key)
    return response.headers["Set-Cookie"]


def test_no_script_reads_it_and_no_other_site_sends_it() -> None:
    parts = {part.strip() for part in given(KEY).split(";")}
    assert {f"{NAME}=text", "HttpOnly", "SameSite=Strict", "Path=/", f"Max-Age={LONGEST}"} <= parts
    assert "Secure" not in parts
    assert not any(part.startswith("Domain") for part in parts)


def test_it_travels_by_tls_alone_where_the_page_came_that_way() -> None:
    """Also through a proxy that does not say so."""
    assert "Secure" in given(KEY, Origin=f"https://{HOST}")


def test_it_goes_with_its_key() -> None:
    assert "Max-Age=60;" in given(replace(KEY, expires_at=1060.0))
    assert f"Max-Age={LONGEST};" in given(replace(KEY, expires_at=1e12))
