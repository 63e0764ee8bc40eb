from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import clustering
from pipeline.clustering import OTHER, SAME, SHORT, Bounds, cluster, similarity
from pipeline.overlap import Overlap
from pipeline.pieces import Piece


class Together(Overlap):
    """Tracklets that speak at the same time, all the time."""

    def __init__(self, *pairs: tuple[int, int]) -> None:
        self.partners = {}
        for a, b in [*pairs, *(pair[::-1] for pair in pairs)]:
            self.partners.setdefault(a, set()).add(b)

    def seconds(self, a: int, b: int, start: float, end: float) -> float:
        return 1.0


def piece(index: int, seconds: float, clean: float | None = None, tracklet: int = 0) -> Piece:
    frames = np.arange(index * 1_000, index * 1_000 + round(seconds * 100))
    return Piece(tracklet, index * 10.0, index * 10.0 + seconds, frames, seconds if clean is None else clean)


def heard(script: Sequence[tuple[int, float]], seed: int = 0) -> tuple[np.ndarray, list[Piece]]:
    """(voice, seconds) of every piece -> vectors as alike as CAM++ makes them on average, and the pieces."""
    random = np.random.default_rng(seed)
    common, *voices = np.linalg.qr(random.normal(size=(512, 30)))[0].T
    vectors = []
    for voice, seconds in script:
        same = SAME / (1 + SHORT / seconds)
        noise = random.normal(size=512) / np.sqrt(512)
        vectors.append(common * OTHER**0.5 + voices[voice] * max(0, same - OTHER) ** 0.5 + noise * (1 - same) ** 0.5)
    found = np.array(vectors, np.float32)
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return found, [piece(index, seconds) for index, (_, seconds) in enumerate(script)]


def conversation(voices: int, pieces: int, seed: int = 0, shortest: float = 1.0) -> list[tuple[int, float]]:
    random = np.random.default_rng(seed)
    return [(index % voices, float(random.uniform(shortest, 4.0))) for index in range(pieces)]


def groups(labels: Sequence[int]) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(np.array(labels) == label).tolist()) for label in set(labels)}


def voices_of(script: Sequence[tuple[int, float]]) -> set[frozenset[int]]:
    return groups([voice for voice, _ in script])


@pytest.mark.parametrize("seconds", [(0.5, 0.5), (1.0, 4.0), (4.0, 4.0), (3.0, 60.0)])
def test_one_voice_is_1_and_two_voices_are_0_at_any_length(seconds: tuple[float, float]) -> None:
    first, second = (np.array([length]) for length in seconds)
    same = SAME / np.sqrt((1 + SHORT / seconds[0]) * (1 + SHORT / seconds[1]))
    a = np.array([[1.0, 0.0]])
    for cosine, expected in ((same, 1.0), (OTHER, 0.0)):
        b = np.array([[cosine, np.sqrt(1 - cosine**2)]])
        scale = max(same - OTHER, 0.1) / (same - OTHER)
        assert similarity(a, b, first, second).item() * scale == pytest.approx(expected)


def test_too_short_to_say_anything_is_not_blown_up() -> None:
    a = np.array([[1.0, 0.0]])
    assert np.abs(similarity(a, a, np.array([0.01]), np.array([0.01]))).max() < 10


@pytest.mark.parametrize("voices", [1, 2, 3, 5, 8, 12])
@pytest.mark.parametrize("seed", range(3))
def test_the_voices_are_found_and_counted(voices: int, seed: int) -> None:
    script = conversation(voices, 60, seed)
    labels = cluster(*heard(script, seed), Together(), Bounds())
    assert groups(labels) == voices_of(script)


def test_short_pieces_go_to_their_voice_and_make_none() -> None:
    script = conversation(3, 45)
    vectors, pieces = heard([*script, *((index % 3, 0.7) for index in range(12))])
    pieces[45:] = [piece(45 + index, 0.7, clean=0.0, tracklet=index) for index in range(12)]
    labels = cluster(vectors, pieces, Together(), Bounds())
    assert groups(labels[:45]) == voices_of(script)
    right = labels[45:] == labels[:12]
    assert labels.max() == 2
    assert right.mean() > 0.6  # 0.7 s say little


