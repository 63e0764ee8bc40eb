from __future__ import annotations

import re

import pytest

from corpora.names import LONGEST, Names, label, safe


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("planning_meeting", "planning_meeting"),
        ("Zoë O'Brien", "Zoe-O-Brien"),
        ("../../etc/passwd", "etc-passwd"),
        ("a:b*c?.", "a-b-c"),
        ("-rf", "rf"),
    ],
)
def test_what_is_readable_stays_readable(name, found):
    assert safe(name) == found


@pytest.mark.parametrize("name", ["", ".", "..", "CON", "lpt1", "Ольга", "李雷", "x" * 300, "\udcff", "🎤", "\0/"])
def test_every_name_becomes_one_that_any_file_system_takes(name):
    found = safe(name)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", found)
    assert len(found) <= LONGEST
    assert found.casefold() not in ("con", "lpt1")
    assert found == safe(name)


def test_what_would_look_the_same_is_told_apart():
    assert safe("Ольга") != safe("Олег")
    names = Names()
    assert [names.of(name) for name in ("Anna", "anna", "An na", "An-na", "Anna")] == [
        "Anna", "anna-2", "An-na", "An-na-2", "Anna",
    ]  # fmt: skip
    assert [Names().new("talk"), *map(Names().new, ("talk",))] == ["talk", "talk"]
    recordings = Names()
    assert [recordings.new("talk") for _ in range(3)] == ["talk", "talk-2", "talk-3"]


def test_unnamed_speakers_of_two_recordings_are_two_people_and_named_ones_are_one():
    assert label("SPEAKER_00", "monday") != label("SPEAKER_00", "friday")
    assert label("Anna", "monday") == label("Anna", "friday") == "Anna"
