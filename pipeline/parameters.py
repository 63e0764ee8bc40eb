"""What a profile can set, stage by stage, in NeMo's own names; the defaults are for profiles that do not say."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.types import MAX_SPEAKERS

SHORTEST_WINDOW = 0.05  # seconds: what is no longer tells nothing of a voice

# Of NeMo's SortformerModules.
STREAM = (
    "chunk_len", "chunk_left_context", "chunk_right_context", "fifo_len", "spkcache_len", "spkcache_update_period"
)  # fmt: skip


@dataclass(frozen=True)
class VadParameters:
    """Frame probabilities -> spans of speech, as NeMo's ``vad_utils`` does it; s, and shares for the thresholds.

    Speech begins above onset and goes on above offset; spans are padded (or cut, by padding below 0), then those
    shorter than min_duration_on are dropped and gaps shorter than min_duration_off closed (in this order with
    filter_speech_first). window, shift, smoothing ("", "median" or "mean" over windows that overlap by the share
    ``overlap``) are of models that judge one window at a time; frame models have their own step.
    """

    window_length_in_sec: float = 0.63
    shift_length_in_sec: float = 0.08
    smoothing: str = ""
    overlap: float = 0.5
    onset: float = 0.5
    offset: float = 0.3
    pad_onset: float = 0.1
    pad_offset: float = 0.1
    min_duration_on: float = 0.2
    min_duration_off: float = 0.2
    filter_speech_first: bool = True

    def __post_init__(self) -> None:
        _positive(self, "window_length_in_sec", "shift_length_in_sec")
        _shares(self, "onset", "offset", "overlap")
        _not_negative(self, "min_duration_on", "min_duration_off")
        if self.smoothing not in ("", "median", "mean"):
            raise ValueError("smoothing must be false, median or mean")


@dataclass(frozen=True)
class EmbeddingParameters:
    """Windows in which voices are compared, in s, from the longest scale to the shortest; one weight for each."""

    window_length_in_sec: tuple[float, ...] = (1.5, 1.25, 1.0, 0.75, 0.5)
    shift_length_in_sec: tuple[float, ...] = (0.75, 0.625, 0.5, 0.375, 0.25)
    multiscale_weights: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0, 1.0)

    def __post_init__(self) -> None:
        windows, shifts = self.window_length_in_sec, self.shift_length_in_sec
        if not len(windows) == len(shifts) == len(self.multiscale_weights) > 0:
            raise ValueError("window_length_in_sec, shift_length_in_sec and multiscale_weights must be equally long")
        if list(windows) != sorted(windows, reverse=True):
            raise ValueError("window_length_in_sec must go from the longest to the shortest")
        if min(windows) <= SHORTEST_WINDOW or min(shifts) <= 0:
            above = f"window_length_in_sec must be above {SHORTEST_WINDOW}"
            raise ValueError(f"{above}, shift_length_in_sec above 0")
        if min(self.multiscale_weights) < 0 or not any(self.multiscale_weights):
            raise ValueError("multiscale_weights must be 0 or above, and not all 0")


@dataclass(frozen=True)
class ClusteringParameters:
    """Of NeMo's ``LongFormSpeakerClustering``. max_num_speakers: a request may name its own bounds."""

    max_num_speakers: int = 8
    max_rp_threshold: float = 0.25
    sparse_search_volume: int = 30
    chunk_cluster_count: int = 50
    embeddings_per_chunk: int = 10_000

    def __post_init__(self) -> None:
        _positive(self, "max_num_speakers", "sparse_search_volume", "chunk_cluster_count", "embeddings_per_chunk")
        _shares(self, "max_rp_threshold")
        if self.embeddings_per_chunk <= max(self.chunk_cluster_count, MAX_SPEAKERS + 1):
            least = f"chunk_cluster_count ({self.chunk_cluster_count}) and {MAX_SPEAKERS + 1}"
            raise ValueError(f"embeddings_per_chunk must be above {least}")


@dataclass(frozen=True)
class AsrParameters:
    """batch_seconds: audio decoded together. chunk_seconds: longest stretch heard at once; overlap_seconds: sound
    that two such stretches share where speech does not pause."""

    batch_seconds: float = 240.0
    chunk_seconds: float = 30.0
    overlap_seconds: float = 4.0

    def __post_init__(self) -> None:
        _positive(self, "batch_seconds", "chunk_seconds")
        if not 0 <= self.overlap_seconds < self.chunk_seconds / 2:
            raise ValueError("overlap_seconds must be less than half of chunk_seconds")


@dataclass(frozen=True)
class ActivityParameters:
    """Activity per frame -> turns, as for :class:`VadParameters`: NeMo's ``postprocessing_yaml`` of Sortformer."""

    onset: float = 0.5
    offset: float = 0.5
    pad_onset: float = 0.0
    pad_offset: float = 0.0
    min_duration_on: float = 0.0
    min_duration_off: float = 0.0
    filter_speech_first: bool = True

    def __post_init__(self) -> None:
        _shares(self, "onset", "offset")
        _not_negative(self, "min_duration_on", "min_duration_off")


@dataclass(frozen=True)
class SortformerParameters(ActivityParameters):
    """streaming: in chunks, for any length. The others are those of NeMo's ``SortformerModules``, in frames of the
    model (80 ms); None leaves what the checkpoint was saved with."""

    streaming: bool = False
    chunk_len: int | None = None
    chunk_left_context: int | None = None
    chunk_right_context: int | None = None
    fifo_len: int | None = None
    spkcache_len: int | None = None
    spkcache_update_period: int | None = None

    @property
    def stream(self) -> dict[str, int]:
        """What is given of ``SortformerModules``."""
        given = {name: getattr(self, name) for name in STREAM}
        return {name: value for name, value in given.items() if value is not None}


def _positive(parameters: object, *names: str) -> None:
    for name in names:
        if not getattr(parameters, name) > 0:
            raise ValueError(f"{name} must be above 0")


def _not_negative(parameters: object, *names: str) -> None:
    for name in names:
        if not getattr(parameters, name) >= 0:
            raise ValueError(f"{name} must be 0 or above")


def _shares(parameters: object, *names: str) -> None:
    for name in names:
        if not 0 <= getattr(parameters, name) <= 1:
            raise ValueError(f"{name} must lie between 0 and 1")
