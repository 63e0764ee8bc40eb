"""A process that writes one Parquet file: rows come in as JSON on stdin, the file goes out on stdout."""

from __future__ import annotations

import json
import sys
from typing import Any

import pyarrow
from pyarrow import parquet

_SEGMENT = {
    "start_time": pyarrow.float64(),
    "end_time": pyarrow.float64(),
    "speaker": pyarrow.string(),
    "text": pyarrow.string(),
}
_WORD = {
    "segment": pyarrow.int32(),
    **_SEGMENT,
    "confidence": pyarrow.float64(),
    "speaker_confidence": pyarrow.float64(),
    "overlap": pyarrow.bool_(),
    "interpolated": pyarrow.bool_(),
}


def written(given: dict[str, Any]) -> bytes:
    """given: ``words``, whether the rows are words; ``rows``, as ``formats/table.py`` makes them."""
    schema = pyarrow.schema(_WORD if given["words"] else _SEGMENT)
    out = pyarrow.BufferOutputStream()
    parquet.write_table(pyarrow.Table.from_pylist(given["rows"], schema=schema), out, compression="zstd")
    return out.getvalue().to_pybytes()


if __name__ == "__main__":
    sys.stdout.buffer.write(written(json.load(sys.stdin)))
