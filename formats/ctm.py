"""CTM (NIST time-marked conversation): one word per line with its time and confidence. What sclite and aligners read.

The format knows no speakers; STM and RTTM do.
"""

from __future__ import annotations

from formats.cues import milliseconds
from formats.folding import field
from formats.timed import timed_words
from pipeline.types import Conversation, Word

NAME = "ctm"
MIMETYPE = "text/x-ctm"
EXTENSION = "ctm"


def render(conversation: Conversation, *, name: str = "audio", words: bool = False) -> str:
    """``name 1 start duration word confidence``, by start; a word of unknown confidence has five columns. White space
    in a word or in ``name`` becomes an underscore."""
    said = [word for segment in conversation.segments for word in timed_words(segment)]
    return "".join(_line(word, field(name)) for word in sorted(said, key=lambda word: (word.start, word.end)))


def _line(word: Word, name: str) -> str:
    start, end = milliseconds(word.start), milliseconds(word.end)
    confidence = "" if word.confidence is None else f" {word.confidence:.4f}"
    return f"{name} 1 {start / 1000:.3f} {(end - start) / 1000:.3f} {field(word.text)}{confidence}\n"
