from __future__ import annotations

import pickle
import re

import pytest

import errors
from errors import DiarizationError, InvalidOption, QueueFull, from_dict
from settings import ROOT

KINDS = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, DiarizationError)]


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_crosses_a_process_boundary(kind: type[DiarizationError]) -> None:
    error = kind("A sentence that helps.", field="language")
    for copy in (from_dict(error.to_dict()), pickle.loads(pickle.dumps(error))):
        assert type(copy) is kind
        assert (copy.message, copy.field, str(copy)) == (error.message, "language", error.message)


def test_every_kind_has_a_code_of_its_own_and_a_place_in_the_tree_that_is_drawn() -> None:
    codes = {kind.__name__: kind.code for kind in KINDS}
    assert len(set(codes.values())) == len(KINDS)
    drawn = dict(re.findall(r"^[│├└─ ]*(\w+) +(?:code )?\"(\w+)\"", str(errors.__doc__), re.MULTILINE))
    assert drawn == codes


def test_every_code_is_in_the_docs() -> None:
    text = (ROOT / "docs" / "api.md").read_text()
    assert [kind.code for kind in KINDS if f"`{kind.code}`" not in text] == []


def test_an_unknown_or_empty_answer_is_an_internal_error() -> None:
    error = from_dict({"code": "of a later version"})
    assert type(error) is DiarizationError
    assert error.to_dict() == {"code": "internal_error", "message": "Internal error.", "field": None}


def test_what_passes_says_when_to_come_back() -> None:
    assert QueueFull("Busy.", retry_after=30).retry_after == 30
    assert not hasattr(InvalidOption("Wrong."), "retry_after")
