from __future__ import annotations

import formats
from web.errors import STATUSES
from web.responses import components, conversation, refusals


def test_a_refusal_lists_the_codes_that_leave_with_its_status() -> None:
    assert refusals(413)[413]["description"] == "Request Entity Too Large: `audio_too_long`, `upload_too_large`."
    described = "".join(refusal["description"] for refusal in refusals(*{status for _, status in STATUSES}).values())
    assert [kind.code for kind, _ in STATUSES if f"`{kind.code}`" not in described] == []


def test_a_refusal_that_asks_for_patience_says_how_long() -> None:
    made = refusals(400, 503)
    assert list(made) == [400, 500, 503]
    assert [status for status, refusal in made.items() if "Retry-After" in refusal.get("headers", {})] == [503]


def test_a_conversation_comes_in_every_format() -> None:
    assert set(conversation()["content"]) == {module.MIMETYPE for module in formats.FORMATS.values()}


def test_components_are_those_that_were_referred_to_and_those_within_them() -> None:
    conversation()
    assert {"Conversation", "Segment", "Word", "SegLst"} <= set(components())
    assert components()["Error"]["properties"]["error"] == {"$ref": "#/components/schemas/Fault"}
