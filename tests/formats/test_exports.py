"""Tables, annotations and Markdown as others read them: the same words, speakers and times, whatever was said."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import meeteval.io
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from praatio import textgrid
from pyannote.database.util import load_uem

import formats
from formats.folding import field, fold
from pipeline.types import Conversation, Segment, Turn
from tests.formats.said import conversations, many

near = {"abs": 0.0006}


def texts(segment: Segment) -> list[str]:
    return [text for word in segment.words if (text := fold(word.text))] or fold(segment.text).split()


def by_start(items: Any) -> list[Any]:
    return sorted(items, key=lambda item: (item.start, item.end))


@many
@given(conversations(), st.text())
def test_ctm(conversation: Conversation, name: str) -> None:
    text = formats.render(conversation, "ctm", name=name)
    lines = meeteval.io.CTM.parse(text).lines
    assert sorted(line.word for line in lines) == sorted(
        field(word) for segment in conversation.segments for word in texts(segment)
    )
    assert {line.filename for line in lines} <= {field(name)}
    assert [line.begin_time for line in lines] == sorted(line.begin_time for line in lines)
    known = by_start(word for segment in conversation.segments for word in segment.words if fold(word.text))
    found = [(float(line.begin_time), float(line.begin_time + line.duration)) for line in lines]
    if len(known) == len(lines):
        assert found == [(pytest.approx(word.start, **near), pytest.approx(word.end, **near)) for word in known]


TWINS = str.maketrans("＜｛｝＠Ｉｉ", "<{}@Ii")


@many
@given(conversations(), st.text())
def test_stm(conversation: Conversation, name: str) -> None:
    lines = meeteval.io.STM.parse(formats.render(conversation, "stm", name=name)).lines
    said = by_start(conversation.segments)
    assert [(line.filename, line.speaker_id) for line in lines] == [(field(name), field(one.speaker)) for one in said]
    for line, segment in zip(lines, said, strict=True):
        assert float(line.begin_time) == pytest.approx(segment.start, **near)
        assert float(line.end_time) == pytest.approx(max(segment.end, segment.start + 0.001), **near)
        assert line.end_time > line.begin_time
        assert not re.search(r"^<|[{}]|(^|\s)@(\s|$)|IGNORE_TIME", line.transcript)
        assert line.transcript.translate(TWINS) == fold(segment.text).translate(TWINS)


@many
@given(st.floats(0.001, 40_000), st.text())
def test_uem(duration: float, name: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "all.uem")
        path.write_text(formats.render(Conversation(duration=duration), "uem", name=name), encoding="utf-8")
        ((uri, timeline),) = load_uem(path).items()
    assert uri == field(name)
    assert [(part.start, part.end) for part in timeline] == [(0, pytest.approx(duration, **near))]


def read_textgrid(text: str) -> dict[str, list[tuple[float, float, str]]]:
    """praatio refuses intervals that overlap or have no length."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "talk.TextGrid")
        path.write_text(text, encoding="utf-8")
        grid = textgrid.openTextgrid(str(path), includeEmptyIntervals=False, reportingMode="error")
    return {tier.name: [(entry.start, entry.end, entry.label) for entry in tier.entries] for tier in grid.tiers}


@many
@given(conversations())
def test_textgrid(conversation: Conversation) -> None:
    tiers = read_textgrid(formats.render(conversation, "textgrid"))
    said = defaultdict(list)
    for segment in by_start(conversation.segments):
        said[fold(segment.speaker)].append(segment)
    assert {name for name in tiers if name} == set(said)
    for speaker, segments in said.items():
        found = tiers[speaker]
        assert " ".join(label for _, _, label in found) == fold(" ".join(segment.text for segment in segments))
        for segment in [segment for segment in segments if fold(segment.text)]:
            (around,) = [one for one in found if one[0] - 0.0006 <= segment.start and segment.end <= one[1] + 0.0006]
            assert fold(segment.text) in around[2]
        apart = all(one.end + 0.002 < other.start for one, other in pairwise(segments))
        if apart and all(fold(segment.text) for segment in segments):
            times = [(pytest.approx(one.start, abs=0.0016), pytest.approx(one.end, abs=0.0016)) for one in segments]
            assert [(start, end) for start, end, _ in found] == times


