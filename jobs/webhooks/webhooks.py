"""The service's only door to webhooks: whether one may be asked for, and how those that were asked for are doing."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from errors import WebhookRefused
from jobs.storage import Storage
from jobs.webhooks.addresses import FIELD, Addresses
from jobs.webhooks.delivery import Courier
from jobs.webhooks.outbox import Outbox
from jobs.webhooks.sender import Sender
from settings import Settings

LEASE = 120.0  # s; longer than one attempt takes


class Webhooks:
    """Without WEBHOOK_SECRET none is taken, and what is owed from before waits until there is one."""

    def __init__(self, settings: Settings, storage: Storage) -> None:
        self._outbox = Outbox(storage.engine, LEASE)
        if storage.alone:
            self._outbox.free_all()
        self._addresses = Addresses(settings.webhook_allowed)
        self._courier: Courier | None = None
        if key := settings.webhook_key:
            sender = Sender(self._addresses, key, settings.webhook_timeout)
            limits = settings.webhook_attempts, settings.webhook_longest_wait
            self._courier = Courier(self._outbox, sender, storage.store.get, *limits)

    def check(self, url: str) -> None:
        """Raises WebhookRefused for what would not be called."""
        if self._courier is None:
            raise WebhookRefused("This server sends no webhooks: its WEBHOOK_SECRET is not set.", field=FIELD)
        self._addresses.target(url)

    def logs(self, ids: Collection[str]) -> dict[str, dict[str, Any]]:
        """{job: url, state and attempts} of the jobs that have a webhook."""
        return self._outbox.logs(ids)

    def close(self) -> None:
        """At once; what is owed is sent when there is a service again."""
        if self._courier:
            self._courier.close()
