"""OpenAI's stream of a transcription: what is said, as it becomes final, and the whole of it at the end."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from dialects.letters import Letters
from dialects.openai import diarized_segment, segment_id
from dialects.spoken import following, said
from pipeline.types import Conversation, Segment

Event = dict[str, Any]


class Transcript:
    """Of one recording, in order. A segment is told once, also where the work begins again."""

    def __init__(self, *, diarized: bool, known: Collection[str] = ()) -> None:
        self._diarized, self._label = diarized, Letters(known)
        self._text, self._told = "", 0

    def segments(self, first: int, segments: Sequence[Segment]) -> Iterator[Event]:
        """first: the number of the first of them, from 0. Those that were told are passed over."""
        for segment in segments[max(0, self._told - first) :]:
            yield from self._segment(segment)

    def done(self, conversation: Conversation, warnings: Sequence[str] = ()) -> Iterator[Event]:
        """The segments that were not told yet, and the end, with what there is to warn of."""
        yield from self.segments(0, conversation.segments)
        end: Event = {"type": "transcript.text.done", "text": said(conversation)}
        yield end | ({"warnings": [*warnings]} if warnings else {})

    def _segment(self, segment: Segment) -> Iterator[Event]:
        number, added = self._told, following(self._text, segment.text)
        self._told, self._text = number + 1, self._text + added
        delta: Event = {"type": "transcript.text.delta", "delta": added}
        yield delta | {"segment_id": segment_id(number)} if self._diarized else delta
        if self._diarized:
            yield diarized_segment(number, segment, self._label)
