from __future__ import annotations

from typing import cast

import pytest
from werkzeug.datastructures import MultiDict

from errors import InvalidOption, UnknownFormat
from web.options import FIELDS, read_asked


def test_nothing_given_leaves_every_choice_to_the_recording() -> None:
    asked = read_asked(MultiDict(), None)
    assert (asked.options.num_speakers, asked.options.language, asked.options.channels) == (None, None, "mix")
    assert asked.options.diarizer == "auto"
    assert (asked.format.NAME, asked.words, asked.warnings) == ("json", False, ())


def test_empty_fields_count_as_not_given() -> None:
    assert read_asked(MultiDict(dict.fromkeys(FIELDS, " ")), None) == read_asked(MultiDict(), None)


def test_values_are_read() -> None:
    counts = read_asked(MultiDict({"min_speakers": " 2 ", "max_speakers": "05"}), None).options
    assert (counts.min_speakers, counts.max_speakers) == (2, 5)
    asked = read_asked(MultiDict({"language": "EN", "channels": "Per_Channel", "format": "SRT"}), None)
    assert (asked.options.language, asked.options.channels, asked.format.NAME) == ("en", "per_channel", "srt")
    assert read_asked(MultiDict({"diarizer": " Nemotron "}), None).options.diarizer == "nemotron"
    assert read_asked(MultiDict({"profile": " Ours-2 "}), None).options.profile == "Ours-2"


def test_keyterms_are_phrases_apart_by_commas_or_lines_and_may_come_again() -> None:
    asked = read_asked(MultiDict([("keyterms", "Parakeet,  Tita  Net\nNeMo,"), ("keyterms", "NeMo")]), None)
    assert asked.options.keyterms == ("Parakeet", "Tita Net", "NeMo")
    for many in (",".join(map(str, range(101))), "x" * 101):
        with pytest.raises(InvalidOption) as caught:
            read_asked(MultiDict({"keyterms": many}), None)
        assert caught.value.field == "keyterms"


@pytest.mark.parametrize("text", ["true", "TRUE", "1", "yes", "on"])
def test_words_wanted(text: str) -> None:
    assert read_asked(MultiDict({"words": text}), None).words


@pytest.mark.parametrize("text", ["false", "0", "No", "off"])
def test_words_not_wanted(text: str) -> None:
    assert not read_asked(MultiDict({"words": text}), None).words


COUNTS = ["0", "-1", "51", "2.5", "abc", "1e1", "+2", "٣", "9" * 5000, "2;3", "0x2", "None", "true"]


@pytest.mark.parametrize("name", ["num_speakers", "min_speakers", "max_speakers"])
@pytest.mark.parametrize("text", COUNTS)
def test_what_is_no_number_of_speakers(name: str, text: str) -> None:
    with pytest.raises(InvalidOption, match="whole number from 1 to 50") as caught:
        read_asked(MultiDict({name: text}), None)
    assert caught.value.field == name
    assert len(caught.value.message) < 200


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"min_speakers": "3", "max_speakers": "2"}, "min_speakers"),
        ({"num_speakers": "5", "max_speakers": "2"}, "num_speakers"),
        ({"words": "maybe"}, "words"),
        ({"words": "2"}, "words"),
        ({"language": "klingon"}, "language"),
        ({"language": "en-US"}, "language"),
        ({"language": "xx"}, "language"),
        ({"channels": "left"}, "channels"),
        ({"diarizer": "pyannote"}, "diarizer"),
        ({"diarizer": "sortformer", "channels": "per_channel"}, "diarizer"),
    ],
)
def test_other_options_at_fault(fields: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidOption) as caught:
        read_asked(MultiDict(fields), None)
    assert caught.value.field == field


def test_an_unknown_language_is_answered_with_the_known_ones() -> None:
    with pytest.raises(InvalidOption, match=r"en, .*zh") as caught:
        read_asked(MultiDict({"language": "xx"}), None)
    assert caught.value.field == "language"


def test_an_unknown_format() -> None:
    with pytest.raises(UnknownFormat) as caught:
        read_asked(MultiDict({"format": "docx"}), None)
    assert caught.value.field == "format"


def test_a_field_given_twice_must_agree() -> None:
    assert read_asked(MultiDict([("num_speakers", "2"), ("num_speakers", "2")]), None).options.num_speakers == 2
    with pytest.raises(InvalidOption, match="more than once"):
        read_asked(MultiDict([("num_speakers", "2"), ("num_speakers", "3")]), None)


def test_unknown_fields_are_named_safely() -> None:
    fields = MultiDict({"num_speaker": "2", "a\r\n<b>": "x", "y" * 500: "z"} | {f"n{i}": "1" for i in range(100)})
    warnings = read_asked(fields, None).warnings
    assert len(warnings) == 11
    assert warnings[-1] == "Unknown fields ignored beyond these: 93"
    assert warnings[0] == "Unknown field ignored: a???b?"
    assert max(map(len, warnings)) < 100


def test_a_field_without_a_name_is_unknown_too() -> None:
    fields = MultiDict([(cast(str, None), "x"), ("b", "y")])
    assert read_asked(fields, None).warnings == ("Unknown field ignored: (without a name)", "Unknown field ignored: b")
