from __future__ import annotations

from formats.markdown import escaped, render


def test_a_paragraph_per_segment(talk):
    assert render(talk, name="my_talk.1").split("\n\n")[:2] == [
        "# my\\_talk.1",
        "**SPEAKER\\_00** (00:00:03.250 – 00:00:04.000): Shall we start?",
    ]


def test_markup_and_addresses_are_escaped():
    assert escaped("![x](http://a.b) <b>") == "!\\[x\\](http\\://a.b) \\<b\\>"
    assert escaped("www.a.b, c. d: e\nf") == "www\\.a.b, c. d: e f"
