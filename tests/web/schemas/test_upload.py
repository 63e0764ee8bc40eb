from __future__ import annotations

import re
from typing import get_args

import pytest
from werkzeug.datastructures import MultiDict

from errors import InvalidOption
from pipeline.types import ChannelMode, DiarizerName
from web.options import FIELDS, read_asked
from web.schemas.upload import JobHeaders, JobUpload, Options, Upload


def test_every_option_is_described_and_nothing_else() -> None:
    assert set(Options.model_fields) == set(FIELDS)
    assert set(Upload.model_fields) == {*FIELDS, "audio"}
    assert Upload.model_json_schema()["required"] == JobUpload.model_json_schema()["required"] == ["audio"]


@pytest.mark.parametrize("name", ["num_speakers", "min_speakers", "max_speakers"])
def test_counts_have_the_bounds_that_are_kept(name: str) -> None:
    schema = Options.model_json_schema()["properties"][name]
    for inside in (schema["minimum"], schema["maximum"]):
        read_asked(MultiDict({name: str(inside)}), None)
    for outside in (schema["minimum"] - 1, schema["maximum"] + 1):
        with pytest.raises(InvalidOption):
            read_asked(MultiDict({name: str(outside)}), None)


@pytest.mark.parametrize("name", ["language", "channels", "diarizer", "format"])
def test_each_value_that_is_listed_is_taken(name: str) -> None:
    listed = Options.model_json_schema()["properties"][name]["enum"]
    for value in listed:
        read_asked(MultiDict({name: value}), None)
    assert {"channels": get_args(ChannelMode), "diarizer": get_args(DiarizerName)}.get(name, tuple(listed)) == tuple(
        listed
    )


def test_a_key_is_described_as_it_is_taken() -> None:
    pattern = re.compile(JobHeaders.model_json_schema()["properties"]["Idempotency-Key"]["pattern"])
    for sign in map(chr, range(256)):
        assert bool(pattern.fullmatch(f"a{sign}b")) == sign.isprintable(), ascii(sign)
    assert not pattern.fullmatch("")
