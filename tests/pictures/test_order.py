from __future__ import annotations

import json
import subprocess
import sys

import pytest

from errors import InvalidOption
from pictures.order import NARROWEST, WIDEST, Order
from pipeline.types import Turn
from settings import ROOT


def test_it_crosses_processes_as_plain_data() -> None:
    order = Order("speakers", "png", 360, "dark", ("a", "b"), (Turn("a", 0, 1),), (Turn("x", 0, 2),))
    assert Order.from_dict(json.loads(json.dumps(order.to_dict()))) == order
    assert Order.from_dict(Order("mel").to_dict()) == Order("mel")


@pytest.mark.parametrize(
    ("field", "value"),
    [("kind", "cepstrum"), ("format", "gif"), ("theme", "pink"), ("width", NARROWEST - 1), ("width", WIDEST + 1)],
)
def test_it_checks_itself(field: str, value: object) -> None:
    with pytest.raises(InvalidOption) as caught:
        Order(**{"kind": "mel", field: value})  # type: ignore[arg-type]
    assert caught.value.field == field


def test_who_orders_a_picture_needs_nothing_that_draws_one() -> None:
    """Or the web process would grow by all of it."""
    heavy = "matplotlib", "librosa", "torch", "scipy", "pyannote", "pandas"
    code = f"import sys, app, pictures.studio; print([name for name in {heavy!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
