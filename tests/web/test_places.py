from __future__ import annotations

from web.places import Places


def test_there_are_so_many_and_who_gives_one_back_may_take_it_again() -> None:
    places = Places(3)
    assert [places.take("") for _ in range(4)] == [True, True, True, False]
    places.give_back("")
    assert (places.take(""), places.take("")) == (True, False)


def test_one_key_leaves_others_half_of_them() -> None:
    places = Places(5)
    assert [places.take("a") for _ in range(4)] == [True, True, True, False]
    assert [places.take("b") for _ in range(3)] == [True, True, False]
    places.give_back("a")
    assert [places.take("a"), places.take("b")] == [True, False]


def test_a_server_may_have_none_and_one_is_for_everybody() -> None:
    assert not Places(0).take("a")
    assert Places(1).take("a")
