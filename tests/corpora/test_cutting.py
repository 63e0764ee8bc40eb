from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from corpora.cutting import MARGIN, TRIMMED, Rules, cut
from corpora.levels import Levels, read_levels
from errors import InvalidOption
from pipeline.types import Turn
from tests.corpora.conftest import conversation_of


@pytest.fixture
def cuts(tmp_path):
    """cuts(talk, **rules): its clips and what was dropped."""

    def run(talk, conversation=None, **rules):
        soundfile.write(tmp_path / "a.wav", talk.samples, talk.rate, subtype="FLOAT")
        return cut(conversation or talk.conversation, read_levels(tmp_path / "a.wav"), Rules(**rules))

    return run


def texts(clips):
    return [" ".join(word.text for word in clip.words) for clip in clips]


def test_each_speaker_has_clips_with_a_little_silence_around(talk, sentence, cuts):
    said = [*sentence("A", 1.0, "we meet here every week"), *sentence("B", 5.0, "that is too often for me")]
    found = cuts(talk(said, 9.0))
    assert texts(found.clips) == ["we meet here every week", "that is too often for me"]
    assert [clip.speaker for clip in found.clips] == ["A", "B"]
    first, second = (clip.span for clip in found.clips)
    assert first.start == pytest.approx(1.0 - MARGIN, abs=0.02)
    assert first.end == pytest.approx(3.3 + MARGIN, abs=0.02)
    assert second.start == pytest.approx(5.0 - MARGIN, abs=0.02)
    assert found.dropped == ()
    trimmed = cuts(talk(said, 9.0), trim=True).clips[0].span
    assert trimmed.start == pytest.approx(1.0 - TRIMMED, abs=0.02)
    assert trimmed.end == pytest.approx(3.3 + TRIMMED, abs=0.02)


def test_times_that_are_off_do_not_cut_into_words(talk, sentence, cuts):
    """As recognisers give them: each word begins where the one before ends."""
    said = [*sentence("A", 1.0, "one two three four", 0.25), *sentence("B", 3.3, "five six seven eight", 0.25)]
    sound = talk(said, 6.0)
    ends = [start for _, _, start, _ in said[1:]] + [5.6]
    stretched = [(who, text, start, end) for (who, text, start, _), end in zip(said, ends, strict=True)]
    found = cuts(sound, conversation_of(stretched, 6.0))
    assert texts(found.clips) == ["one two three four", "five six seven eight"]
    for clip in found.clips:
        for _, _, start, end in said:
            assert not start < clip.span.start < end
            assert not start < clip.span.end < end


def test_what_is_too_long_is_cut_in_its_longest_pause(talk, sentence, cuts):
    said = [*sentence("A", 1.0, "a b c d e"), *sentence("A", 4.0, "f g h i j"), *sentence("A", 6.9, "k l")]
    found = cuts(talk(said, 9.0), longest=4.5)
    assert texts(found.clips) == ["a b c d e", "f g h i j k l"]
    assert all(clip.span.duration <= 4.5 for clip in found.clips)


def test_without_a_pause_it_is_cut_between_words_where_it_is_quietest(talk, cuts):
    said = [("A", str(i), 1 + 0.5 * i, 1.46 + 0.5 * i) for i in range(8)]  # 40 ms between words are no pause
    found = cuts(talk(said, 6.0), longest=2.6)
    assert texts(found.clips) == ["0 1 2 3", "4 5 6 7"] or len(found.clips) > 1
    assert [word.text for clip in found.clips for word in clip.words] == [str(i) for i in range(8)]
    for clip in found.clips:
        assert clip.span.duration <= 2.6
        for _, _, start, end in said:
            assert not start + 0.011 < clip.span.start < end - 0.011
            assert not start + 0.011 < clip.span.end < end - 0.011


def test_a_phrase_in_which_somebody_else_speaks_is_dropped_and_no_more(talk, sentence, cuts):
    said = [*sentence("A", 1.0, "a b c d"), *sentence("A", 4.0, "e f g h"), *sentence("A", 7.0, "i j k l")]
    made = talk(said, 10.0)
    turns = (*made.conversation.turns, Turn("B", 4.1, 5.0))
    found = cuts(made, replace(made.conversation, turns=turns))
    assert texts(found.clips) == ["a b c d", "g h i j k l"]
    assert [(piece.reason, round(piece.span.start, 1)) for piece in found.dropped] == [("overlapped", 4.0)]


def test_words_marked_as_overlapped_are_dropped(talk, sentence, cuts):
    made = talk(sentence("A", 1.0, "a b c d e f"), 5.0)
    (segment,) = made.conversation.segments
    words = (*segment.words[:5], replace(segment.words[5], overlap=True))
    found = cuts(made, replace(made.conversation, segments=(replace(segment, words=words),)))
    assert texts(found.clips) == ["a b c d e"]
    assert [piece.reason for piece in found.dropped] == ["overlapped"]


