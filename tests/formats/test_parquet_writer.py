from __future__ import annotations

import json
import subprocess
import sys

from pyarrow import BufferReader
from pyarrow.parquet import ParquetFile

from settings import ROOT

WRITER = ROOT / "formats" / "parquet_writer.py"


def test_rows_in_a_file_out() -> None:
    row = {"start_time": 0.0, "end_time": 1.5, "speaker": "A", "text": "Grüezi"}
    given = json.dumps({"words": False, "rows": [row]}).encode()
    done = subprocess.run([sys.executable, "-P", str(WRITER)], input=given, capture_output=True, check=True)
    found = ParquetFile(BufferReader(done.stdout))
    assert found.read().to_pylist() == [row]
    assert [str(kind) for kind in found.schema_arrow.types] == ["double", "double", "string", "string"]


def test_what_is_no_table_is_refused() -> None:
    done = subprocess.run([sys.executable, "-P", str(WRITER)], input=b"[]", capture_output=True)
    assert (done.returncode != 0, done.stdout) == (True, b"")
