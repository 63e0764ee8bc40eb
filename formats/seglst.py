"""SegLST: a JSON list of segments with their words, as meeteval and the CHiME challenges exchange them."""

from __future__ import annotations

import json

from pipeline.types import Conversation

NAME = "seglst"
MIMETYPE = "application/x-seglst+json"
EXTENSION = "seglst.json"


def render(conversation: Conversation, *, name: str = "audio", words: bool = False) -> str:
    """One object per segment; ``name`` is the session_id; times in seconds, rounded to the millisecond."""
    rows = [
        {
            "session_id": name,
            "speaker": segment.speaker,
            "start_time": round(float(segment.start), 3),
            "end_time": round(float(segment.end), 3),
            "words": segment.text,
        }
        for segment in conversation.segments
    ]
    return json.dumps(rows, ensure_ascii=False, indent=1) + "\n"
