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
    Colour("#2a3693", "#5385fb"),  # blue
    Colour("#b05305", "#f4a058"),  # orange
    Colour("#14846e", "#bbfccc"),  # green
    Colour("#612638", "#b9739d"),  # pink
    Colour("#534400", "#e1e431"),  # yellow
    Colour("#9824cd", "#ada2f4"),  # violet
    Colour("#1b6786", "#7cd6da"),  # cyan
    Colour("#773d4c", "#e56749"),  # red
)


def colours(speakers: Iterable[str]) -> dict[str, Colour]:
    """Each speaker's, in this order; the ninth has that of the first again."""
    return {speaker: PALETTE[number % len(PALETTE)] for number, speaker in enumerate(dict.fromkeys(speakers))}
