from __future__ import annotations

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from evaluation.mistakes import KINDS
from pictures.looks import HATCHES, LOOKS, clock, is_narrow, label, mark_time


@pytest.mark.parametrize(
    ("seconds", "longest", "text"),
    [(0, 5, "0"), (0.1 + 0.2, 1, "0.3"), (90, 119, "90"), (90, 120, "1:30"), (3599.6, 3599.9, "60:00"),
     (0, 7200, "0:00:00"), (4210, 7200, "1:10:10"), (36_000, 36_000, "10:00:00")],
)  # fmt: skip
def test_times_are_read_as_a_clock(seconds: float, longest: float, text: str) -> None:
    assert clock(seconds, longest) == text


def axes_of(inches: float) -> Axes:
    return Figure(figsize=(inches, 2)).add_subplot()


@pytest.mark.parametrize("inches", [3.2, 10, 40])
@pytest.mark.parametrize("duration", [0.1, 1, 59.9, 119, 120, 3599, 3600, 36_000])
def test_marks_are_few_and_even_and_within_the_recording(duration: float, inches: float) -> None:
    mark_time(axes := axes_of(inches), duration, inches)
    marks = axes.get_xticks()
    assert 1 < len(marks) <= inches / 0.9 + 2
    assert marks[0] == 0
    assert marks[-1] <= duration * 1.001
    assert axes.get_xlim() == (0, duration)
    texts = [text.get_text() for text in axes.get_xticklabels()]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(("duration", "unit"), [(30, "s"), (300, "min:s"), (5000, "h:min:s")])
def test_the_axis_has_its_unit(duration: float, unit: str) -> None:
    mark_time(axes := axes_of(8), duration, 8)
    assert axes.get_xlabel() == f"time ({unit})"


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Anna", "Anna"),
        ("a\nb\tc", "a b c"),
        ("\u202eevil", "evil"),
        ("x" * 21, "x" * 19 + "…"),
        ("李雷", "李雷"),
        ("\x00", ""),
    ],
)
def test_a_name_is_one_short_line(name: str, short: str) -> None:
    assert label(name) == short


def test_mistakes_differ_by_more_than_colour() -> None:
    for looks in LOOKS.values():
        assert set(looks.mistakes) == set(KINDS) == set(HATCHES)
        assert len({*looks.mistakes.values(), looks.ink, looks.faint, looks.ground}) == 6
    assert len(set(HATCHES.values())) == 3


def test_a_phone_is_narrow() -> None:
    assert is_narrow(axes_of(3.6))
    assert not is_narrow(axes_of(7))
