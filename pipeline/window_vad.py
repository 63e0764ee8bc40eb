"""Speech detection by a network that judges one window at a time: MarbleNet as NeMo's ``EncDecClassificationModel``.

"exact" does what ClusteringDiarizer does, down to its rounding: stretches of 50 s that overlap by one window, windows
filled with silence beyond their edges, probabilities of four decimals. "fast" looks at fewer windows of the whole
recording and draws a line between them: neighbouring windows share almost all of their sound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from errors import ModelError
from pipeline.lanes import Lanes
from pipeline.parameters import VadParameters
from pipeline.smoothing import FRAME as SMOOTH_FRAME
from pipeline.smoothing import smooth
from pipeline.spans import spans_by
from pipeline.types import SAMPLE_RATE, Audio, Samples, Span
from pipeline.vad import FRAME

STRETCH = 50.0  # seconds in one of NeMo's stretches
STEP = 0.04  # seconds between the windows of "fast"
_BATCH = 256  # windows in one forward pass: more do not fit into a cache
_DECIMALS = 4  # of probabilities and times in NeMo's files
_AFTER = 0.01  # seconds that NeMo adds to each span it writes
_MARGIN = 2  # in 1e-5 s: spans that overlap by less are not joined


class WindowDetector:
    """Owns the network; detects by the rules of the profile."""

    def __init__(
        self,
        model: Any,
        rules: VadParameters | None = None,
        *,
        precision: str = "fast",
        device: str = "cpu",
        lanes: Lanes | None = None,
    ) -> None:
        """model: in eval mode on ``device``; precision: "fast" or "exact". Raises ModelError for other labels."""
        self._model, self._device, self._lanes = model, device, lanes or Lanes()
        self._rules, self._exact = rules or VadParameters(), precision == "exact"
        self._check()

    def __call__(self, audio: Audio) -> np.ndarray:
        """Probability of speech in [20 i, 20 (i + 1)) ms: float32 (frames,)."""
        probability, step = self._smoothed(audio, None)
        middles = (np.arange(-(-len(audio.samples) // round(FRAME * SAMPLE_RATE))) + 0.5) * FRAME
        own = np.arange(len(probability)) * step  # a window tells of its middle
        return np.interp(middles, own, probability).astype(np.float32) if len(own) else np.zeros(0, np.float32)

    def spans(self, audio: Audio, on_progress: Callable[[float], None] | None = None) -> list[Span]:
        """Speech by the profile's rules, within the recording."""
        probability, step = self._smoothed(audio, on_progress)
        return _as_written(spans_by(self._rules, probability, step), audio.duration)

    def _smoothed(self, audio: Audio, on_progress: Callable[[float], None] | None) -> tuple[np.ndarray, float]:
        """float32 (frames,) and the seconds between two of them."""
        probability = self._judge_exactly(audio, on_progress) if self._exact else self._judge(audio, on_progress)
        probability = _rounded(probability)
        if not self._rules.smoothing or not len(probability):
            return probability, self._rules.shift_length_in_sec
        return _rounded(smooth(probability, self._rules)), SMOOTH_FRAME

    def _judge(self, audio: Audio, on_progress: Callable[[float], None] | None) -> np.ndarray:
        """One probability for each shift, from windows about STEP s apart."""
        shift = int(SAMPLE_RATE * self._rules.shift_length_in_sec)
        stride = max(1, int(STEP / self._rules.shift_length_in_sec))
        seen = self._forward(audio.samples, shift * stride, on_progress)
        wanted = len(audio.samples) // shift
        return np.interp(np.arange(wanted), np.arange(len(seen)) * stride, seen) if len(seen) else seen

    def _judge_exactly(self, audio: Audio, on_progress: Callable[[float], None] | None) -> np.ndarray:
        """One probability for each shift, of stretch after stretch; where two overlap, each gives its half."""
        window, shift = self._rules.window_length_in_sec, self._rules.shift_length_in_sec
        stretches = list(_stretches(audio.duration, window))
        overlap = int(window / shift)
        parts = []
        for index, (start, duration) in enumerate(stretches):
            first = int(start * SAMPLE_RATE)
            clip = audio.samples[first : first + int(duration * SAMPLE_RATE)]
            seen = self._forward(clip, int(SAMPLE_RATE * shift), None)
            head = 0 if index == 0 else overlap // 2
            tail = overlap - overlap // 2
            if index == len(stretches) - 1:
                head, tail = (tail if index else 0), 0
            elif index == 0:
                tail = overlap // 2
            parts.append(seen[head : len(seen) - tail])
            if on_progress:
                on_progress((index + 1) / len(stretches))
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)

    def _forward(self, samples: Samples, shift: int, on_progress: Callable[[float], None] | None) -> np.ndarray:
        """The probability for a window around each ``shift``-th sample: float32 (len(samples) // shift,)."""
        count = len(samples) // shift
        length = min(int(SAMPLE_RATE * self._rules.window_length_in_sec), len(samples))
        if not count or not length:
            return np.zeros(0, np.float32)
        batches = [range(first, min(first + _BATCH, count)) for first in range(0, count, _BATCH)]

        def judge(batch: range) -> Tensor:
            return self._probabilities(_windows(samples, batch, length, shift))

        seen: list[Tensor] = []
        for probabilities in self._lanes.map(judge, batches):
            seen.append(probabilities)
            if on_progress:
                on_progress(len(seen) / len(batches))
        return torch.cat(seen).numpy()

    def _check(self) -> None:
        """On a window of silence. NeMo's layers then keep masks of that length: no two lanes make them at once."""
        window = torch.zeros(1, int(SAMPLE_RATE * self._rules.window_length_in_sec))
        if self._judged(window).shape[-1] != 2:
            raise ModelError("The vad model does not tell speech from silence: choose another model_path.")

    def _probabilities(self, windows: Tensor) -> Tensor:
        return self._judged(windows)[:, 1].float().cpu()

    @torch.inference_mode()
    def _judged(self, windows: Tensor) -> Tensor:
        """(n, samples) -> the probability of each label, (n, labels)."""
        signal = windows.contiguous().to(self._device)
        lengths = torch.full((len(signal),), signal.shape[1], device=self._device)
        with torch.amp.autocast(signal.device.type):
            return torch.softmax(self._model(input_signal=signal, input_signal_length=lengths), -1)


