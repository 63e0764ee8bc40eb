"""Who asks: the holder of an API key, or anybody."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g

from errors import MissingScope
from keys.key import KeyRecord, Scope


@dataclass(frozen=True)
class Caller:
    """id: of the API key, and so the owner of what it makes; empty for one without a key."""

    id: str
    scopes: frozenset[Scope]

    @property
    def owner(self) -> str | None:
        """Whose jobs are shown to this caller; None for everybody's."""
        return None if Scope.ADMIN in self.scopes else self.id

    def check(self, scope: Scope) -> None:
        """Raises MissingScope."""
        if not self.scopes & {scope, Scope.ADMIN}:
            raise MissingScope(f"The API key lacks the scope {scope}.")


ANYBODY = Caller("", frozenset(Scope) - {Scope.ADMIN})


def holder(key: KeyRecord) -> Caller:
    return Caller(key.id, key.scopes)


def current_caller() -> Caller:
    """Of this request, on every route that is not public."""
    return g.caller
