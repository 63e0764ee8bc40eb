"""Conversations in which anything may be said, by anybody, at once."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from pipeline.types import Conversation, Segment, Turn, Word

# A busy machine must not fail a test for being slow.
many = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])

HOSTILE = [
    "-->",
    "=1+2",
    "'=",
    "+",
    "-",
    "@SUM(A1)",
    "＝1",
    '"',
    '""quoted""',
    "**bold** _x_ `code` # 1. |",
    "[a](http://example.com) ![b](c)",
    "www.example.com a@example.com http://example.com",
    "&#60;",
    "\\",
    "<o,f0,unknown>",
    "{ a / @ }",
    "@",
    "IGNORE_TIME_SEGMENT_IN_SCORING",
    ";;",
    "a,b",
    "</script><script>",
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
TEXTS = st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=12)), max_size=12).map(" ".join)
SPEAKERS = st.sampled_from(["SPEAKER_00", "SPEAKER_01", "Dr. <i>Ann & Bo\n--> 7", '=Jo "J", \\N {b}'])
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
        duration=draw(STARTS),
    )