def _windows(samples: Samples, which: range, length: int, shift: int) -> Tensor:
    """Windows of ``length`` samples, the i-th around sample i * shift, with silence beyond the edges: (n, length)."""
    first = which.start * shift - length // 2
    last = (which.stop - 1) * shift - length // 2 + length
    inside = samples[max(0, first) : max(0, min(last, len(samples)))]
    silence = max(0, -first), max(0, last - len(samples))
    return torch.from_numpy(np.pad(inside, silence)).unfold(0, length, shift)


def _stretches(duration: float, window: float) -> Iterator[tuple[float, float]]:
    """(start, duration) s of NeMo's stretches: all but the first begin one window before the last one's end."""
    if duration <= STRETCH:
        yield 0.0, duration
        return
    yield 0.0, STRETCH
    start, left = STRETCH, duration - STRETCH
    while left > STRETCH:
        start -= window
        yield start, STRETCH + window
        start, left = start + (STRETCH + window), left - STRETCH
    yield start - window, left + window


def _rounded(probability: np.ndarray) -> np.ndarray:
    return np.array([f"{value:.{_DECIMALS}f}" for value in probability.tolist()], np.float32)


def _as_written(spans: list[Span], duration: float) -> list[Span]:
    """The spans as they come back from NeMo's files: a little longer, rounded twice, joined where they then meet."""
    joined: list[list[int]] = []
    for start, end in map(_grid, spans):
        if start >= end:
            continue
        if joined and joined[-1][1] >= start:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([start, end])
    times = [(_off_grid(start - _MARGIN), _off_grid(end)) for start, end in joined]
    return [Span(start, min(end, duration)) for start, end in times if start < duration]


def _grid(span: Span) -> tuple[int, int]:
    """A span as written, in 1e-5 s, its start later by the margin. NeMo computes in float32."""
    single = np.float32
    length = float(single(single(span.end) - single(span.start)) + single(_AFTER))
    start, length = round(span.start, _DECIMALS), round(length, _DECIMALS)
    return int(np.rint(single(start * 1e5))) + _MARGIN, int(np.rint(single((start + length) * 1e5)))


def _off_grid(time: int) -> float:
    return float(np.rint(np.float32(time / 1e5) * np.float32(1e5)) / np.float32(1e5))
