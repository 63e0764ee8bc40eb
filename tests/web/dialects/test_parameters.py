from __future__ import annotations

import pytest
from flask import Flask

from errors import Unsupported
from web.dialects.parameters import idle, phrases, profile_named, without_effect
from web.ignored import ignored


def test_what_is_not_known_has_no_effect_unless_it_is_refused() -> None:
    assert idle(["a", "b", "c"], known={"b"}, refused={"b", "z"}) == ["a", "c"]
    with pytest.raises(Unsupported, match="z is not possible here") as refused:
        idle(["a", "z"], (), ("z",))
    assert refused.value.field == "z"


def test_it_is_named_in_the_header_and_in_one_warning(app: Flask) -> None:
    with app.test_request_context("/"):
        assert without_effect([]) == ()
        assert without_effect(["a", "b\r\nc"]) == ("Parameters without effect: a, b??c.",)
        assert ignored() == ("a", "b??c")


def test_a_model_is_a_profile_or_nobody(app: Flask) -> None:
    with app.test_request_context("/"):
        assert [profile_named(model) for model in ("fakes", "nova-3", "auto", None)] == ["fakes", None, None, None]


def test_phrases_come_once() -> None:
    assert phrases(["open  source", " ", "NeMo", "open source"]) == ("open source", "NeMo")