def test_one_odd_piece_is_no_voice_but_a_stranger_is() -> None:
    """Both are too far from either voice to be joined to it by their likeness alone."""
    script = [*conversation(2, 40), (5, 1.2)]
    vectors, pieces = heard(script)
    assert groups(cluster(vectors, pieces, Together(), Bounds())) == voices_of(script)
    voice = vectors[0:40:2].mean(0)
    voice /= np.linalg.norm(voice)
    away = vectors[40] - (vectors[40] @ voice) * voice
    vectors[40] = 0.58 * voice + np.sqrt(1 - 0.58**2) * away / np.linalg.norm(away)
    labels = cluster(vectors, pieces, Together(), Bounds())
    assert labels.max() == 1
    assert labels[40] == labels[0]


def test_pieces_that_are_spoken_together_are_two_people() -> None:
    script = conversation(2, 30)
    vectors, pieces = heard([*script, (0, 2.0), (0, 1.0)])
    pieces[30], pieces[31] = (Piece(track, 300, 302, np.arange(100), 1.0) for track in (1, 2))
    apart = cluster(vectors, pieces, Together((1, 2)), Bounds())
    assert apart[30] != apart[31]
    assert {apart[30], apart[31]} == {apart[0], apart[1]}
    assert cluster(vectors, pieces, Together(), Bounds())[31] == apart[0]


@pytest.mark.parametrize("number", [1, 2, 3, 4, 6])
def test_a_given_number_joins_the_closest_or_splits(number: int) -> None:
    script = conversation(3, 30)
    labels = cluster(*heard(script), Together(), Bounds(number, number))
    assert labels.max() + 1 == number
    if number <= 3:  # a voice is never torn to join others
        assert all(len(set(labels[list(voice)].tolist())) == 1 for voice in voices_of(script))


def test_bounds_that_fit_change_nothing() -> None:
    vectors, pieces = heard(conversation(3, 30))
    free = cluster(vectors, pieces, Together(), Bounds())
    assert (cluster(vectors, pieces, Together(), Bounds(2, 4)) == free).all()


@settings(max_examples=150)
@given(st.data())
def test_bounds_are_honoured_whatever_is_heard(data: st.DataObject) -> None:
    random = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    size, dimensions = data.draw(st.integers(1, 25)), data.draw(st.integers(2, 30))
    middles = random.normal(size=(data.draw(st.integers(1, 6)), dimensions))
    vectors = middles[random.integers(0, len(middles), size)]
    vectors = vectors + data.draw(st.floats(0, 1.5)) * random.normal(size=vectors.shape)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    lengths, tracklets = random.uniform(0.1, 4, size), np.sort(random.integers(0, 5, size))
    clean = lengths * (random.random(size) > data.draw(st.floats(0, 1)))
    pieces = [piece(index, lengths[index], clean[index], int(tracklets[index])) for index in range(size)]
    pairs = data.draw(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=4))
    low = data.draw(st.integers(1, 15))
    bounds = Bounds(low, low + data.draw(st.integers(0, 5)))
    overlap = Together(*((a, b) for a, b in pairs if a != b))
    labels = cluster(vectors.astype(np.float32), pieces, overlap, bounds)
    assert labels.shape == (size,)
    assert set(labels.tolist()) == set(range(labels.max() + 1))
    assert min(bounds.low, size) <= labels.max() + 1 <= bounds.high


@pytest.mark.parametrize("bounds", [Bounds(), Bounds(4, 4), Bounds(2, 6)])
def test_a_long_recording_is_clustered_in_blocks_to_the_same_end(
    bounds: Bounds, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors, pieces = heard(conversation(4, 240))
    whole = cluster(vectors, pieces, Together(), bounds)
    monkeypatch.setattr(clustering, "BLOCK", 50)
    assert groups(cluster(vectors, pieces, Together(), bounds)) == groups(whole)


def test_a_voice_heard_only_in_one_block_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clustering, "BLOCK", 40)
    script = [*conversation(2, 100), *((2, 3.0) for _ in range(8)), *conversation(2, 30)]
    assert groups(cluster(*heard(script), Together(), Bounds())) == voices_of(script)


def test_little_is_clustered_too() -> None:
    assert cluster(np.zeros((0, 192), np.float32), [], Together(), Bounds(3, 3)).tolist() == []
    vectors, pieces = heard([(0, 0.3), (1, 0.2)])
    assert cluster(vectors[:1], pieces[:1], Together(), Bounds(3, 3)).tolist() == [0]
    assert cluster(vectors, pieces, Together(), Bounds()).tolist() == [0, 0]
    same = np.tile(vectors[:1], (6, 1))
    assert cluster(same, [piece(index, 2.0) for index in range(6)], Together(), Bounds()).max() == 0
