from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.chunks import Chunk
from pipeline.nemo_words import Stamped
from pipeline.seams import join, joined
from pipeline.types import Span

SHARED, SEAM = Span(8, 12), 10.0


def said(text: str, first: float = 0.0, step: float = 1.0) -> list[Stamped]:
    """One word each ``step`` s."""
    return [Stamped(word, first + i * step, first + (i + 0.9) * step, first + i * step)
            for i, word in enumerate(text.split())]  # fmt: skip


def text(words: tuple[list[Stamped], list[Stamped]]) -> str:
    return " ".join(word.text for row in words for word in row)


def test_both_sides_meet_at_the_word_next_to_the_seam() -> None:
    left, right = said("a b c d e f g h i j k"), said("j k l m n", 9.05)
    assert text(join(left, right, SEAM, SHARED)) == "a b c d e f g h i j k l m n"


def test_what_only_one_heard_at_its_edge_is_left_out() -> None:
    """The left one breaks off in "launch", the right one begins within "budget"."""
    left = said("the budget and the date of the launch after laun", 2.0)
    right = said("dget and the date of the launch after lunch today", 3.0)
    assert text(join(left, right, SEAM, SHARED)) == "the budget and the date of the launch after lunch today"


def test_the_word_that_both_heard_begins_as_left_and_ends_as_right_wrote_it() -> None:
    """Capitals depend on what a chunk heard before, punctuation on what it heard after."""
    left, right = said("we go. home.", 8.0), said("We Go Home now", 8.1)
    assert text(join(left, right, SEAM, SHARED)) == "we go. home now"
    left, right = said("works for me", 8.0), said("For me. Then it", 9.1)
    assert text(join(left, right, SEAM, SHARED)) == "works for me. Then it"


def test_a_word_said_twice_is_written_twice() -> None:
    left, right = said("no no no no no no", 8.0, 0.4), said("no no no no no no yes", 8.05, 0.4)
    assert text(join(left, right, SEAM, SHARED)) == "no no no no no no yes"


def test_without_a_common_word_the_seam_decides() -> None:
    left, right = said("a b c d", 8.5), said("w x y z", 8.4)
    assert text(join(left, right, SEAM, SHARED)) == "a b y z"


def word(text: str, start: float, end: float) -> Stamped:
    return Stamped(text, start, end, start)


def test_a_word_that_each_puts_on_the_others_side_is_not_lost() -> None:
    """Spelled and timed wrong by the one that heard only a part of it: as heard in the trained fixture."""
    left = [word("for", 8.2, 8.3), word("launch.", 8.4, 8.5), word("Yes,", 10.1, 10.6)]
    right = [word("Fes,", 8.0, 10.5), word("that", 10.8, 10.9), word("works", 10.9, 11.3)]
    assert text(join(left, right, SEAM, SHARED)) == "for launch. Yes, that works"
    left = [word("for", 8.2, 8.3), word("launch.", 8.4, 8.5), word("Res", 10.1, 11.9)]
    right = [word("Yes,", 9.5, 9.9), word("that", 10.8, 10.9), word("works", 10.9, 11.3)]
    assert text(join(left, right, SEAM, SHARED)) == "for launch. Yes, that works"


def test_a_word_that_both_spell_differently_near_the_seam_is_written_once() -> None:
    left, right = (
        [word("the", 9.7, 9.8), word("lunch", 10.02, 10.3)],
        [word("launch", 9.98, 10.3), word("is", 10.3, 10.4)],
    )
    assert text(join(left, right, SEAM, SHARED)) == "the lunch is"


@pytest.mark.parametrize("silent", ["left", "right"])
def test_where_one_heard_nothing_the_other_keeps_all(silent: str) -> None:
    left = said("a b c", 2.0) + ([] if silent == "left" else said("d e f g", 8.1))
    right = ([] if silent == "right" else said("d e f g", 8.1)) + said("h i", 13.0)
    assert text(join(left, right, SEAM, SHARED)) == "a b c d e f g h i"


def test_only_chunks_with_a_seam_are_joined() -> None:
    chunks = [Chunk(Span(0, 12), (Span(0, 20),)), Chunk(Span(8, 20), (Span(0, 20),), 10.0), Chunk(Span(21, 25), ())]
    heard = dict(
        zip(chunks, [said("a b c d e f g h i j k l"), said("i j k l m n", 8.0), said("i j", 21.0)], strict=True)
    )
    assert (
        " ".join(word.text for _, kept in joined(heard, chunks) for word in kept) == "a b c d e f g h i j k l m n i j"
    )


@given(st.lists(st.sampled_from("abc"), min_size=30, max_size=30), st.floats(-0.08, 0.08), st.integers(0, 30))
def test_no_word_is_lost_or_doubled_where_both_hear_right(words: list[str], jitter: float, step: int) -> None:
    """Few different words, so that many could be mistaken for each other; four a second."""
    whole = said(" ".join(words), 6.0, 0.25)
    left = [word for word in whole if word.at < SHARED.end]
    right = [word.moved(jitter) for word in whole if word.at >= SHARED.start]
    assert text(join(left, right, SEAM + step / 30, SHARED)) == " ".join(words)