@many
@given(conversations())
def test_the_words_of_a_textgrid(conversation: Conversation) -> None:
    tiers = read_textgrid(formats.render(conversation, "textgrid", words=True))
    for speaker in {fold(segment.speaker) for segment in conversation.segments}:
        said = [word for one in conversation.segments if fold(one.speaker) == speaker for word in texts(one)]
        found = " ".join(label for _, _, label in tiers[f"{speaker} - words"])
        assert sorted(found.split()) == sorted(" ".join(said).split())


def unguarded(cell: str) -> str:
    return cell[1:] if re.match("'+[=+@＝＋－＠-]", cell) else cell


def read_cells(text: str, dialect: str) -> list[dict[str, str]]:
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), dialect=dialect, strict=True))
    frame = pandas.read_csv(
        io.BytesIO(text.encode()), sep=csv.get_dialect(dialect).delimiter, keep_default_na=False, dtype=str
    )
    assert frame.to_dict("records") == rows
    for row in rows:
        assert not any(re.match(r"\s*[=+@＝＋－＠-]", cell) for cell in row.values())
    return [{name: unguarded(cell) for name, cell in row.items()} for row in rows]


@many
@given(conversations(), st.sampled_from([("csv", "excel"), ("tsv", "excel-tab")]))
def test_rows_of_segments(conversation: Conversation, kind: tuple[str, str]) -> None:
    rows = read_cells(formats.render(conversation, kind[0]), kind[1])
    for row, segment in zip(rows, conversation.segments, strict=True):
        assert (row["speaker"], row["text"]) == (fold(segment.speaker), fold(segment.text))
        assert float(row["start_time"]) == pytest.approx(segment.start, **near)
        assert float(row["end_time"]) == pytest.approx(segment.end, **near)


@many
@given(conversations(), st.sampled_from([("csv", "excel"), ("tsv", "excel-tab")]))
def test_rows_of_words(conversation: Conversation, kind: tuple[str, str]) -> None:
    rows = read_cells(formats.render(conversation, kind[0], words=True), kind[1])
    said = [(number, one) for number, segment in enumerate(conversation.segments) for one in segment.words or [segment]]
    for row, (number, one) in zip(rows, said, strict=True):
        assert (int(row["segment"]), row["text"]) == (number, fold(one.text))
        assert row["speaker"] == fold(conversation.segments[number].speaker)
        assert float(row["start_time"]) == pytest.approx(one.start, **near)
        assert float(row["end_time"]) == pytest.approx(one.end, **near)


def read_markdown(text: str) -> list[str]:
    """The headings and paragraphs as they look. Nothing but bold names may have become of what was said."""
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    blocks = []
    for token in reader.parse(text):
        assert token.type in ("heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline")
        if token.type == "inline":
            assert {child.type for child in token.children} <= {"text", "strong_open", "strong_close"}
            assert not re.search(r"(?i)https?://|www\.|(?<!\\)@", token.content)
            blocks.append("".join(child.content for child in token.children))
    return blocks


def seconds(clock: str) -> float:
    hours, minutes, rest = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


@many
@given(conversations(), st.text())
def test_markdown(conversation: Conversation, name: str) -> None:
    title, *paragraphs = read_markdown(formats.render(conversation, "md", name=name))
    assert title == fold(name)
    for paragraph, segment in zip(paragraphs, conversation.segments, strict=True):
        speaker, start, end, said = re.fullmatch(r"(.*?) ?\(([\d:.]+) – ([\d:.]+)\):(.*)", paragraph).groups()
        assert (speaker, said.strip()) == (fold(segment.speaker), fold(segment.text))
        assert seconds(start) == pytest.approx(segment.start, **near)
        assert seconds(end) == pytest.approx(segment.end, **near)


def test_an_empty_conversation() -> None:
    nothing = Conversation()
    assert read_cells(formats.render(nothing, "csv"), "excel") == read_cells(
        formats.render(nothing, "tsv"), "excel-tab"
    )
    assert read_textgrid(formats.render(nothing, "textgrid")) == {"": []}
    assert read_markdown(formats.render(nothing, "md", name="talk")) == ["talk"]


def test_a_speaker_of_whom_no_word_was_understood_has_a_tier() -> None:
    silent = Conversation(turns=(Turn("SPEAKER_00", 0.0, 1.0),), speakers=("SPEAKER_00",), duration=2.0)
    assert read_textgrid(formats.render(silent, "textgrid")) == {"SPEAKER_00": []}
