from __future__ import annotations

import pytest

from errors import MissingScope
from keys.key import Scope
from web.callers import ANYBODY, Caller


def test_each_sees_their_own_and_an_admin_everybodys() -> None:
    assert Caller("k1", frozenset({Scope.READ})).owner == "k1"
    assert Caller("k2", frozenset({Scope.ADMIN})).owner is None
    assert ANYBODY.owner == ""


def test_scopes() -> None:
    reader, admin = Caller("k1", frozenset({Scope.READ})), Caller("k2", frozenset({Scope.ADMIN}))
    reader.check(Scope.READ)
    for scope in set(Scope) - {Scope.READ}:
        with pytest.raises(MissingScope, match=scope):
            reader.check(scope)
    for scope in Scope:
        admin.check(scope)
    for scope in set(Scope) - {Scope.ADMIN}:
        ANYBODY.check(scope)
    with pytest.raises(MissingScope):
        ANYBODY.check(Scope.ADMIN)