def test_unsure_words_are_dropped_and_unknown_sureness_is_not(talk, sentence, cuts):
    said = sentence("A", 1.0, "a b c d")
    assert [piece.reason for piece in cuts(talk(said, 4.0, confidence=0.5)).dropped] == ["low_confidence"]
    assert texts(cuts(talk(said, 4.0, confidence=0.5), confidence=0.4).clips) == ["a b c d"]
    assert texts(cuts(talk(said, 4.0, confidence=None)).clips) == ["a b c d"]


def test_a_clip_with_samples_at_full_scale_is_dropped_but_not_for_a_single_peak(talk, sentence, cuts):
    said = [*sentence("A", 1.0, "a b c d"), *sentence("B", 5.0, "e f g h")]
    made = talk(said, 8.0)
    made.samples[round(1.1 * made.rate)] = 1.0
    made.samples[round(5.1 * made.rate) : round(5.1 * made.rate) + 20] = 1.0
    found = cuts(made)
    assert texts(found.clips) == ["a b c d"]
    assert [piece.reason for piece in found.dropped] == ["clipped"]


def test_short_clips_are_dropped(talk, sentence, cuts):
    found = cuts(talk([*sentence("A", 1.0, "no"), *sentence("B", 3.0, "yes we do")], 6.0))
    assert texts(found.clips) == ["yes we do"]
    assert [piece.reason for piece in found.dropped] == ["too_short"]


def test_a_single_word_beyond_the_longest_is_dropped(talk, cuts):
    found = cuts(talk([("A", "ooooh", 1.0, 6.0)], 8.0), longest=3.0)
    assert (texts(found.clips), [piece.reason for piece in found.dropped]) == ([], ["too_long"])


def test_a_change_of_voice_without_a_pause_is_in_no_clip(talk, sentence, cuts):
    said = [*sentence("A", 1.0, "a b c d"), ("A", "e", 3.0, 3.5), ("B", "f", 3.5, 4.0), *sentence("B", 4.2, "g h i j")]
    found = cuts(talk(said, 8.0))
    assert texts(found.clips) == ["a b c d", "g h i j"]
    assert [piece.reason for piece in found.dropped] == ["no_pause", "no_pause"]


def test_a_recording_that_is_cut_close_to_the_voice_is_a_clip(talk, sentence, cuts):
    found = cuts(talk(sentence("A", 0.0, "we meet here every week", pause=0.05), 1.7))
    assert texts(found.clips) == ["we meet here every week"]
    span = found.clips[0].span
    assert (span.start, span.end) == (0.0, pytest.approx(1.7))


def test_sound_after_a_word_that_nobody_wrote_down_is_in_no_clip(talk, sentence, cuts):
    said = [*sentence("A", 1.0, "a b c d"), ("A", "unwritten", 2.8, 4.5)]
    made = talk(said, 8.0)
    found = cuts(made, conversation_of([*said[:3], ("A", "d", 2.5, 2.9)], 8.0))
    assert texts(found.clips) == ["a b c"]
    assert [piece.reason for piece in found.dropped] == ["no_pause"]


def test_no_cut_is_made_beside_a_word_whose_time_is_a_guess(talk, sentence, cuts):
    made = talk(sentence("A", 1.0, "a b c d e f"), 5.0)
    (segment,) = made.conversation.segments
    words = (*segment.words[:2], replace(segment.words[2], interpolated=True), *segment.words[3:])
    found = cuts(made, replace(made.conversation, segments=(replace(segment, words=words),)), longest=2.4)
    assert [word.text for clip in found.clips for word in clip.words] == list("abcdef")
    assert all(not clip.words[0].interpolated and not clip.words[-1].interpolated for clip in found.clips)


@pytest.mark.parametrize("rules", [{"shortest": 5, "longest": 2}, {"shortest": 0}, {"longest": 1e9}, {"confidence": 2}])
def test_rules_that_cannot_be_kept_are_refused(rules):
    with pytest.raises(InvalidOption):
        Rules(**rules)


@given(st.lists(st.tuples(st.sampled_from("AB"), st.floats(0.05, 2), st.floats(0, 1.5)), max_size=20), st.randoms())
def test_no_word_is_in_two_clips_or_lost_and_clips_keep_the_rules(rows, random):
    """Whatever the sound is."""
    said, at = [], 0.1
    for index, (speaker, length, pause) in enumerate(rows):
        said.append((speaker, str(index), at, at + length))
        at += length + pause
    noise = np.random.default_rng(random.randrange(1000)).uniform(-80, -10, round((at + 1) * 100))
    found = cut(conversation_of(said, at + 1), Levels(noise, np.zeros(len(noise), int)), Rules(longest=3.0))
    written = [word.text for clip in found.clips for word in clip.words]
    assert len(written) == len(set(written))
    for clip in found.clips:
        assert 1.0 <= clip.span.duration <= 3.0
        assert {word.speaker for word in clip.words} == {clip.speaker}
    lost = len(rows) - len(written)
    assert not lost or found.dropped
