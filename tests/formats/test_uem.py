from __future__ import annotations

from formats.uem import render
from pipeline.types import Conversation


def test_the_whole_recording_is_scored(talk):
    assert render(talk, name="my talk") == "my_talk 1 0.000 3730.000\n"
    assert render(Conversation()) == ""
