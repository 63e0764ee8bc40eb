from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from formats.palette import PALETTE
from pictures.looks import LOOKS
from pictures.panels import RANGE, draw_mel, draw_speakers, draw_spectrum, draw_waveform
from pictures.sound import mel_spectrum, spectrum, waveform
from pipeline.types import Turn
from tests.media import tone
from tests.pictures.conftest import MakeWav

LIGHT = LOOKS["light"]
TURNS = (Turn("Anna", 0.0, 4.0), Turn("Ben", 3.0, 6.0), Turn("Anna", 8.0, 9.0))


def test_a_tone_of_1_khz_peaks_at_1_khz_on_the_axis(make_wav: MakeWav) -> None:
    figure = Figure()
    axes, bar = figure.subplots(1, 2)
    draw_spectrum(figure, axes, bar, spectrum(make_wav(tone(2, 1000)), 50))
    assert height_of_peak(axes) == pytest.approx(1.0, abs=0.03)
    assert (axes.get_ylabel(), bar.get_ylabel()) == ("frequency (kHz)", "dB of full scale")
    assert axes.get_ylim() == (0, 8)


@pytest.mark.parametrize("hertz", [500, 1000, 4000])
def test_and_beside_its_mark_among_the_mel_bands(make_wav: MakeWav, hertz: int) -> None:
    figure = Figure()
    axes, bar = figure.subplots(1, 2)
    draw_mel(figure, axes, bar, mel_spectrum(make_wav(tone(2, hertz)), 50))
    marks = dict(zip([text.get_text() for text in axes.get_yticklabels()], axes.get_yticks(), strict=True))
    assert height_of_peak(axes) == pytest.approx(marks[str(hertz)], abs=0.6)  # a band is 0.56 mel high


def height_of_peak(axes) -> float:
    """In the units of the axis."""
    (image,) = axes.images
    left, right, low, high = image.get_extent()
    assert (left, right) == (0, 2)
    rows = image.get_array()
    row = int(np.unravel_index(rows.argmax(), rows.shape)[0])
    return low + (row + 0.5) * (high - low) / len(rows)


def test_the_loudest_is_bright_and_noise_of_a_converter_is_dark(make_wav: MakeWav) -> None:
    figure = Figure()
    axes, bar = figure.subplots(1, 2)
    draw_spectrum(figure, axes, bar, found := spectrum(make_wav(tone(2, 1000, 0.1)), 50))
    low, high = axes.images[0].get_clim()
    assert (high - low, high) == (RANGE, found.decibels.max())
    draw_spectrum(figure, axes, bar, spectrum(make_wav(np.zeros(32_000, np.float32)), 50))
    assert axes.images[1].get_clim()[1] == -60


def test_a_waveform_reaches_as_far_as_its_sound(make_wav: MakeWav) -> None:
    axes = Figure().add_subplot()
    draw_waveform(axes, waveform(make_wav(tone(2, 440, 0.25)), 500), LIGHT)
    drawn = axes.collections[0].get_datalim(axes.transData)
    assert (drawn.y0, drawn.y1) == (pytest.approx(-0.25, abs=1e-3), pytest.approx(0.25, abs=1e-3))
    assert (drawn.x0, drawn.x1) == (pytest.approx(0, abs=0.01), pytest.approx(2, abs=0.01))


def lanes(turns, speakers, shortest=0.01, theme="light"):
    axes = Figure().add_subplot()
    draw_speakers(axes, turns, speakers, LOOKS[theme], shortest)
    return axes


def boxes(collection) -> list[tuple[float, float]]:
    """(start, end) of each bar."""
    return [
        (box.x0, box.x1) for box in (Bbox.from_extents(*path.get_extents().extents) for path in collection.get_paths())
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_each_speaker_has_a_lane_in_the_colour_of_everywhere(theme: str) -> None:
    axes = lanes(TURNS, ("Anna", "Ben"), theme=theme)
    anna, ben = axes.collections
    assert boxes(anna) == [(0, 4), (8, 9)]
    assert boxes(ben) == [(3, 6)]
    tone_of = [colour.on_dark if theme == "dark" else colour.on_light for colour in PALETTE[:2]]
    assert [to_hex(drawn.get_facecolor()[0]) for drawn in (anna, ben)] == tone_of
    assert [text.get_text() for text in axes.get_yticklabels()] == ["Anna", "Ben"]
    assert axes.yaxis_inverted()


def test_where_several_speak_at_once_is_shaded() -> None:
    axes = lanes(TURNS, ("Anna", "Ben"))
    assert [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in axes.patches] == [(3, 4)]


def test_what_nobody_could_see_apart_is_drawn_as_one_and_nothing_is_lost() -> None:
    many = [Turn("Anna", i * 0.02, i * 0.02 + 0.01) for i in range(10_000)] + [Turn("Anna", 300, 300.001)]
    (drawn,) = lanes(many, ("Anna",), shortest=0.5).collections
    assert boxes(drawn) == [(0, pytest.approx(199.99)), (300, 300.5)]


@pytest.mark.parametrize("name", ["$x$", "$\\frac{1}$", "<script>", "100 $", "_^"])
def test_a_name_is_no_formula(name: str, tmp_path: Path) -> None:
    axes = lanes([Turn(name, 0, 1)], (name,))
    axes.figure.savefig(tmp_path / "lanes.svg")
    assert axes.get_yticklabels()[0].get_text() == name


def test_where_nobody_speaks_it_says_so() -> None:
    assert [text.get_text() for text in lanes((), ()).texts] == ["nobody speaks"]
