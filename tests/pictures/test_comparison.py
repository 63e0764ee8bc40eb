from __future__ import annotations

import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from evaluation.mistakes import KINDS
from pictures.comparison import compared, draw_comparison, lanes
from pictures.looks import LOOKS
from pictures.order import Order
from pipeline.types import Turn

REFERENCE = (Turn("anna", 0, 10), Turn("ben", 10, 15), Turn("cleo", 16, 17))
HYPOTHESIS = (Turn("S0", 0, 8), Turn("S1", 8, 9), Turn("S1", 10, 18), Turn("S2", 19, 20))
ORDER = Order("speakers", speakers=("S0", "S1", "S2"), turns=HYPOTHESIS, reference=REFERENCE)


def drawn(order: Order = ORDER, theme: str = "light", inches: float = 10):
    figure = Figure(figsize=(inches, 3), layout="constrained")
    axes = figure.add_subplot()
    found = compared(order, 20.0)
    draw_comparison(figure, axes, order, found, LOOKS[theme])
    return figure, axes, found


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_of_errors_cover_their_seconds(theme: str) -> None:
    _, axes, found = drawn(theme=theme)
    for kind in KINDS:
        marked = [drawn for drawn in axes.collections if drawn.get_gid() == kind]
        widths = [path.get_extents().width for collection in marked for path in collection.get_paths()]
        assert sum(widths) == pytest.approx(found.seconds(kind)), kind
        edges = [each.get_edgecolor() if kind == "missed" else each.get_facecolor() for each in marked]
        assert {to_hex(edge[0]) for edge in edges} == {LOOKS[theme].mistakes[kind]}
    assert (found.seconds("missed"), found.seconds("false alarm"), found.seconds("confusion")) == (1, 3, 2)


def test_an_error_is_in_the_lane_of_who_makes_it() -> None:
    _, axes, _ = drawn()
    places = {
        (each.get_gid(), round(path.get_extents().x0)): round(path.get_extents().y0)
        for each in axes.collections
        if each.get_gid()
        for path in each.get_paths()
    }
    assert places == {("confusion", 8): 1, ("missed", 9): 0, ("false alarm", 15): 1, ("confusion", 16): 1,
                      ("false alarm", 17): 1, ("false alarm", 19): 3}  # fmt: skip


def test_who_is_taken_for_whom_and_who_for_nobody() -> None:
    _, axes, found = drawn()
    assert list(lanes(ORDER, found)) == [("anna", "S0"), ("ben", "S1"), ("cleo", None), (None, "S2")]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["anna\nS0", "ben\nS1", "cleo", "S2"]


@pytest.mark.parametrize("inches", [3.6, 10])
def test_the_legend_has_the_seconds_and_fits(inches: float) -> None:
    figure, _, _ = drawn(inches=inches)
    figure.draw_without_rendering()
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "reference", "right", "missed 1.0 s", "false alarm 3.0 s", "confusion 2.0 s", "DER 37.5 %"
    ]  # fmt: skip
    box = legend.get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.width


def test_without_reference_speech_there_is_no_rate() -> None:
    figure, _, _ = drawn(Order("speakers", speakers=("S0",), turns=(Turn("S0", 0, 1),), reference=()))
    assert figure.legends[0].get_texts()[-1].get_text() == "no reference speech"
