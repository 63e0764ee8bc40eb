"""Whatever a conversation may be: any Unicode, overlaps, nobody, people with names, one channel for each."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from pipeline.types import Conversation, Segment, Turn, Word

SPEAKERS = ("SPEAKER_00", "SPEAKER_01", "Anna", "A", "Дмитро ☺", "SPEAKER_27")
TEXTS = st.one_of(
    st.sampled_from(
        ["Hello,", "I'm", "(sic)", "50%", "$1,000.50", "«Oui»", "今天", "…", "شكرا", "👩‍👩‍👧‍👦", "\u202e", "Ende."]
    ),
    st.text(min_size=1, max_size=8).filter(str.strip),
)
SHARES = st.none() | st.floats(0, 1)


@st.composite
def segments(draw: st.DrawFn, speakers: tuple[str, ...] = SPEAKERS) -> Segment:
    """Words in the order of time; now and then only the text is known."""
    speaker, start = draw(st.sampled_from(speakers)), draw(st.floats(0, 40_000))
    words, begin = list[Word](), start
    for text in draw(st.lists(TEXTS, max_size=6)):
        end = begin + draw(st.floats(0, 3))
        words.append(Word(text, begin, end, draw(SHARES), speaker, draw(SHARES), draw(st.booleans())))
        begin = draw(st.sampled_from([end, end + 0.5, end + 1.5, (words[-1].start + end) / 2]))
    text = " ".join(word.text for word in words) or draw(st.sampled_from(["", " ", "Only text."]))
    return Segment(speaker, start, max([start, *(word.end for word in words)]), text, tuple(words))


@st.composite
def conversations(draw: st.DrawFn, **fixed: Any) -> Conversation:
    found = draw(st.lists(segments(), max_size=5))
    known = dict.fromkeys(segment.speaker for segment in found)
    values: dict[str, Any] = {
        "segments": tuple(found),
        "turns": tuple(Turn(segment.speaker, segment.start, segment.end) for segment in found),
        "speakers": tuple(draw(st.permutations(list(known)))),
        "duration": draw(st.floats(0, 1e5)),
        "language": draw(st.sampled_from([None, "en", "zh"])),
        "models": draw(st.sampled_from([{}, {"vad": "marblenet", "words": "whisper-base"}])),
        "warnings": draw(st.sampled_from([(), ("Quiet.",)])),
        "channels": tuple(draw(st.permutations([*known, ""]))),
    }
    return Conversation(**values | fixed)
