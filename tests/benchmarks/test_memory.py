"""The peak of a process tree, read from outside."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.memory import PeakMemory

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from Linux /proc")

MEGABYTE = 1024**2
_BRIEFLY = "size = bytearray({size}); del size; import time; time.sleep(0.3)"
_IN_A_CHILD = "import subprocess, sys; subprocess.run([sys.executable, '-c', {code!r}])"
_HELD = "kept = bytearray({size}); import time; time.sleep(0.5)"


def peak_of(code: str) -> int:
    process = subprocess.Popen([sys.executable, "-c", code])
    with PeakMemory(process.pid) as memory:
        process.wait()
    assert memory.peak
    return memory.peak


def test_memory_that_was_given_back_counts() -> None:
    assert 200 * MEGABYTE < peak_of(_BRIEFLY.format(size=200 * MEGABYTE)) < 260 * MEGABYTE


def test_memory_of_a_child_counts() -> None:
    code = _IN_A_CHILD.format(code=_HELD.format(size=200 * MEGABYTE))
    assert 200 * MEGABYTE < peak_of(code) < 280 * MEGABYTE


def test_a_process_that_is_gone_has_no_peak() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    with PeakMemory(process.pid) as memory:
        pass
    assert memory.peak is None
