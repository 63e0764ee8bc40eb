from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

from pipeline.allocator import keep_freed_memory
from settings import ROOT

PROGRAM = """
import resource
from concurrent.futures import ThreadPoolExecutor
from pipeline.allocator import keep_freed_memory
assert not {keep} or keep_freed_memory()
faults = []
def work():
    for _ in range(50):
        blocks = [bytearray(mb << 20) for mb in (10, 20, 30)]
        del blocks
        faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
ThreadPoolExecutor(1).submit(work).result()
print(faults[-1] - faults[0])
"""


def page_faults(keep: bool) -> int:
    """While a thread takes and gives back what a batch might take, once it has done so before."""
    command = [sys.executable, "-c", PROGRAM.format(keep=keep)]
    return int(subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout)


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="not glibc")
def test_a_block_that_was_given_back_is_taken_again() -> None:
    assert page_faults(keep=True) < page_faults(keep=False) / 10


def test_another_c_library_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert not keep_freed_memory()
