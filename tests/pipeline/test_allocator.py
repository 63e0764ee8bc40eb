from __future__ import annotations

import ctypes
import gc
import subprocess
import sys
import weakref

import pytest
import torch

from pipeline.allocator import keep_freed_memory, release_memory, settle
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


RELEASE = """
import sys
from pipeline.allocator import keep_freed_memory, release_memory
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 >> 20
class Network:
    def __init__(self):
        self.weights, self.itself = [bytearray(1 << 20) for _ in range(200)], self
keep_freed_memory()
network = Network()
held = resident()
del network
release_memory()
print(held - resident(), "torch" in sys.modules)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="not glibc")
def test_what_nobody_uses_any_more_goes_back_to_the_system() -> None:
    done = subprocess.run([sys.executable, "-c", RELEASE], cwd=ROOT, capture_output=True, check=True, text=True)
    megabytes, has_torch = done.stdout.split()
    assert int(megabytes) > 150
    assert has_torch == "False", "it is used where it is, and not brought in"


def test_what_has_settled_is_passed_over_until_memory_is_released() -> None:
    class Network:
        pass

    network = Network()
    network.parent = network  # type: ignore[attr-defined]
    there = weakref.ref(network)
    settle()
    del network
    gc.collect()
    assert there() is not None
    release_memory()
    assert there() is None


def test_the_gpu_gets_back_what_torch_has_cached(monkeypatch: pytest.MonkeyPatch) -> None:
    emptied: list[bool] = []
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: emptied.append(True))
    for available in (False, True):
        monkeypatch.setattr(torch.cuda, "is_available", lambda available=available: available)
        release_memory()
        assert emptied == [True] * available


def test_another_c_library_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert not keep_freed_memory()
