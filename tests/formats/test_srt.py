from __future__ import annotations

import unicodedata

import pysubs2

from formats.srt import render
from pipeline.types import Conversation, Segment


def said(text: str) -> str:
    return render(Conversation(segments=(Segment("SPEAKER_00", 0.0, 1.0, text),)))


def test_a_cue_has_its_number_times_and_speaker(talk):
    assert render(talk).split("\n\n")[0] == "1\n00:00:03,250 --> 00:00:04,000\nSPEAKER_00: Shall we start?"
    assert [event.end for event in pysubs2.SSAFile.from_string(render(talk), format_="srt")] == [4000, 5000, 3727000]


def test_what_a_player_would_read_as_markup_is_disarmed_and_looks_the_same():
    text = "<i>{\\an8} C:\\Notes"
    written = said(text).splitlines()[2]
    assert not set(written) & set("<>{}\\")
    assert unicodedata.normalize("NFKC", written) == f"SPEAKER_00: {text}"


def test_spoken_times_do_not_start_a_cue():
    injected = "00:00:01,000 --> 00:00:02,000\n\n7\n0:0:1.5 0:0:2.5 x"
    (event,) = pysubs2.SSAFile.from_string(said(injected), format_="srt")
    assert (event.start, event.end) == (0, 1000)


def test_a_last_line_of_digits_is_kept():
    (event,) = pysubs2.SSAFile.from_string(said("It was founded in the spring of 1984"), format_="srt")
    assert event.text.endswith("1984")
