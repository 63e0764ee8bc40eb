from __future__ import annotations

import pytest

from jobs.webhooks.outbox import Delivery
from jobs.webhooks.sender import Outcome
from web.schemas.webhook import Webhook


@pytest.mark.parametrize("outcome", [Outcome(status=204), Outcome(error="timeout")])
def test_it_is_what_the_outbox_writes(outcome: Outcome) -> None:
    attempt = {"at": 1_790_000_000.5, **vars(outcome), "seconds": 0.1}
    written = {"url": "https://example.com/hook", "state": Delivery.WAITING, "attempts": [attempt]}
    assert Webhook.model_validate(written, extra="forbid").model_dump() == written
