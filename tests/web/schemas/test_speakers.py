from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from web.schemas.speakers import MOST_CHANGES, Changes

RENAME = {"edit": "rename", "speaker": "SPEAKER_00", "name": "Anna"}


@pytest.mark.parametrize(
    "change",
    [
        RENAME,
        {"edit": "merge", "speaker": "SPEAKER_02", "into": "Anna"},
        {"edit": "reassign", "segment": 4, "words": [0, 3], "speaker": "Anna"},
        {"edit": "reassign", "segment": 4},
    ],
)
def test_changes_that_the_docs_name(change: dict[str, Any]) -> None:
    Changes.model_validate_json(Changes.model_validate({"changes": [change]}).model_dump_json())


@pytest.mark.parametrize(
    "changes",
    [[], [RENAME] * (MOST_CHANGES + 1), [RENAME | {"more": 1}], [RENAME | {"name": ""}], [{"edit": "other"}]],
)
def test_changes_that_are_none(changes: list[dict[str, Any]]) -> None:
    with pytest.raises(ValidationError):
        Changes.model_validate({"changes": changes})