def test_at_the_edge_of_the_shared_sound_a_word_is_written_once_too() -> None:
    """Each times it on its own side of the edge, and the other one fell silent there."""
    start = word("say", 7.4, 7.6), word("hello", 7.96, 8.3), word("hello", 8.04, 8.3), word("there", 12.5, 12.9)
    assert text(join(list(start[:2]), list(start[2:]), SEAM, SHARED)) == "say hello there"
    end = word("my", 7.5, 7.8), word("world", 11.97, 12.0), word("world", 12.04, 12.3), word("again", 12.5, 12.9)
    assert text(join(list(end[:2]), list(end[2:]), SEAM, SHARED)) == "my world again"


def test_a_word_in_common_at_the_very_edge_does_not_outweigh_the_seam() -> None:
    """Right heard its first words without what comes before them."""
    left = [word("hello", 7.96, 8.3), word("my", 8.4, 8.6), word("friend", 8.7, 9.4), word("from", 9.5, 9.9)]
    right = [word("hello", 8.04, 8.3), word("mai", 8.4, 8.6), word("frend", 8.7, 9.4), word("there", 10.5, 10.9)]
    assert text(join(left, right, SEAM, SHARED)) == "hello my friend from there"


def test_where_no_other_word_is_in_common_one_at_the_edge_is_written_once_too() -> None:
    """Words of one step of the encoder, which end before the other hearing of them begins."""
    left = [word("so", 7.0, 7.2), word("i", 7.98, 8.02), word("a", 11.5, 11.54)]
    right = [word("I", 8.06, 8.1), word("uh", 11.0, 11.1), word("went", 12.6, 12.9)]
    assert text(join(left, right, SEAM, SHARED)) == "so i uh went"
    left = [word("so", 7.0, 7.2), word("bat", 8.3, 8.5), word("i.", 11.92, 11.98)]
    right = [word("mat", 8.4, 8.6), word("i", 12.04, 12.08), word("went", 12.6, 12.9)]
    assert text(join(left, right, SEAM, SHARED)) == "so bat i went"


def test_at_the_edge_a_word_that_one_heard_twice_is_written_twice() -> None:
    """By left before the shared sound, by right within it, and the same at its end."""
    for ours, theirs in [((7.8, 7.98), (8.06,)), ((7.98,), (8.06, 8.2))]:
        left = [*(word("i", at, at + 0.04) for at in ours), word("a", 11.5, 11.54)]
        right = [*(word("i", at, at + 0.04) for at in theirs), word("uh", 11.0, 11.1), word("went", 12.6, 12.9)]
        assert text(join(left, right, SEAM, SHARED)) == "i i uh went"
    for ours, theirs in [((11.8, 11.92), (12.04,)), ((11.92,), (12.04, 12.2))]:
        left = [word("bat", 8.3, 8.5), *(word("i", at, at + 0.04) for at in ours)]
        right = [word("mat", 8.4, 8.6), *(word("i", at, at + 0.04) for at in theirs), word("went", 12.6, 12.9)]
        assert text(join(left, right, SEAM, SHARED)) == "bat i i went"


SLOTS = range(32)  # four a second from 6 s on
AT_EDGE, AT_SEAM = (8, 24), 16
HEARD, MISHEARD = "ab", "m"  # alike by both, in one step; by each as another word


@st.composite
def hearings(draw: st.DrawFn) -> tuple[str, list[Stamped], list[Stamped]]:
    """What was said, and what either heard of it, each with times of its own; silence at the seam."""
    said, left, right = "", list[Stamped](), list[Stamped]()
    before_seam, after_seam = (draw(st.sampled_from(["", MISHEARD, HEARD + MISHEARD])) for _ in range(2))
    for slot in SLOTS:
        within = AT_EDGE[0] < slot < AT_EDGE[1]
        sayable = HEARD if not within else before_seam if slot < AT_SEAM else after_seam
        name = draw(st.sampled_from(" " + sayable)) if slot != AT_SEAM else " "
        ours, theirs = (6 + slot / 4 + draw(st.floats(-0.04, 0.04)) for _ in range(2))
        length = 0.2 if name == MISHEARD else 0.04
        said += name.strip()
        if name != " " and ours < SHARED.end:
            left.append(word("l" if name == MISHEARD else name, ours, ours + length))
        if name != " " and theirs >= SHARED.start:
            right.append(word("r" if name == MISHEARD else name, theirs, theirs + length))
    return said, left, right


@given(hearings())
def test_no_word_is_lost_or_doubled_where_both_mishear(heard: tuple[str, list[Stamped], list[Stamped]]) -> None:
    """And time each by up to a step of the encoder too soon or too late, so that one at an edge of the shared sound
    is within it for one of them only."""
    said, left, right = heard
    joined_text = text(join(left, right, SEAM, SHARED)).replace(" ", "")
    assert joined_text.replace("l", MISHEARD).replace("r", MISHEARD) == said
