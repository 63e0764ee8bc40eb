from __future__ import annotations

import pytest

from pipeline.guards import heard, is_doubtful, skipped, without_stutter
from pipeline.types import Span, Word
from pipeline.windows import Window
from pipeline.word_times import AlignedWord, Decoded

SPEECH = Span(10.0, 16.0)
WINDOW = Window((SPEECH,), (SPEECH,))


def spoken(text: str, seconds: float = 0.5, step: float | None = None) -> list[AlignedWord]:
    step = seconds if step is None else step
    return [AlignedWord(word, i * step, i * step + seconds, 0.9) for i, word in enumerate(text.split())]


def decoded(
    words: list[AlignedWord], logprob: float = -0.2, no_speech: float = 0.01, compression: float = 1.2
) -> Decoded:
    return Decoded(tuple(words), logprob, no_speech, compression)


GOOD = spoken("one two three four five six seven eight nine ten eleven twelve")


def test_sound_text_is_kept_whole() -> None:
    words, again = heard(decoded(GOOD), WINDOW, final=False)
    assert [word.text for word in words] == [word.text for word in GOOD]
    assert again == []


def test_what_the_decoder_itself_takes_for_silence_is_dropped_for_good() -> None:
    assert heard(decoded(GOOD, logprob=-1.5, no_speech=0.9), WINDOW, final=False) == ([], [])


@pytest.mark.parametrize("doubt", [{"compression": 3.0}, {"logprob": -1.2}])
def test_doubtful_text_is_heard_again_but_only_while_there_is_an_again(doubt: dict[str, float]) -> None:
    assert heard(decoded(GOOD, **doubt), WINDOW, final=False) == ([], [[SPEECH]])
    words, again = heard(decoded(GOOD, **doubt), WINDOW, final=True)
    assert len(words) == len(GOOD)
    assert again == []


def test_more_words_than_the_sound_has_room_for_are_doubtful() -> None:
    crowd = [*GOOD[:4], *spoken("a b c d", seconds=0.0)]
    assert is_doubtful(crowd, decoded(crowd))
    assert not is_doubtful(GOOD, decoded(GOOD))


def test_a_passage_without_words_is_heard_again_and_the_word_stretched_over_it_is_not_kept() -> None:
    gap = [AlignedWord("one", 0.0, 0.5, 0.9), AlignedWord("long", 0.5, 4.5, 0.9), AlignedWord("end", 5.0, 5.9, 0.9)]
    words, again = heard(decoded(gap), WINDOW, final=False)
    assert [word.text for word in words] == ["one", "end"]
    assert again == [[Span(10.5, 15.0)]]


def test_a_word_stretched_over_silence_is_not_kept_when_there_is_no_again() -> None:
    stretched = [AlignedWord("you", 0.0, 5.9, 0.1)]
    assert heard(decoded(stretched, logprob=-0.9, no_speech=0.7), WINDOW, final=True) == ([], [])
    (kept,), again = heard(decoded(stretched, logprob=-0.9, no_speech=0.3), WINDOW, final=True)
    assert (kept.text, again) == ("you", [])


def test_silence_between_words_is_no_passage() -> None:
    spans = (Span(10.0, 11.0), Span(14.0, 15.0))
    window = Window((Span(10.0, 15.0),), spans)
    assert skipped([Word("one", 10.0, 11.0), Word("two", 14.0, 15.0)], window) == []


def test_a_stutter_without_time_is_removed_and_a_spoken_repetition_is_not() -> None:
    loop = [*spoken("the army of"), *spoken("The army of", seconds=0.0)]
    assert [word.text for word in without_stutter(loop)] == ["the", "army", "of"]
    said = spoken("no no no")
    assert without_stutter(said) == said
