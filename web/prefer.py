"""The Prefer header (RFC 7240): whether a client waits for its result, and how long."""

from __future__ import annotations

import re
from dataclasses import dataclass

_WAIT = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class Preference:
    """respond_async: the job rather than its result; wait: s that the client would wait for the result first."""

    respond_async: bool = False
    wait: int | None = None

    def patience(self, timeout: float) -> float | None:
        """Seconds after which the job is the answer; None: it is never. timeout: the server's own limit, 0 for none."""
        given = 0 if self.respond_async and self.wait is None else self.wait
        return min((seconds for seconds in (given, timeout or None) if seconds is not None), default=None)

    @property
    def applied(self) -> str:
        """For the header Preference-Applied of an answer that has the job."""
        parts = ["respond-async"] * self.respond_async + [f"wait={self.wait}"] * (self.wait is not None)
        return ", ".join(parts)


def read_preference(header: str | None) -> Preference:
    """Of a preference that comes twice the first counts; what is not known, or makes no sense, is no error."""
    found = dict[str, str]()
    for part in (header or "").split(","):
        name, _, value = part.partition(";")[0].partition("=")
        found.setdefault(name.strip().lower(), value.strip().strip('"'))
    wait = found.get("wait", "")
    return Preference("respond-async" in found, int(wait) if _WAIT.fullmatch(wait) else None)
