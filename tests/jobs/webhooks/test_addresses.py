from __future__ import annotations

import socket
import threading
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import WebhookRefused
from jobs.webhooks import addresses
from jobs.webhooks.addresses import Address, Addresses, is_public, parse
from tests.fakes import IN_TIME

PUBLIC = ["93.184.215.14", "1.1.1.1", "223.255.255.254", "2606:4700::1111", "2a00:1450:4001:80b::200e"]
# One of each kind, and what is beside the borders of some.
NOT_PUBLIC = {
    "private": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd12:3456::1"],
    "loopback": ["127.0.0.1", "127.255.255.254", "::1"],
    "link-local": ["169.254.169.254", "fe80::1", "fe80::1%eth0", "fec0::1"],
    "multicast": ["224.0.0.1", "239.255.255.250", "ff02::1", "ff0e::1"],
    "reserved": ["240.0.0.1", "255.255.255.255", "0.0.0.0", "0.1.2.3", "::", "192.0.0.8", "198.18.0.1", "4000::1"],
    "documentation": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
    "CGNAT": ["100.64.0.1", "100.127.255.255"],
    "IPv4 within IPv6": [
        "::ffff:93.184.215.14",
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "2002:7f00:1::1",
        "64:ff9b::7f00:1",
    ],
    "by another way": ["64:ff9b:1::7f00:1", "2001::7f00:1", "192.88.99.1", "2001:20::1"],
}


def resolving_to(monkeypatch: pytest.MonkeyPatch, *found: str) -> None:
    monkeypatch.setattr(addresses, "resolve", lambda host, port: list(found))


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_called(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    resolving_to(monkeypatch, address)
    assert Addresses().target("https://example.org/").addresses == (address,)


@pytest.mark.parametrize("address", [address for kind in NOT_PUBLIC.values() for address in kind])
def test_no_other_address_may_be_called_not_even_beside_a_public_one(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for found in ([address], [PUBLIC[0], address], [address, PUBLIC[0]]):
        resolving_to(monkeypatch, *found)
        with pytest.raises(WebhookRefused) as refused:
            Addresses().target("https://example.org/")
        assert (refused.value.code, refused.value.field) == ("webhook_refused", "webhook_url")


@given(st.ip_addresses())
def test_what_is_public_here_is_global_for_python_too(address: Address) -> None:
    assert not is_public(address) or (address.is_global and not address.is_multicast)


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST.", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "[::1]", "[::ffff:127.0.0.1]"],
)
def test_other_ways_to_write_this_machine(host: str) -> None:
    with pytest.raises(WebhookRefused, match="public addresses"):
        Addresses().target(f"http://{host}:9/")


@pytest.mark.parametrize(
    "url",
    [
        "", "x", "/hook", "example.org/hook", "//example.org", "ftp://example.org/", "file:///etc/passwd", "gopher://a/",
        "javascript:alert(1)", "http://", "http:///x", "https://:443/", "https://user@example.org/",
        "https://user:password@example.org/", "https://@example.org/", "https://example.org:0/", "https://example.org:x/",
        "https://example.org:99999/", "https://exa mple.org/", "https://example.org/a b", "https://example.org/\r\n",
        "https://example.org/\x00", "https://ex\tample.org/", "https://example.org\\@127.0.0.1/", "https://münchen.de/",
        "https://[::1/", "https://[fe80::1%25eth0]/", f"https://example.org/{'x' * 2048}", "https://a%2eb/", "https://*/",
    ],
)  # fmt: skip
def test_what_is_no_address_to_call(url: str) -> None:
    with pytest.raises(WebhookRefused, match="cannot be called") as refused:
        parse(url)
    assert refused.value.field == "webhook_url"


@pytest.mark.parametrize(
    ("url", "host", "port", "path", "authority"),
    [
        ("https://Example.org", "example.org", 443, "/", "example.org"),
        ("HTTP://example.org:80/a/b?c=d&e#f", "example.org", 80, "/a/b?c=d&e", "example.org"),
        ("https://example.org:8443?x", "example.org", 8443, "/?x", "example.org:8443"),
        ("http://[2606:4700::1111]:8080/", "2606:4700::1111", 8080, "/", "[2606:4700::1111]:8080"),
        ("http://a_b.example.org:443/", "a_b.example.org", 443, "/", "a_b.example.org:443"),
    ],
)
def test_the_parts_of_an_address(url: str, host: str, port: int, path: str, authority: str) -> None:
    found = parse(url)
    assert (found.host, found.port, found.path, found.authority) == (host, port, path, authority)


def test_the_operator_allows_hosts_and_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = Addresses(("Hooks.internal", "10.1.0.0/16", "127.0.0.1", "fd00::/8"))
    for url, found in {
        "http://hooks.internal/": ["192.168.0.1"],
        "http://hooks.internal./": ["192.168.0.1"],
        "http://a/": ["10.1.2.3", "127.0.0.1"],
        "http://b/": ["fd00::1", PUBLIC[0]],
    }.items():
        resolving_to(monkeypatch, *found)
        assert rules.target(url).addresses == tuple(found)
    for url, found in {
        "http://other.hooks.internal/": ["192.168.0.1"],
        "http://c/": ["10.2.0.1"],
        "http://d/": ["10.1.2.3", "10.2.0.1"],
        "http://e/": ["::ffff:127.0.0.1"],
    }.items():
        resolving_to(monkeypatch, *found)
        with pytest.raises(WebhookRefused):
            rules.target(url)


def test_a_name_that_nobody_knows_is_told_from_a_private_one_by_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror

    messages = set[str]()
    for answer in (unknown, lambda host, port: [], lambda host, port: ["10.0.0.1"]):
        monkeypatch.setattr(addresses, "resolve", answer)
        with pytest.raises(WebhookRefused) as refused:
            Addresses().target("http://database.internal/")
        messages.add(refused.value.message)
    assert len(messages) == 1


@pytest.mark.parametrize("host", ["nothing.invalid", "a..b", f"{'x' * 64}.org", "-"])
def test_a_name_that_cannot_be_resolved(host: str) -> None:
    with pytest.raises(WebhookRefused, match="public addresses"):
        Addresses().target(f"http://{host}/")


def test_a_resolver_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(addresses, "RESOLVING", 0.05)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(IN_TIME))
    with pytest.raises(TimeoutError):
        addresses.resolve("example.org", 80)
    over.set()
