from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from web.schemas.fields import Query, Truth, Whole, optional


class Asked(Query):
    count: Whole = optional("How many.", minimum=1)
    sure: Truth = False


def test_what_need_not_be_sent_may_not_be_null_either() -> None:
    properties = Asked.model_json_schema()["properties"]
    assert properties["count"] == {"description": "How many.", "minimum": 1, "title": "Count", "type": "integer"}
    assert "required" not in Asked.model_json_schema()


@pytest.mark.parametrize("empty", ["", " "])
def test_an_empty_value_counts_as_not_given(empty: str) -> None:
    asked = Asked.model_validate({"count": empty, "sure": empty})
    assert (asked.count, asked.sure) == (None, False)


@pytest.mark.parametrize(
    ("given", "count", "sure"),
    [
        ({"count": " 12 "}, 12, False),
        ({"count": "12.0"}, 12, False),
        ({"sure": "YES"}, None, True),
        ({"sure": "0"}, None, False),
    ],
)
def test_values_mean_what_they_mean_in_forms(given: dict[str, Any], count: int | None, sure: bool) -> None:
    asked = Asked.model_validate(given)
    assert (asked.count, asked.sure) == (count, sure)


@pytest.mark.parametrize("given", [{"count": "1_0"}, {"count": "1.5"}, {"count": "٣"}, {"sure": "maybe"}])
def test_anything_else_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="must be"):
        Asked.model_validate(given)
