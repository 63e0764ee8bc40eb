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
from hypothesis import given
from hypothesis import strategies as st

import formats
from formats.folding import field, fold
from formats.json import from_dict
from pipeline.types import Conversation, Segment
from tests.formats.said import conversations, many

STAND_INS = str.maketrans("＜＞｛｝＼：", "<>{}\\:")
TWINS = str.maketrans("<>{}\\,", "＜＞｛｝＼，")


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


def read_ass(text: str) -> Iterator[Read]:
    for event in pysubs2.SSAFile.from_string(text, format_="ass").events:
        yield Read(event.name, event.start / 1000, event.end / 1000, event.text.replace("\\N", " "))


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


def check_cues(
    cues: list[Read], conversation: Conversation, label: str, same=lambda text: text, step: float = 0.001
) -> None:
    """The cues of each segment, one after the other, say what it says, from its start to its end. step: the least time
    that the format can tell."""
    for segment in sorted(conversation.segments, key=lambda item: (item.start, item.end)):
        wanted, said, taken = same(squeezed(segment.text)), "", []
        while wanted and said != wanted:
            taken.append(cues.pop(0))
            prefix = same(squeezed(label.format(segment.speaker)))
            assert same(squeezed(taken[-1].text)).startswith(prefix)
            said += same(squeezed(taken[-1].text))[len(prefix) :]
            assert wanted.startswith(said)
        if taken:
            assert taken[0].start == pytest.approx(segment.start, abs=step + 0.0001)
            assert taken[-1].end == pytest.approx(segment.end, abs=2 * step + 0.0001)
            assert all(cue.start < cue.end for cue in taken)
    assert not cues


@many
@given(conversations())
def test_srt(conversation):
    cues = list(read_srt(formats.render(conversation, "srt")))
    check_cues(cues, conversation, "{}:", same=lambda text: text.translate(STAND_INS))


@many
@given(conversations())
def test_ass(conversation):
    cues = list(read_ass(formats.render(conversation, "ass")))
    names = {fold(segment.speaker).translate(TWINS) for segment in conversation.segments}
    assert {cue.speaker for cue in cues} <= names
    check_cues(cues, conversation, "{}:", same=lambda text: text.translate(STAND_INS), step=0.01)


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
@given(
    conversations(),
    st.sampled_from(["txt", "md", "srt", "vtt", "ass", "csv", "tsv", "rttm", "ctm", "stm", "uem", "textgrid"]),
)
def test_no_reader_finds_a_line_that_was_not_written(conversation, fmt):
    text = formats.render(conversation, fmt)
    assert text.splitlines() == text.removesuffix("\n").split("\n") or not text
    assert text.encode("utf-8").decode("utf-8") == text


@pytest.mark.parametrize("fmt", ["srt", "vtt", "ass"])
def test_nothing_said(fmt):
    empty, silent = Conversation(), Conversation(segments=(Segment("SPEAKER_00", 1.0, 2.0, " \n"),))
    readers = {"srt": read_srt, "vtt": read_vtt, "ass": read_ass}
    assert [list(readers[fmt](formats.render(said, fmt))) for said in (empty, silent)] == [[], []]


@pytest.mark.parametrize("fmt", ["txt", "rttm", "ctm", "stm", "uem"])
def test_an_empty_conversation_has_no_line(fmt):
    assert formats.render(Conversation(), fmt) == ""


def test_an_empty_conversation_has_no_row():
    assert json.loads(formats.render(Conversation(), "json"))["conversation"] == []
    assert json.loads(formats.render(Conversation(), "seglst")) == []


@many
@given(conversations(), st.sampled_from(sorted(formats.FORMATS.keys() - formats.BINARY)), st.booleans())
def test_what_was_read_from_json_is_written_the_same(conversation, fmt, words):
    """As by a client of the service."""
    plain = from_dict(json.loads(formats.render(conversation, "json", words=True)))
    assert formats.render(plain, fmt, words=words) == formats.render(conversation, fmt, words=words)
