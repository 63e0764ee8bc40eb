from __future__ import annotations

from benchmarks.known_tally import HEADER, Tally


def test_a_row_has_the_shares_of_the_known_and_of_strangers() -> None:
    found = Tally(known=8, right=6, wrong=1) + Tally(strangers=4, named=1)
    assert found.row() == ["75.0%", "12.5%", "12.5%", "25.0%", "75.0%"]
    assert len(found.row()) == len(HEADER)


def test_nobody_was_met() -> None:
    assert Tally().row() == ["0.0%"] * 5
