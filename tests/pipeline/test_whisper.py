from __future__ import annotations

import numpy as np

from pipeline.loading import Models
from pipeline.types import SAMPLE_RATE, Audio
from pipeline.whisper import _words


def part(word: str, start: float, end: float, probability: float = 0.9) -> dict:
    return {"word": word, "tokens": [1], "start": start, "end": end, "probability": probability}


def test_a_part_without_a_space_belongs_to_the_word_before_it() -> None:
    about, number = _words([part(" About", 0, 0.4), part(" 12", 0.4, 0.8), part(",000", 0.8, 1.2, 0.5)], spaced=True)
    assert about.text == "About"
    assert (number.text, number.start, number.end, number.confidence) == ("12,000", 0.4, 1.2, 0.5)


def test_languages_without_spaces_keep_their_words() -> None:
    assert [word.text for word in _words([part("今", 0, 0.2), part("天", 0.2, 0.4)], spaced=False)] == ["今", "天"]
    latin = [part("用", 0, 0.2), part(" Open", 0.2, 0.4), part("AI", 0.4, 0.6), part("的", 0.6, 0.8)]
    assert [word.text for word in _words(latin, spaced=False)] == ["用", "OpenAI", "的"]


def test_punctuation_sticks_to_its_word() -> None:
    assert [word.text for word in _words([part(" Yes", 0, 0.3), part(".", 0.3, 0.3)], spaced=True)] == ["Yes."]


def test_windows_of_a_batch_are_decoded_as_each_alone(models: Models, sample: Audio) -> None:
    whisper = models.recogniser._whisper
    sounds = [sample.cut(0.3, 6.5), sample.cut(6.7, 12.8)]
    seconds = [len(sound) / SAMPLE_RATE for sound in sounds]
    together = whisper.decode(whisper.encode(sounds), seconds, "en", 2)
    alone = [whisper.decode(whisper.encode([s]), [t], "en", 2)[0] for s, t in zip(sounds, seconds, strict=True)]
    assert [[w.text for w in d.words] for d in together] == [[w.text for w in d.words] for d in alone]
    assert all(0 <= w.start <= w.end <= t for d, t in zip(together, seconds, strict=True) for w in d.words)
    assert all(d.no_speech < 0.5 for d in together)


def test_a_short_sound_costs_less_and_says_the_same(models: Models, sample: Audio) -> None:
    whisper = models.recogniser._whisper
    sound = sample.cut(0.3, 6.5)
    long_pause = np.zeros(9 * SAMPLE_RATE, np.float32)
    short, full = (whisper.encode([samples]) for samples in (sound, np.concatenate([sound, long_pause])))
    assert (short.shape[1], full.shape[1]) == (750, 1500)
    said = [[word.text for word in whisper.decode(encoded, [6.2], "en", 2)[0].words] for encoded in (short, full)]
    assert said[0] == said[1] != []


def test_it_tells_languages_apart_and_knows_which_it_knows(models: Models, sample: Audio) -> None:
    whisper = models.recogniser._whisper
    (guess,) = whisper.languages(whisper.encode([sample.cut(0, 20)]))
    assert max(guess, key=lambda code: guess[code]) == "en"
    assert abs(np.sum(list(guess.values())) - 1) < 0.01
    assert whisper.knows("jw")
    assert not whisper.knows("xx")
