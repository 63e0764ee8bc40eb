from __future__ import annotations

import webvtt

from formats.vtt import render
from pipeline.types import Conversation


def test_the_speaker_is_the_voice(talk):
    captions = webvtt.from_string(render(talk), strict=True).captions
    assert [caption.voice for caption in captions] == ["SPEAKER_00", "SPEAKER_01", "SPEAKER_00"]
    assert captions[0].start == "00:00:03.250"
    assert captions[0].text == "Shall we start?"


def test_markup_and_the_arrow_are_escaped(talk):
    assert "<v SPEAKER_01>Yes &amp; &lt;no&gt; --&gt; maybe\n" in render(talk)


def test_an_empty_conversation_is_a_header():
    assert render(Conversation()) == "WEBVTT\n\n"
    assert webvtt.from_string(render(Conversation()), strict=True).captions == []
