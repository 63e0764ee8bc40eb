from __future__ import annotations

from pathlib import Path

import pytest

from errors import WebhookRefused
from jobs.record import NewJob
from jobs.storage import open_storage
from jobs.webhooks.webhooks import Webhooks
from tests.fakes import fake_settings, wait_until
from tests.receiver import SECRET, receiver


def test_without_a_secret_none_is_taken_and_the_setting_is_named(tmp_path: Path) -> None:
    with open_storage(tmp_path / "data") as storage:
        webhooks = Webhooks(fake_settings(tmp_path), storage)
        with pytest.raises(WebhookRefused, match="WEBHOOK_SECRET") as refused:
            webhooks.check("https://1.1.1.1/")
        assert refused.value.field == "webhook_url"
        webhooks.close()


def test_what_is_owed_waits_for_a_secret(tmp_path: Path) -> None:
    with receiver() as there, open_storage(tmp_path / "data") as storage:
        storage.store.add(NewJob("a", webhook_url=there.url))
        storage.store.cancel("a")
        Webhooks(fake_settings(tmp_path), storage).close()
        assert there.heard == []
        webhooks = Webhooks(fake_settings(tmp_path, webhook_secret=SECRET, webhook_allow="127.0.0.1"), storage)
        wait_until(lambda: webhooks.logs(["a"])["a"]["state"] == "delivered")
        webhooks.close()


def test_public_addresses_and_those_of_the_setting_are_taken(tmp_path: Path) -> None:
    settings = fake_settings(tmp_path, webhook_secret=SECRET, webhook_allow="10.0.0.0/8, localhost")
    with open_storage(tmp_path / "data") as storage:
        webhooks = Webhooks(settings, storage)
        for url in ("https://1.1.1.1/", "http://10.9.8.7/", "http://localhost:9/"):
            webhooks.check(url)
        with pytest.raises(WebhookRefused, match="WEBHOOK_ALLOW"):
            webhooks.check("http://192.168.0.1/")
        webhooks.close()
