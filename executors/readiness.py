"""What the worker has said about its models: the profile that it chose, and how far each stage is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.readiness import FAILED, LOADING, WAITING


@dataclass(frozen=True)
class Readiness:
    """profile: the name that MODEL_CONFIG came to, empty until it is known; stages: of that profile, each "waiting",
    "loading", "ready" or "failed"; loaded: the names of all profiles in memory."""

    profile: str = ""
    stages: dict[str, str] = field(default_factory=dict)
    loaded: tuple[str, ...] = ()

    @classmethod
    def of(cls, message: dict[str, Any]) -> Readiness:
        """From the worker's message of kind "loading"."""
        return cls(message["profile"], message["readiness"], tuple(message["loaded"]))

    def ended(self) -> Readiness:
        """The process is gone and its models with it; what failed, or was being loaded then, has failed."""
        after = {LOADING: FAILED, FAILED: FAILED}
        stages = {stage: after.get(state, WAITING) for stage, state in self.stages.items()}
        return replace(self, stages=stages, loaded=())
