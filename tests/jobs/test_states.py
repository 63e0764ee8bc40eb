"""What may follow what."""

from __future__ import annotations

from jobs.states import ENDED, FOLLOWS, State


def test_every_state_says_what_follows_and_nothing_follows_an_end() -> None:
    assert set(FOLLOWS) == set(State)
    assert {State.DONE, State.FAILED, State.CANCELLED} == ENDED
    assert all(FOLLOWS[state] == set() for state in ENDED)


def test_every_state_can_be_reached_from_the_first() -> None:
    reached, new = {State.QUEUED}, {State.QUEUED}
    while new:
        new = {after for before in new for after in FOLLOWS[before]} - reached
        reached |= new
    assert reached == set(State)
