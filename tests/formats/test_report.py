from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

import formats
from formats.folding import fold
from formats.palette import PALETTE
from formats.report import render
from pipeline.types import Conversation, Segment, Turn, Word
from tests.formats.said import conversations, many

near = {"abs": 0.0006}


@dataclass
class Article:
    start: float
    end: float
    speaker: str = ""
    text: str = ""
    words: list[tuple[float, float, str]] = field(default_factory=list)


class Reader(HTMLParser):
    """Raises for a tag or an attribute that a report has no use for: it would come from what was said."""

    TAGS = re.compile(
        "html|head|meta|title|style|body|header|main|section|h1|h2|h3|p|label|input|audio|details|summary|dl|dt|dd|ul|li|"
        "span|svg|rect|line|div|table|thead|tbody|tr|th|td|article|button|script"
    )

    def __init__(self) -> None:
        super().__init__()
        self.articles: list[Article] = []
        self.title = self.policy = ""
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.open: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert self.TAGS.fullmatch(tag), tag
        assert not any(name.startswith("on") or name in ("src", "href", "style") for name in given), attrs
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"] or ""
        if tag == "article":
            self.articles.append(Article(float(given["data-start"] or ""), float(given["data-end"] or "")))
        if tag == "span" and "data-s" in given:
            self.articles[-1].words.append((float(given["data-s"] or ""), float(given["data-e"] or ""), ""))
        if tag not in ("meta", "input"):
            self.open.append((tag, given))

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.open.pop()[0]

    def handle_data(self, data: str) -> None:
        tags = [tag for tag, _ in self.open]
        if tags[-1:] in (["script"], ["style"], ["title"]):
            {"script": self.scripts, "style": self.styles}.get(tags[-1], []).append(data)
            self.title = data if tags[-1] == "title" else self.title
        elif "article" in tags:
            article = self.articles[-1]
            if tags[-2:] == ["h3", "span"]:
                article.speaker += data
            elif "p" in tags:
                article.text += data
            if "data-s" in self.open[-1][1]:
                start, end, text = article.words.pop()
                article.words.append((start, end, text + data))


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


@many
@given(conversations(), st.text())
def test_it_reads_as_it_was_said(conversation: Conversation, name: str) -> None:
    found = read(formats.render(conversation, "html", name=name))
    assert found.title == fold(name)
    for article, segment in zip(found.articles, conversation.segments, strict=True):
        assert (article.speaker, article.text) == (fold(segment.speaker), fold(segment.text))
        assert (article.start, article.end) == (
            pytest.approx(segment.start, **near),
            pytest.approx(segment.end, **near),
        )
        assert "".join(text for *_, text in article.words) == "".join(fold(segment.text).split(" "))
        assert all(article.start <= start <= end <= article.end for start, end, _ in article.words)


@many
@given(conversations(), st.text())
def test_nothing_runs_but_its_own_script(conversation: Conversation, name: str) -> None:
    found = read(formats.render(conversation, "html", name=name))
    for source, (text,) in (("script-src", found.scripts), ("style-src", found.styles)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert re.search(rf"{source} '([^']*)'", found.policy).group(1) == f"sha256-{digest}"
    assert found.policy.startswith("default-src 'none'; ")
    assert not re.search(r"unsafe|http|\*", found.policy)


def test_words_have_their_own_times(talk: Conversation) -> None:
    (first, *_) = read(render(talk)).articles
    assert first.words == [(3.25, 3.5, "Shall"), (3.5, 3.625, "we"), (3.625, 4.0, "start?")]


def test_it_says_who_spoke_how_much(talk: Conversation) -> None:
    text = render(talk, name="talk")
    rows = re.findall(r'<tr class="c\d">(.*?)</tr>', text)
    assert ["|".join(re.findall(">([^<]+)<", row)) for row in rows] == [
        "SPEAKER_00|0:00:02|67%|2|1.5 s|5|125|0:00:00|0|1|0",
        "SPEAKER_01|0:00:01|33%|1|1.2 s|5|250|0:00:00|1|0|0",
    ]
    assert '<p class="soft">1:02:10 · 2 speakers · en</p>' in text


def test_doubtful_words_are_marked_and_say_how_sure_they_are() -> None:
    words = (Word("Yes", 0.0, 0.5, 0.93), Word("indeed", 0.5, 1.0, 0.21))
    text = render(Conversation(segments=(Segment("A", 0.0, 1.0, "Yes indeed", words),)))
    assert '<span data-s="0.5" data-e="1" class="doubt" title="21% sure">indeed</span>' in text
    assert text.count('class="doubt"') == 1


def test_lanes_are_in_the_colours_of_their_speakers() -> None:
    said = Conversation(turns=(Turn("A", 0.0, 1.0), Turn("B", 0.5, 2.0)), speakers=("A", "B"), duration=4.0)
    text = render(said)
    assert re.findall(r'<li class="lane (c\d)">.*?<svg viewBox="0 0 4 1".*?(<rect .*?)<line', text) == [
        ("c0", '<rect x="0" width="1" height="1"/>'),
        ("c1", '<rect x="0.5" width="1.5" height="1"/>'),
    ]
    assert f".c1 {{ --own: {PALETTE[1].on_light}; }}" in text


def test_nothing_said() -> None:
    assert read(render(Conversation())).articles == []
