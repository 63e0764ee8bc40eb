from __future__ import annotations

import base64
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import InvalidOption
from web.dialects.data_urls import sound_in


@given(st.binary(min_size=1))
def test_what_it_holds(data: bytes) -> None:
    text = base64.b64encode(data).decode()
    for url in (
        f"data:audio/wav;base64,{text}",
        f"data:audio/wav;base64,{quote(text, safe='')}",
        f"DATA:Audio/WAV;codecs=1;BASE64,{text[:3]}\n{text[3:]}",
        f"data:audio/mpeg,{quote(data)}",
    ):
        assert sound_in(url, "file") == data


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("", "begins with data:"),
        ("https://example.org/a.wav", "begins with data:"),
        ("data:audio/wav;base64", "comma"),
        ("data:;base64,AAAA", "not audio"),
        ("data:text/plain;base64,AAAA", "not audio"),
        ("data:audio/wav;base64,A*A=", "not base64"),
        ("data:audio/wav;base64,AAAAA", "not base64"),
        ("data:audio/wav;base64,", "empty"),
    ],
)
def test_what_is_none_or_holds_no_sound_is_refused(url: str, word: str) -> None:
    with pytest.raises(InvalidOption, match=word) as refused:
        sound_in(url, "known_speaker_references")
    assert refused.value.field == "known_speaker_references"
