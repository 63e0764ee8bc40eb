"""The C allocator, set up for networks: tens of megabytes taken and given back for every batch.

glibc would hand such blocks back to the system at once and fetch them again, page by page; docs/benchmarks.md has what
that costs, lanes included. Elsewhere than on glibc nothing is changed.
"""

from __future__ import annotations

import ctypes
import gc
import sys

# glibc's malloc.h: parameter -> value. One arena, since the heaps of further ones cannot hold large blocks; blocks
# up to 32 MiB, the most it allows, from that heap; and a heap that is trimmed only beyond 2 GiB of free memory.
_MALLOC = {-8: 1, -3: 32 << 20, -1: (2 << 30) - 1}


def keep_freed_memory() -> bool:
    """Whether this process's allocator now keeps freed blocks for the next batch.

    Call it before threads are started: those that already have an arena of their own stay with it.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return bool(mallopt and all(mallopt(parameter, value) for parameter, value in _MALLOC.items()))


def settle() -> None:
    """What is in memory now will stay until :func:`release_memory`: Python's search for garbage passes over it.

    It would else look through all that models and libraries are made of, 0.3 s each time, in the middle of a request.
    """
    gc.collect()
    gc.freeze()


def release_memory() -> None:
    """Give back what nobody uses any more, such as unloaded models: to the system, and on the GPU to the driver.

    torch is asked only where somebody has imported it.
    """
    gc.unfreeze()
    gc.collect()  # networks are full of cycles
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)
    torch = sys.modules.get("torch")
    if torch and torch.cuda.is_available():
        torch.cuda.empty_cache()
