"""The conversation while its words still come in: segments are told as soon as no later word can change them."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.conversation import finished_segments, named
from pipeline.known import Identity
from pipeline.merge import settled_speakers
from pipeline.types import Conversation, OnSegments, Segment, Turn, Word


class Draft:
    """One recording's. Each segment is told once, in order, and is the same in the finished conversation."""

    def __init__(
        self, on_segments: OnSegments | None, turns: Sequence[Turn] = (), identities: Sequence[Identity] = ()
    ) -> None:
        """turns: of the whole recording; identities: of their speakers."""
        self._tell, self._turns, self._told = on_segments, turns, 0
        self._names = named(identities)

    def grow(self, words: Sequence[Word], language: str | None) -> None:
        """words: all from the beginning on, in time order; those that follow start no sooner than the last."""
        if self._tell and self._turns:
            self._tell_new(finished_segments(settled_speakers(words, self._turns), language, self._names))

    def finish(self, conversation: Conversation) -> None:
        """Tells the rest."""
        if self._tell:
            self._tell_new(conversation.segments)

    def _tell_new(self, segments: Sequence[Segment]) -> None:
        new, self._told = segments[self._told :], max(self._told, len(segments))
        if new and self._tell:
            self._tell(new)
