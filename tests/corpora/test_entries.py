from __future__ import annotations

import csv
import json
from dataclasses import replace

import pytest

from corpora.entries import Entry, manifest, metadata, split

ENTRY = Entry("Anna/talk-0001", "Anna", "“Hello” there", 2.0, "talk", 1.0, 3.0, "en", 0.9)


def test_metadata_has_three_columns_and_no_header():
    rows = list(csv.reader(metadata([ENTRY, ENTRY]).splitlines(), delimiter="|", quoting=csv.QUOTE_NONE))
    assert rows == [["Anna/talk-0001", "“Hello” there", '"Hello" there']] * 2


def test_a_manifest_has_an_object_a_line():
    first, second = map(json.loads, manifest([ENTRY, replace(ENTRY, language=None, confidence=None)]).splitlines())
    assert first == {
        "audio_filepath": "wavs/Anna/talk-0001.wav", "duration": 2.0, "text": "“Hello” there", "speaker": "Anna",
        "recording": "talk", "start_time": 1.0, "end_time": 3.0, "lang": "en", "confidence": 0.9,
    }  # fmt: skip
    assert "lang" not in second


@pytest.mark.parametrize("share", [0.01, 0.2, 0.9])
def test_a_share_of_the_seconds_is_set_apart_the_same_each_time(share):
    entries = [replace(ENTRY, id=str(index), duration=1.0 + index % 5) for index in range(50)]
    training, validation = split(entries, share)
    assert sorted(one.id for one in training + validation) == sorted(one.id for one in entries)
    assert split(entries, share) == (training, validation)
    total = sum(one.duration for one in entries)
    assert share * total <= sum(one.duration for one in validation) < share * total + 5


def test_neither_part_is_empty_where_there_are_two_clips():
    two = [ENTRY, replace(ENTRY, id="b")]
    assert [len(part) for part in split(two, 0.9)] == [1, 1]
    assert [len(part) for part in split(two[:1], 0.5)] == [1, 0]
