from __future__ import annotations

from pipeline.conversation import build_conversation
from pipeline.types import Turn, Word


def said(speaker: str, start: float, text: str, each: float = 0.4) -> list[Word]:
    return [Word(w, start + i * each, start + (i + 1) * each, 0.9, speaker) for i, w in enumerate(text.split())]


def test_speakers_are_named_by_first_appearance_in_the_text_then_in_the_turns() -> None:
    words = [*said("2", 1.0, "Good morning."), *said("0", 3.0, "Hello."), *said("2", 5.0, "Well.")]
    turns = [Turn("1", 0.1, 0.5), Turn("2", 0.9, 1.9), Turn("0", 2.9, 3.5), Turn("2", 4.9, 5.5)]
    conversation = build_conversation([words], turns, 6.0, "en")
    assert conversation.speakers == ("SPEAKER_00", "SPEAKER_01", "SPEAKER_02")
    assert [(segment.speaker, segment.text) for segment in conversation.segments] == [
        ("SPEAKER_00", "Good morning."),
        ("SPEAKER_01", "Hello."),
        ("SPEAKER_00", "Well."),
    ]
    assert [turn.speaker[-1] for turn in conversation.turns] == ["2", "0", "1", "0"]
    assert (conversation.duration, conversation.language) == (6.0, "en")


def test_a_segment_is_its_words() -> None:
    words = said("0", 1.0, "One two three.")
    (segment,) = build_conversation([words], [Turn("0", 0.9, 2.3)], 3.0, "en").segments
    assert [word.text for word in segment.words] == ["One", "two", "three."]
    assert {word.speaker for word in segment.words} == {"SPEAKER_00"}
    assert (segment.start, segment.end) == (words[0].start, words[-1].end)


def test_a_long_pause_begins_a_new_segment_and_a_short_one_does_not() -> None:
    for pause, segments in ((1.9, 1), (2.1, 2)):
        words = [*said("0", 0.0, "First."), *said("0", 0.4 + pause, "Second.")]
        assert len(build_conversation([words], [Turn("0", 0, 4)], 5.0, "en").segments) == segments


def test_a_long_speech_is_cut_at_the_end_of_a_sentence() -> None:
    words = said("0", 0.0, " ".join(["one two three four five six seven eight nine ten."] * 12))
    segments = build_conversation([words], [Turn("0", 0, 48)], 50.0, "en").segments
    assert [len(segment.words) for segment in segments] == [80, 40]  # the first sentence that ends after 30 s
    assert all(segment.text.endswith(".") for segment in segments)
    endless = said("0", 0.0, " ".join(["word"] * 120))
    assert len(build_conversation([endless], [Turn("0", 0, 48)], 50.0, "en").segments) == 1


def test_words_of_languages_without_spaces_are_joined_without() -> None:
    words = said("0", 0.0, "早上 好。")
    turns = [Turn("0", 0, 1)]
    assert build_conversation([words], turns, 1.0, "zh").segments[0].text == "早上好。"
    assert build_conversation([words], turns, 1.0, "ko").segments[0].text == "早上 好。"
    words = said("0", 0.0, "用 Open AI 的 API 3 次")
    assert build_conversation([words], turns, 1.0, "zh").segments[0].text == "用Open AI的API 3次"


def test_speech_without_words_and_no_speech_at_all() -> None:
    wordless = build_conversation([], [Turn("0", 1, 2)], 3.0, None)
    assert (wordless.segments, wordless.speakers) == ((), ("SPEAKER_00",))
    assert wordless.turns == (Turn("SPEAKER_00", 1, 2),)
    silent = build_conversation([], [], 3.0, None)
    assert (silent.segments, silent.turns, silent.speakers, silent.duration) == ((), (), (), 3.0)


def test_a_word_that_ends_after_the_last_one_ends_the_segment() -> None:
    words = [Word("long", 0.0, 2.0, speaker="0"), Word("short", 1.0, 1.2, speaker="0")]
    (segment,) = build_conversation([words], [Turn("0", 0, 2)], 3.0, "en").segments
    assert segment.end == 2.0


def test_people_on_two_channels_who_talk_over_each_other_each_keep_their_sentence() -> None:
    left, right = said("0", 0.0, "I said that before."), said("1", 0.2, "No you did not.")
    segments = build_conversation([left, right], [Turn("0", 0, 2), Turn("1", 0.2, 2)], 3.0, "en").segments
    assert [segment.text for segment in segments] == ["I said that before.", "No you did not."]
