from __future__ import annotations

import base64
import tracemalloc
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import InvalidOption
from web.dialects.data_urls import LONGEST, sound_in


@given(st.binary(min_size=1))
def test_what_it_holds(data: bytes) -> None:
    text = base64.b64encode(data).decode()
    for url in (
        f"data:audio/wav;base64,{text}",
        f"data:audio/wav;base64,{quote(text, safe='')}",
        f"DATA:Audio/WAV;codecs=1;BASE64,{text[:3]}\n{text[3:]}",
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
        ("data:audio/wav;base64, \n", "empty"),
        ("data:audio/wav,abc", "not base64"),
        ("data:audio/wav;base64;x=1,AAAA", "not base64"),
        ("data:audio/wav;base64,\u00c4AAA", "not base64"),
        (f"data:audio/wav{';' * 1000};base64,AAAA", "comma"),
        (f"data:audio/wav;base64,{'A' * LONGEST}", "characters"),
    ],
)
def test_what_is_none_or_holds_no_sound_is_refused(url: str, word: str) -> None:
    with pytest.raises(InvalidOption, match=word) as refused:
        sound_in(url, "known_speaker_references")
    assert refused.value.field == "known_speaker_references"


@pytest.mark.parametrize("part", ["A A ", "%41 ", "AAA\n", "%2B%2"])
def test_a_long_one_takes_no_more_than_a_few_times_its_size(part: str) -> None:
    head = "data:audio/wav;base64,"
    url = head + part * ((LONGEST - len(head)) // len(part))
    tracemalloc.start()
    try:
        sound_in(url, "file")
    except InvalidOption:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 5 * len(url)
