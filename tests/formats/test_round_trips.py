"""Whatever was said, an independent reader finds the same words, speakers and times in every format."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import meeteval.io
import pysubs2
import pytest
import webvtt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import formats
from formats.folding import field, fold
from pipeline.types import Conversation, Segment, Turn, Word

# A busy machine must not fail a test for being slow.
many = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])

HOSTILE = [
    "-->",
    "00:00:01,000 --> 00:00:02,000",
    "00:00:01.000 00:00:02.000",
    "\n\n2\n00:00:03,000 --> 00:00:04,000\n",
    "<b>",
    "</v>",
    "<v Mallory>",
    "{\\an8}",
    "\\N",
    "&lt;",
    "&",
    "WEBVTT",
    "NOTE",
    "42",
    "\r\n",
    "\u2028",
    "\x00",
    "\ufeff",
    "\u202eשלום",
    "مرحبا",
    "今天天气很好。",
    "👩‍👩‍👧‍👦",
    "é",
    "A sentence, of a common kind, that ends.",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
]
STAND_INS = str.maketrans("＜＞｛｝＼：", "<>{}\\:")
TEXTS = st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=12)), max_size=12).map(" ".join)
SPEAKERS = st.sampled_from(["SPEAKER_00", "SPEAKER_01", "Dr. <i>Ann & Bo\n--> 7"])
STARTS = st.floats(0, 40_000, allow_nan=False)
LENGTHS = st.floats(0, 60, allow_nan=False)


def words_of(text: str, start: float, end: float) -> tuple[Word, ...]:
    tokens = text.split()
    step = (end - start) / max(1, len(tokens))
    return tuple(Word(token, start + i * step, start + (i + 1) * step) for i, token in enumerate(tokens))


@st.composite
def segments(draw: st.DrawFn) -> Segment:
    text, start = draw(TEXTS), draw(STARTS)
    end = start + draw(LENGTHS)
    words = draw(st.sampled_from([(), words_of(text, start, end), (Word("unheard of", start, end),)]))
    return Segment(draw(SPEAKERS), start, end, text, words)


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    turns = draw(st.lists(st.tuples(SPEAKERS, STARTS, LENGTHS), max_size=4))
    return Conversation(
        segments=tuple(draw(st.lists(segments(), max_size=3))),
        turns=tuple(Turn(speaker, start, start + length) for speaker, start, length in turns),
    )


@dataclass(frozen=True)
class Read:
    """A cue as an independent reader sees it; seconds."""

    speaker: str
    start: float
    end: float
    text: str


def read_srt(text: str) -> Iterator[Read]:
    for event in pysubs2.SSAFile.from_string(text, format_="srt").events if text else []:
        yield Read("", event.start / 1000, event.end / 1000, event.text.replace("\\N", " "))


def read_vtt(text: str) -> Iterator[Read]:
    for caption in webvtt.from_string(text, strict=True):
        (voice,) = re.findall(r"<v ([^>]*)>", caption.raw_text)
        said = html.unescape(caption.raw_text.split(">", 1)[1])
        yield Read(html.unescape(voice), seconds(caption.start), seconds(caption.end), said)


def seconds(clock: str) -> float:
    hours, minutes, rest = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def squeezed(text: str) -> str:
    return "".join(fold(text).split())


def check_cues(cues: list[Read], conversation: Conversation, label: str, same=lambda text: text) -> None:
    """The cues of each segment, one after the other, say what it says, from its start to its end."""
    for segment in sorted(conversation.segments, key=lambda item: (item.start, item.end)):
        wanted, said, taken = same(squeezed(segment.text)), "", []
        while wanted and said != wanted:
            taken.append(cues.pop(0))
            prefix = same(squeezed(label.format(segment.speaker)))
            assert same(squeezed(taken[-1].text)).startswith(prefix)
            said += same(squeezed(taken[-1].text))[len(prefix) :]
            assert wanted.startswith(said)
        if taken:
            assert taken[0].start == pytest.approx(segment.start, abs=0.0011)
            assert taken[-1].end == pytest.approx(segment.end, abs=0.0021)
            assert all(cue.start < cue.end for cue in taken)
    assert not cues


@many
@given(conversations())
def test_srt(conversation):
    cues = list(read_srt(formats.render(conversation, "srt")))
    check_cues(cues, conversation, "{}:", same=lambda text: text.translate(STAND_INS))


@many
@given(conversations())
def test_vtt(conversation):
    cues = list(read_vtt(formats.render(conversation, "vtt")))
    assert {cue.speaker for cue in cues} <= {fold(segment.speaker) for segment in conversation.segments}
    check_cues(cues, conversation, "")


@many
@given(conversations(), st.text())
def test_rttm(conversation, name):
    text = formats.render(conversation, "rttm", name=name)
    lines = meeteval.io.RTTM.parse(text) if text else []
    spoken = sorted(conversation.turns or conversation.segments, key=lambda turn: (turn.start, turn.end))
    heard = [turn for turn in spoken if round(turn.start * 1000) != round(turn.end * 1000)]
    assert [line.speaker_id for line in lines] == [field(turn.speaker) for turn in heard]
    assert {line.filename for line in lines} <= {field(name)}
    for line, turn in zip(lines, heard, strict=True):
        assert float(line.begin_time) == pytest.approx(turn.start, abs=0.0006)
        assert float(line.begin_time + line.duration) == pytest.approx(turn.end, abs=0.0006)


@many
@given(conversations(), st.text())
def test_seglst(conversation, name):
    rows = meeteval.io.SegLST(json.loads(formats.render(conversation, "seglst", name=name)))
    assert [(row["session_id"], row["speaker"], row["words"]) for row in rows] == [
        (name, segment.speaker, segment.text) for segment in conversation.segments
    ]
    for row, segment in zip(rows, conversation.segments, strict=True):
        assert float(row["start_time"]) == pytest.approx(segment.start, abs=0.0006)
        assert float(row["end_time"]) == pytest.approx(segment.end, abs=0.0006)


@many
@given(conversations())
def test_json(conversation):
    data = json.loads(formats.render(conversation, "json", words=True))
    for row, segment in zip(data["conversation"], conversation.segments, strict=True):
        assert (row["speaker"], row["text"]) == (segment.speaker, segment.text)
        assert [word["text"] for word in row["words"]] == [word.text for word in segment.words]
        for part, value in [(row, segment), *zip(row["words"], segment.words, strict=True)]:
            assert part["start_time"] == pytest.approx(value.start, abs=0.0006)
            assert part["end_time"] == pytest.approx(value.end, abs=0.0006)
    assert len(data["turns"]) == len(conversation.turns)


@many
@given(conversations())
def test_txt(conversation):
    lines = formats.render(conversation, "txt").split("\n")
    assert lines.pop() == ""
    for line, segment in zip(lines, conversation.segments, strict=True):
        hours, minutes, secs = line[1:9].split(":")
        assert int(hours) * 3600 + int(minutes) * 60 + int(secs) == int(segment.start)
        assert line[11:] == f"{fold(segment.speaker)}: {fold(segment.text)}".rstrip()


@many
@given(conversations(), st.sampled_from(["txt", "srt", "vtt", "rttm"]))
def test_no_reader_finds_a_line_that_was_not_written(conversation, fmt):
    text = formats.render(conversation, fmt)
    assert text.splitlines() == text.removesuffix("\n").split("\n") or not text
    assert text.encode("utf-8").decode("utf-8") == text


@pytest.mark.parametrize("fmt", list(formats.FORMATS))
def test_nothing_said(fmt):
    empty, silent = Conversation(), Conversation(segments=(Segment("SPEAKER_00", 1.0, 2.0, " \n"),))
    text = formats.render(empty, fmt)
    readers = {"srt": read_srt, "vtt": read_vtt, "json": lambda text: json.loads(text)["conversation"]}
    readers["seglst"] = json.loads
    assert list(readers.get(fmt, str.splitlines)(text)) == []
    if fmt in ("srt", "vtt"):
        assert formats.render(silent, fmt) == text
