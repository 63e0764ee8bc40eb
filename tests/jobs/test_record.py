"""A record, and the fingerprint that tells requests apart."""

from __future__ import annotations

from pathlib import Path

from jobs.record import fingerprint


def test_a_fingerprint_knows_the_request_and_the_sound_and_no_order(tmp_path: Path) -> None:
    sound, other = tmp_path / "sound", tmp_path / "other"
    sound.write_bytes(b"sound")
    other.write_bytes(b"other")
    one = fingerprint({"a": 1, "b": None}, sound)
    assert one == fingerprint({"b": None, "a": 1}, sound)
    others = {fingerprint({"a": 2, "b": None}, sound), fingerprint({"a": 1, "b": None}, other)}
    assert len({one, *others}) == 3
    assert len(one) == 64
