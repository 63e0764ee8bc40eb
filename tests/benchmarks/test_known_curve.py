from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.known_curve import draw


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_the_curve_is_drawn(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"curve.{kind}"
    draw({0.5: (1.0, 0.2), 0.7: (0.9, 0.01), 0.9: (0.5, 0.0)}, 0.7, path)
    assert path.stat().st_size > 5_000
