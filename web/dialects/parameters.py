"""What clients of other systems ask for beyond what there is here: refused where they would miss it, and else named."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from errors import Unsupported
from web.context import current_service
from web.ignored import ignore, ignored


def idle(given: Iterable[str], known: Collection[str], refused: Collection[str]) -> list[str]:
    """The names of those given that are not known, and so have no effect. Raises Unsupported where one is refused."""
    names = [name for name in given if name not in known]
    for name in names:
        if name in refused:
            raise Unsupported(f"{name} is not possible here; leave it out.", field=name)
    return names


def without_effect(names: Iterable[str]) -> tuple[str, ...]:
    """They are named in a header of the answer, and in this warning for the result."""
    ignore(names)
    return (f"Parameters without effect: {', '.join(ignored())}.",) if ignored() else ()


def profile_named(model: str | None) -> str | None:
    """The profile of this name; other systems' models are nobody here."""
    return model if model != "auto" and model in current_service().profiles else None


def phrases(terms: Iterable[str]) -> tuple[str, ...]:
    """For ``Options.keyterms``: each once, with single spaces."""
    spaced = (" ".join(term.split()) for term in terms)
    return tuple(dict.fromkeys(term for term in spaced if term))
