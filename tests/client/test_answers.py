from __future__ import annotations

import httpx
import pytest

from client import ApiError
from client.answers import form, read, understood


def test_options_become_the_fields_of_a_form() -> None:
    given = {"language": "en", "words": True, "num_speakers": 2, "keyterms": ["NeMo", "RTTM"], "diarizer": None}
    assert form({**given, "metadata": {"case": 7}}) == {
        "language": "en",
        "words": "true",
        "num_speakers": "2",
        "keyterms": "NeMo,RTTM",
        "metadata": '{"case": 7}',
    }


@pytest.mark.parametrize("text", ["<html>", "[]", "null", "{}"])
def test_an_answer_of_another_shape_is_an_error(text: str) -> None:
    answer = httpx.Response(200, text=text, request=httpx.Request("GET", "http://service/status"))
    with pytest.raises(ApiError) as refused:
        read(answer, lambda row: row["status"])
    assert refused.value.code == "unexpected_answer"


def test_a_part_of_an_answer_is_read_alike() -> None:
    answer = httpx.Response(200, request=httpx.Request("GET", "http://service/jobs/1/events"))
    assert understood(answer, "2000", float) == 2000.0
    with pytest.raises(ApiError):
        understood(answer, "soon", float)
