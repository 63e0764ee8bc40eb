from __future__ import annotations

import io
from pathlib import Path

import pytest

from client.streams import blocks, counted


def test_blocks_are_told_once_they_are_complete() -> None:
    stream = (
        "retry: 2000\n: until the end\n\nevent: a\nid:1\ndata: x\ndata:  y\n\n\nevent: b\ndata\n\nevent: cut\ndata: off"
    )
    assert list(blocks(stream.split("\n"))) == [
        {"retry": "2000"},
        {"event": "a", "id": "1", "data": "x\n y"},
        {"event": "b", "data": ""},
    ]


@pytest.mark.parametrize("kind", ["path", "text", "bytes", "file", "memory"])
def test_whatever_holds_a_recording_is_counted_and_read_from_its_start(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "talk.wav"
    path.write_bytes(b"0123456789")
    opened, memory = path.open("rb"), io.BytesIO(b"0123456789")
    opened.read(3)
    file = {"path": path, "text": str(path), "bytes": b"0123456789", "file": opened, "memory": memory}[kind]
    told: list[tuple[int, int]] = []
    with counted(file, lambda done, total: told.append((done, total))) as (name, stream):
        stream.seek(0)
        assert [stream.read(6), stream.read(6), stream.read(6)] == [b"012345", b"6789", b""]
    assert told == [(6, 10), (10, 10)]
    assert name == ("audio" if kind in ("bytes", "memory") else "talk.wav")
    assert not opened.closed
    opened.close()


def test_a_name_that_is_no_text_can_be_sent() -> None:
    file = io.BytesIO(b"x")
    file.name = "/home/somebody/caf\udce9.wav"
    with counted(file, None) as (name, _):
        assert name == "caf?.wav"
