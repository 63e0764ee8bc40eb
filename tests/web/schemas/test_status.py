from __future__ import annotations

from pathlib import Path

from tests.web.test_status import READY, status_of
from web.schemas.status import Status


def test_it_is_what_the_route_answers(tmp_path: Path) -> None:
    answered = status_of(READY, tmp_path).get_json()
    assert Status.model_validate(answered, extra="forbid").model_dump() == answered
