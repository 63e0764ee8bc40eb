from __future__ import annotations

import io
import warnings
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.image import imread

from pictures.figure import compose, draw
from pictures.looks import LOOKS
from pictures.order import KINDS, THEMES, Order
from pipeline.types import Turn
from tests.media import RATE, tone
from tests.pictures.conftest import MakeWav

SPEAKERS = ("Anna", "Ben")
TURNS = (Turn("Anna", 0, 30), Turn("Ben", 28, 71))
REFERENCE = (Turn("a", 0, 31), Turn("b", 29, 70))
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [320, 1000])
def test_every_kind_at_every_size(meeting: Path, kind: str, width: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # as where there is no room for the axes
        made = draw(meeting, Order(kind, "png", width, "light", SPEAKERS, TURNS, REFERENCE))
    pixels = imread(io.BytesIO(made))
    assert pixels.shape[1] == width
    assert pixels[..., :3].std() > 0.05, "nothing is on it"


@pytest.mark.parametrize("theme", THEMES)
def test_the_ground_is_as_light_as_the_theme(meeting: Path, theme: str) -> None:
    pixels = imread(io.BytesIO(draw(meeting, Order("waveform", "png", 400, theme))))
    assert (pixels[0, 0, :3].mean() > 0.5) == (theme == "light")


def test_all_panels_are_on_one_axis_of_time(meeting: Path) -> None:
    figure = compose(meeting, Order("all", "png", 900, "light", SPEAKERS, TURNS), LOOKS["light"])
    figure.draw_without_rendering()
    panels = [axes for axes in figure.axes if axes.get_xlim()[1] > 60]
    assert len(panels) == 4
    for end in ("x0", "x1"):
        assert np.ptp([getattr(axes.get_position(), end) for axes in panels]) < 1e-6
    tops = [axes.get_position().y1 for axes in panels]
    assert tops == sorted(tops, reverse=True), "the speakers are below"
    assert [bool(axes.get_xlabel()) for axes in panels] == [False, False, False, True]


def test_in_an_svg_text_is_text_and_nothing_runs(meeting: Path) -> None:
    evil = "<script>$x$"
    made = draw(meeting, Order("speakers", "svg", 800, "light", (evil, "李雷"), (Turn(evil, 0, 9), Turn("李雷", 5, 7))))
    root = ElementTree.fromstring(made)
    texts = ["".join(each.itertext()).strip() for each in root.iter(f"{SVG}text")]
    assert {evil, "李雷", "time (s)"} <= set(texts)
    assert [each for each in root.iter() if each.tag.endswith(("script", "foreignObject"))] == []


def test_a_pdf(meeting: Path) -> None:
    assert draw(meeting, Order("all", "pdf", 700, "light", SPEAKERS, TURNS)).startswith(b"%PDF-")


@pytest.mark.parametrize("format", ["svg", "png", "pdf"])
def test_the_same_order_is_the_same_picture(meeting: Path, format: str) -> None:
    order = Order("speakers", format, 500, "dark", SPEAKERS, TURNS)
    assert draw(meeting, order) == draw(meeting, order)


@pytest.mark.parametrize("seconds", [0.1, 1.0])
def test_a_short_recording_in_which_nobody_speaks(make_wav: MakeWav, seconds: float) -> None:
    for reference in (None, ()):
        assert draw(make_wav(tone(seconds)), Order("all", "png", 400, reference=reference))


def test_fifty_speakers_have_room(make_wav: MakeWav) -> None:
    names = tuple(f"SPEAKER_{i:02d}" for i in range(50))
    turns = tuple(Turn(name, i / 50, (i + 1) / 50) for i, name in enumerate(names))
    pixels = imread(io.BytesIO(draw(make_wav(tone(1)), Order("speakers", "png", 600, "light", names, turns))))
    assert 1200 < pixels.shape[0] < 2000


def test_a_long_talk_makes_no_large_picture(make_wav: MakeWav) -> None:
    """10,000 turns in ten minutes, of which a thousand columns could not show a tenth."""
    wav = make_wav(np.zeros(600 * RATE, np.float32))
    turns = tuple(Turn(SPEAKERS[i % 2], i * 0.06, i * 0.06 + 0.05) for i in range(10_000))
    assert len(draw(wav, Order("speakers", "svg", 1000, "light", SPEAKERS, turns))) < 300_000


def test_a_recording_that_is_gone(tmp_path: Path) -> None:
    for kind in KINDS:
        with pytest.raises(FileNotFoundError):
            draw(tmp_path / "audio.wav", Order(kind))
