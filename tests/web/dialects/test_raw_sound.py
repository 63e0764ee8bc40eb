from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from web.dialects.raw_sound import with_header


@pytest.mark.parametrize("rest", [b"", b"x"])
def test_the_same_sound_with_a_header_takes_its_place(tmp_path: Path, rest: bytes) -> None:
    samples = np.arange(-1_000_000, 1_000_000, dtype="<i4").astype("<i2")
    (tmp_path / "upload-1").write_bytes(samples.tobytes() + rest)
    made = with_header(tmp_path / "upload-1")
    read, rate = soundfile.read(made, dtype="int16")
    assert rate == 16_000
    assert np.array_equal(read, samples)
    assert [*tmp_path.iterdir()] == [made]
