from __future__ import annotations

from errors import InvalidOption
from web.schemas.error import Error


def test_it_is_what_errors_write() -> None:
    written = {"error": InvalidOption("This must be that.", field="this").to_dict()}
    assert Error.model_validate(written, extra="forbid").model_dump() == written
