from __future__ import annotations

import numpy as np
import pytest

from formats.palette import DARK_GROUND, LIGHT_GROUND, PALETTE, colours

# What people without red, green or blue cones see: Machado, Oliveira and Fernandes (2009), in linear RGB.
PROTAN = [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
DEUTAN = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
TRITAN = [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
# Linear RGB -> OKLab.
CONES = [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
         [0.0883024619, 0.2817188376, 0.6299787005]]  # fmt: skip
LAB = [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
       [0.0259040371, 0.7827717662, -0.8086757660]]  # fmt: skip


def linear(colour: str) -> np.ndarray:
    values = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    low, high = sorted(float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def test_each_can_be_read_on_its_ground():
    assert len(PALETTE) >= 8
    assert min(contrast(colour.on_light, LIGHT_GROUND) for colour in PALETTE) >= 4.5
    assert min(contrast(colour.on_dark, DARK_GROUND) for colour in PALETTE) >= 4.5


@pytest.mark.parametrize("seen", [np.eye(3), PROTAN, DEUTAN, TRITAN], ids=["all", "no red", "no green", "no blue"])
@pytest.mark.parametrize("tone", ["on_light", "on_dark"])
def test_all_look_different_to_everybody(tone, seen):
    light = np.clip(np.array([linear(getattr(colour, tone)) for colour in PALETTE]) @ np.transpose(seen), 0, 1)
    points = np.cbrt(light @ np.transpose(CONES)) @ np.transpose(LAB)
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)[np.triu_indices(len(PALETTE), 1)]
    assert apart.min() > 0.06  # three times what can just be told apart


def test_speakers_keep_their_colours():
    own = colours(["Anna", "Ben", "Anna"])
    assert own == {"Anna": PALETTE[0], "Ben": PALETTE[1]}
    many = list(colours(map(str, range(9))).values())
    assert many[8] == many[0]
