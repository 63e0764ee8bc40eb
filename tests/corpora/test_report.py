from __future__ import annotations

from corpora.cutting import Dropped
from corpora.entries import Entry
from corpora.report import Outcome, to_dict, to_table
from pipeline.types import Span

ENTRIES = (
    Entry("Anna/a-0001", "Anna", "hello", 2.0, "a", 1.0, 3.0),
    Entry("a-SPEAKER_01/a-0002", "a-SPEAKER_01", "hi", 1.5, "a", 4.0, 5.5),
)
DROPPED = (Dropped("clipped", Span(6, 7)), Dropped("clipped", Span(8, 10)), Dropped("too_short", Span(11, 11.5)))
OUTCOMES = [Outcome("a", ENTRIES, DROPPED, 60.0, 44_100, ("It hums.",)), Outcome("b", error="It broke.")]


def test_the_report_counts_what_was_kept_and_what_was_not_and_why():
    data = to_dict(OUTCOMES)
    assert (data["clips"], data["seconds"]) == (2, 3.5)
    assert data["dropped"] == {"clipped": {"clips": 2, "seconds": 3}, "too_short": {"clips": 1, "seconds": 0.5}}
    assert data["speakers"][0] == {"speaker": "Anna", "folder": "Anna", "clips": 1, "seconds": 2.0}
    first, second = data["recordings"]
    assert (first["recording"], first["sample_rate"], first["warnings"]) == ("a", 44_100, ["It hums."])
    assert (second["clips"], second["error"]) == (0, "It broke.")


def test_the_table_says_the_same_to_people():
    table = to_table(OUTCOMES)
    assert "samples at full scale" in table
    for line in ("a: warning: It hums.", "b: error: It broke."):
        assert line in table.splitlines()
    assert table.splitlines()[3].split() == ["TOTAL", "1.0", "2", "0.1", "3"]
    many = to_table([Outcome(name, warnings=("It hums.",)) for name in "abc"])
    assert many.endswith("\n3 recordings: warning: It hums.")
    assert "dropped because" not in to_table([Outcome("a", ENTRIES, (), 60.0)])
