"""The colours of speakers, the same wherever they are drawn: subtitles, the report, pictures, the page.

Eight pairs of one hue each: a tone that can be read on white and one that can be read on a dark ground (a contrast of
4.5 or more, WCAG's AA), chosen so that within each tone all of them stay apart for people who do not see red, green or
blue as most do. Colour is never the only sign: whoever draws with these writes names too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

LIGHT_GROUND, DARK_GROUND = "#ffffff", "#1c1f26"


@dataclass(frozen=True)
class Colour:
    """``#rrggbb`` for text and marks on LIGHT_GROUND and on DARK_GROUND."""

    on_light: str
    on_dark: str


PALETTE = (
    Colour("#2d5fdb", "#5a91ff"),  # blue
    Colour("#a9530c", "#de7c14"),  # orange
    Colour("#0a6b52", "#d1fbdc"),  # green
    Colour("#92548b", "#fab3fe"),  # pink
    Colour("#704700", "#b0cd31"),  # yellow
    Colour("#61209b", "#9ea0d5"),  # violet
    Colour("#003f61", "#7bcbc3"),  # cyan
    Colour("#670a06", "#bd8c7a"),  # red
)


def colours(speakers: Iterable[str]) -> dict[str, Colour]:
    """Each speaker's, in this order; the ninth has that of the first again."""
    return {speaker: PALETTE[number % len(PALETTE)] for number, speaker in enumerate(dict.fromkeys(speakers))}


# What is wrong with a hypothesis; apart from one another, and drawn where speakers have no colours of their own.
MISSED, FALSE_ALARM, CONFUSION = PALETTE[1], PALETTE[0], PALETTE[3]
