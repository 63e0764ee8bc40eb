"""What the networks would hear of a conversation that is known exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

from pipeline.pyannet import FRAMES, HOP, WINDOW
from pipeline.segmentation import LocalActivity, frame_at
from pipeline.types import SAMPLE_RATE

Script = Mapping[str, Sequence[tuple[float, float]]]  # speaker -> (start, end) s of every turn
Hear = Callable[..., LocalActivity]


@pytest.fixture
def hear() -> Hear:
    """hear({"anna": [(0, 4)], "ben": [(4, 9)]}, duration): what a perfect segmentation network makes of it.

    Its three local speakers are shuffled in every window, as the network's are.
    """

    def listen(script: Script, duration: float) -> LocalActivity:
        windows = 1 + max(0, int(np.ceil((duration * SAMPLE_RATE - WINDOW) / HOP)))
        active = np.zeros((LocalActivity.offset(windows - 1) + FRAMES, max(3, len(script))), bool)
        for column, turns in enumerate(script.values()):
            for start, end in turns:
                first, last = frame_at(np.array([start, end]))
                active[first:last, column] = True
        hard = np.zeros((windows, FRAMES, 3), bool)
        random = np.random.default_rng(7)
        for window in range(windows):
            seen = active[LocalActivity.offset(window) :][:FRAMES]
            loudest = np.argsort(-seen.sum(0), kind="stable")[:3]
            hard[window] = seen[:, random.permutation(loudest)]
        count = active.sum(1).astype(np.float32)
        soft = np.where(hard, 0.95, 0.02).astype(np.float16)
        return LocalActivity(soft, hard, count, np.where(count > 0, 0.97, 0.02).astype(np.float32))

    return listen
