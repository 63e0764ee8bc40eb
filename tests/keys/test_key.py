from __future__ import annotations

import hashlib
import re
from dataclasses import replace

import pytest

from keys.key import KeyRecord, Scope, digest_of, id_in, new_text

RECORD = KeyRecord("0123abcd", "x", frozenset({Scope.READ}), "", 100.0, None, None, None, 200.0)


def test_a_key_names_its_id_and_no_two_are_alike() -> None:
    texts = [new_text() for _ in range(100)]
    assert len(set(texts)) == len({id_in(text) for text in texts}) == 100
    for text in texts:
        assert re.fullmatch(r"dk_[a-z0-9]{8}_[A-Za-z0-9_-]{43}", text)
        assert text.startswith(f"dk_{id_in(text)}_")


@pytest.mark.parametrize(
    "text",
    ["", "dk_", "dk_0123abcd_", f"dk_0123abcd_{'x' * 31}", f"dk_0123abcd_{'x' * 129}", f"DK_0123abcd_{'x' * 43}",
     f"dk_0123ABCD_{'x' * 43}", f"dk_0123abcd_{'x' * 42}\0", f"dk_0123abcd_{'x' * 43}\n", f" dk_0123abcd_{'x' * 43}",
     f"dk_0123abcd_{'ä' * 43}"],
)  # fmt: skip
def test_what_is_no_key_has_no_id(text: str) -> None:
    assert id_in(text) is None


def test_the_digest_is_of_the_whole_key() -> None:
    assert digest_of("dk_a") == hashlib.sha256(b"dk_a").hexdigest()


def test_a_key_is_active_until_it_expires_or_is_revoked() -> None:
    assert RECORD.state == "active"
    assert replace(RECORD, expires_at=200.1).state == "active"
    assert replace(RECORD, expires_at=200.0).state == "expired"
    assert replace(RECORD, expires_at=100.0, revoked_at=150.0).state == "revoked"
