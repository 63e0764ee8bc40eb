"""Every branch of the router, on diarizers that answer from a script."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from errors import InvalidOption
from pipeline.activity import Activity, diarized
from pipeline.clustering import Bounds
from pipeline.diarizer import Diarized
from pipeline.parameters import SortformerParameters
from pipeline.router import WELL_ACTIVE, Router
from pipeline.types import SAMPLE_RATE, Audio

SECONDS = 60.0
AUDIO = Audio(np.zeros(round(SECONDS) * SAMPLE_RATE, np.float32))
Report = Callable[[float], None] | None


class Scripted:
    """Hears speakers one after another, each for so many seconds, within the bounds; remembers what it was asked."""

    restored = staticmethod(Activity.from_arrays)

    def __init__(self, *seconds: float, limit: int | None = None, warnings: tuple[str, ...] = ()) -> None:
        self.calls: list[str] = []
        self._seconds, self._warnings = seconds, warnings
        if limit is not None:
            self.limit = limit

    def listen(self, audio: Audio, on_progress: Report = None) -> Activity:
        self.calls.append("listen")
        if on_progress:
            on_progress(1.0)
        active = np.zeros((round(SECONDS * 10), max(len(self._seconds), getattr(self, "limit", 0))), np.float32)
        begun = 0
        for speaker, seconds in enumerate(self._seconds):
            active[begun : begun + round(seconds * 10), speaker] = 1.0
            begun += round(seconds * 10)
        return Activity(active, 0.1, self._warnings)

    def embed(self, audio: Audio, heard: Activity, on_progress: Report = None) -> Activity:
        if on_progress:
            on_progress(1.0)
        return heard

    def tell_apart(self, audio: Audio, heard: Activity, bounds: Bounds, on_progress: Report = None) -> Diarized:
        self.calls.append("tell_apart")
        if on_progress:
            on_progress(1.0)
        return diarized(heard, SortformerParameters(), bounds, audio.duration)


def sortformer(*seconds: float, warnings: tuple[str, ...] = ()) -> Scripted:
    return Scripted(*seconds, limit=4, warnings=warnings)


def nemotron(*seconds: float) -> Scripted:
    return Scripted(*seconds, limit=8)


def test_who_goes_first_comes_first() -> None:
    assert Router({"clustering": Scripted(), "sortformer": sortformer(), "nemotron": nemotron()}).names == (
        "nemotron",
        "sortformer",
        "clustering",
    )


def run(router: Router, bounds: Bounds = Bounds(1, 50), wanted: str = "auto") -> Diarized:  # noqa: B008
    route = router.choose(wanted, bounds)
    return route.tell_apart(AUDIO, route.listen(AUDIO), bounds)


def speakers(found: Diarized) -> int:
    return len({turn.speaker for turn in found.turns})


def test_the_model_goes_first_and_alone_where_it_is_sure() -> None:
    model, clustering = sortformer(5, 5, 5), Scripted(5, 5, 5, 5, 5)
    found = run(Router({"clustering": clustering, "sortformer": model}))
    assert (speakers(found), found.warnings) == (3, ())
    assert (model.calls, clustering.calls) == (["listen", "tell_apart"], [])


def test_of_two_models_the_one_for_more_speakers_goes_first() -> None:
    four, eight = sortformer(5), nemotron(5, 5)
    found = run(Router({"clustering": Scripted(5), "sortformer": four, "nemotron": eight}))
    assert (speakers(found), found.warnings, four.calls) == (2, (), [])


@pytest.mark.parametrize("bounds", [Bounds(5, 5), Bounds(5, 50)])
def test_clustering_is_used_where_more_are_asked_for_than_the_model_can_tell_apart(bounds: Bounds) -> None:
    model, clustering = sortformer(5, 5), Scripted(5, 5, 5, 5, 5)
    found = run(Router({"clustering": clustering, "sortformer": model}), bounds)
    assert (speakers(found), model.calls) == (5, [])
    assert found.warnings == (
        "5 speakers were asked for, but Sortformer tells at most 4 apart, so clustering was used.",
    )


def test_as_many_as_the_model_can_tell_apart_may_be_asked_for() -> None:
    found = run(Router({"clustering": Scripted(5), "nemotron": nemotron(*[5] * 8)}), Bounds(8, 8))
    assert (speakers(found), found.warnings) == (8, ())


def test_without_clustering_the_largest_model_does_what_it_can() -> None:
    router = Router({"sortformer": sortformer(5, 5), "nemotron": nemotron(*[5] * 7)})
    found = run(router, Bounds(9, 9))
    assert speakers(found) == 7
    assert found.warnings == ("9 speakers were asked for, but Nemotron 3 Diarization tells at most 8 apart.",)


def test_a_limit_full_of_speakers_is_doubted_and_clustering_wins_with_more() -> None:
    model, clustering = sortformer(5, 5, 5, 5, warnings=("Heard badly.",)), Scripted(*[5] * 6)
    found = run(Router({"clustering": clustering, "sortformer": model}))
    assert speakers(found) == 6
    assert found.warnings == (
        "Sortformer found 4 speakers, as many as it can tell apart; clustering found 6 and was used.",
    )


@pytest.mark.parametrize("others", [(5, 5), (5, 5, 5, 5), (5, 5, 5, 5, WELL_ACTIVE / 2)])
def test_clustering_that_finds_no_more_leaves_the_models_answer(others: Sequence[float]) -> None:
    """A voice with hardly a word does not count as more."""
    found = run(Router({"clustering": Scripted(*others), "sortformer": sortformer(5, 6, 7, 8)}))
    assert [round(turn.end - turn.start) for turn in found.turns] == [5, 6, 7, 8]
    assert found.warnings == ("Sortformer found 4 speakers, as many as it can tell apart; clustering found no more.",)


def test_a_speaker_with_hardly_a_word_means_that_the_limit_was_enough() -> None:
    clustering = Scripted(*[5] * 6)
    found = run(Router({"clustering": clustering, "sortformer": sortformer(5, 5, 5, WELL_ACTIVE / 2)}))
    assert (speakers(found), found.warnings, clustering.calls) == (4, (), [])


@pytest.mark.parametrize("bounds", [Bounds(4, 4), Bounds(1, 4), Bounds(1, 2)])
def test_a_limit_that_is_no_lower_than_the_bound_is_not_doubted(bounds: Bounds) -> None:
    clustering = Scripted(*[5] * 6)
    found = run(Router({"clustering": clustering, "sortformer": sortformer(5, 5, 5, 5)}), bounds)
    assert (speakers(found), found.warnings, clustering.calls) == (min(4, bounds.high), (), [])


def test_without_clustering_a_full_limit_is_said() -> None:
    found = run(Router({"sortformer": sortformer(5, 5, 5, 5, warnings=("Heard badly.",))}))
    assert speakers(found) == 4
    assert found.warnings == (
        "Heard badly.",
        "Sortformer found 4 speakers, as many as it can tell apart; there may be more.",
    )


def test_clustering_is_asked_where_the_model_finds_fewer_than_asked_for() -> None:
    bounds = Bounds(3, 3)
    more = run(Router({"clustering": Scripted(5, 5, 1), "sortformer": sortformer(5, 5)}), bounds)
    assert speakers(more) == 3
    assert more.warnings == ("Sortformer found only 2 of the 3 speakers asked for; clustering found 3 and was used.",)
    no_more = run(Router({"clustering": Scripted(5, 5), "sortformer": sortformer(6, 6)}), bounds)
    assert [round(turn.end - turn.start) for turn in no_more.turns] == [6, 6]
    assert no_more.warnings == ("Sortformer found only 2 of the 3 speakers asked for; clustering found no more.",)


def test_silence_is_silence_whatever_is_asked_for() -> None:
    clustering = Scripted(5, 5)
    found = run(Router({"clustering": clustering, "sortformer": sortformer()}), Bounds(2, 2))
    assert (found, clustering.calls) == (Diarized((), ()), [])


@pytest.mark.parametrize("bounds", [Bounds(1, 50), Bounds(6, 6)])
def test_clustering_alone_answers_for_auto_and_by_its_name(bounds: Bounds) -> None:
    router = Router({"clustering": Scripted(*[5] * 6)})
    for wanted in ("auto", "clustering"):
        found = run(router, bounds, wanted)
        assert (speakers(found), found.warnings) == (6, ())


@pytest.mark.parametrize("wanted", ["clustering", "sortformer", "nemotron"])
def test_the_diarizer_that_is_named_is_used_and_no_other(wanted: str) -> None:
    all_of_them = {"clustering": Scripted(5), "sortformer": sortformer(5, 5), "nemotron": nemotron(5, 5, 5)}
    found = run(Router(all_of_them), wanted=wanted)
    assert found.warnings == ()
    assert [name for name, diarizer in all_of_them.items() if diarizer.calls] == [wanted]


def test_a_named_model_keeps_to_its_limit_and_says_so() -> None:
    clustering = Scripted(*[5] * 6)
    router = Router({"clustering": clustering, "sortformer": sortformer(5, 5, 5, 5)})
    asked = run(router, Bounds(6, 6), "sortformer")
    assert asked.warnings == ("6 speakers were asked for, but Sortformer tells at most 4 apart.",)
    full = run(router, wanted="sortformer")
    assert full.warnings == ("Sortformer found 4 speakers, as many as it can tell apart; there may be more.",)
    assert speakers(asked) == speakers(full) == 4
    assert clustering.calls == []


def test_a_diarizer_that_is_not_loaded_is_refused_with_those_that_are() -> None:
    router = Router({"clustering": Scripted(5), "sortformer": sortformer(5)})
    with pytest.raises(InvalidOption, match="nemotron is not loaded here; there is auto, sortformer, clustering") as no:
        router.choose("nemotron", Bounds())
    assert no.value.field == "diarizer"


def test_progress_covers_the_second_hearing() -> None:
    bounds, seen = Bounds(1, 50), list[float]()
    route = Router({"clustering": Scripted(5), "sortformer": sortformer(5, 5, 5, 5)}).choose("auto", bounds)
    route.tell_apart(AUDIO, route.listen(AUDIO), bounds, seen.append)
    assert seen == [0.1, 1.0]
