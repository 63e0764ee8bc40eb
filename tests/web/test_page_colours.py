"""The page's colours: those of formats/palette.py for voices, and letters that can be read on every ground."""

from __future__ import annotations

import re

import pytest

from formats.palette import PALETTE
from tests.formats.test_palette import contrast
from web.home import PARTS

PAIR = r"--([a-z0-9-]+): light-dark\((#[0-9a-f]{6,8}), (#[0-9a-f]{6,8})\);"
COLOURS = {name: (light, dark) for name, light, dark in re.findall(PAIR, (PARTS / "page.css").read_text())}
GROUNDS = ("ground", "card", "raised", "tint")
LETTERS = ("ink", "faint", "accent", "bad")
VOICES = [f"voice-{number}" for number in range(len(PALETTE))]
READABLE = 4.5  # WCAG's AA


def test_voices_have_the_colours_that_they_have_elsewhere() -> None:
    assert [COLOURS[voice] for voice in VOICES] == [(colour.on_light, colour.on_dark) for colour in PALETTE]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ground", GROUNDS)
def test_all_can_be_read_on_every_ground(ground: str, theme: int) -> None:
    behind = COLOURS[ground][theme]
    shades = {name: contrast(COLOURS[name][theme], behind) for name in (*LETTERS, *VOICES)}
    assert {name: round(shade, 2) for name, shade in shades.items() if shade < READABLE} == {}


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("letters", "ground"), [("on-accent", "accent"), ("ink", "accent-tint"), ("ink", "bad-tint"), ("ink", "hit")]
)
def test_what_stands_on_colour_can_be_read(letters: str, ground: str, theme: int) -> None:
    assert contrast(COLOURS[letters][theme], COLOURS[ground][theme]) >= READABLE
