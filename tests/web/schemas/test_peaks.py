from __future__ import annotations

import pytest
from pydantic import ValidationError

from web.schemas.peaks import MOST_PEAKS, PeaksQuery


def test_how_many_may_be_asked_for() -> None:
    assert PeaksQuery().count == 2000
    assert PeaksQuery.model_validate({"count": str(MOST_PEAKS)}).count == MOST_PEAKS
    for count in ("0", str(MOST_PEAKS + 1), "2.5"):
        with pytest.raises(ValidationError):
            PeaksQuery.model_validate({"count": count})
