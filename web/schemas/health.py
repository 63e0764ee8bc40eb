"""GET /healthz and /readyz."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel


class Alive(BaseModel):
    """The process does what it is there for."""

    status: Literal["alive"] = "alive"


class Ready(BaseModel):
    """Recordings can be processed now."""

    status: Literal["ready"] = "ready"
