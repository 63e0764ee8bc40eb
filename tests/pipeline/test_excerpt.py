from __future__ import annotations

from pathlib import Path

import pytest

from errors import ModelError
from pipeline import excerpt as module
from pipeline.excerpt import excerpt
from pipeline.loading import Models


def test_somebody_ends_and_somebody_else_asks(models: Models) -> None:
    clip = excerpt()
    assert clip.duration == 4.0
    speech = models.detector(clip) > 0.5
    assert speech[:75].mean() > 0.9
    assert speech[150:190].mean() > 0.9


@pytest.mark.parametrize("content", [None, b"", b"no sound"])
def test_without_its_recording_it_says_what_to_restore(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = tmp_path / "samples" / "planning_meeting.flac"
    recording.parent.mkdir()
    if content is not None:
        recording.write_bytes(content)
    monkeypatch.setattr(module, "RECORDING", recording)
    with pytest.raises(ModelError, match=r"^samples/planning_meeting\.flac, which .* is missing or damaged") as caught:
        excerpt()
    assert str(tmp_path) not in caught.value.message
