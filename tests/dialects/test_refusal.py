from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialects.refusal import Refusal
from web.dialects.known import DIALECTS, Dialect

REFUSALS = st.builds(
    Refusal,
    status=st.sampled_from([400, 401, 403, 404, 405, 413, 429, 500, 503]),
    code=st.from_regex(r"[a-z_]{1,20}", fullmatch=True),
    message=st.text(),
    field=st.none() | st.text(),
    request_id=st.uuids().map(str),
)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.schema.__name__)
@given(refusal=REFUSALS)
def test_every_dialect_gives_it_its_shape_and_says_what_is_wrong(dialect: Dialect, refusal: Refusal) -> None:
    body = dialect.error(refusal)
    written = dialect.schema.model_validate(body, extra="forbid").model_dump()
    assert written == body
    assert json.dumps(refusal.message) in json.dumps(body)
