"""Which addresses are asked: as people type them, and never into a private network unasked."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

import pytest

from storage.sources.fetch import normalised, public
from tests.unit.web_fixtures import Web, failure, fetch, started, web_fixture  # noqa: F401

BODY = b"<rss/>"


# Addresses as people type them.


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (" example.org/feed ", "https://example.org/feed"),
        ("http://example.org/feed#top", "http://example.org/feed"),
        ("feed://example.org/rss", "https://example.org/rss"),
        ("feed:https://example.org/rss", "https://example.org/rss"),
        ("webcal://example.org/a.ics", "https://example.org/a.ics"),
        ("webcals://example.org/a.ics", "https://example.org/a.ics"),
        ("//example.org/rss", "https://example.org/rss"),
        ("example.org:8080/rss", "https://example.org:8080/rss"),
        ("HTTPS://Example.ORG/Rss", "https://example.org/Rss"),
        ("https://bücher.example/rss", "https://xn--bcher-kva.example/rss"),
    ],
)
def test_an_address_is_taken_as_meant(typed: str, meant: str) -> None:
    assert normalised(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        *("", "  ", None, 7, "file:///etc/passwd", "ftp://example.org/", "https://", "https:///x"),
        *("javascript:alert(1)", "https://.example/", "https://a%00b/"),
        *("https://ada:pw@example.org/", "https://ada@example.org/", "https://exa mple.org/", "https://a:99999/"),
        *("https://example.org/" + "a" * 2000, "https://[::1", "mailto:a@example.org"),
    ],
)
def test_what_is_no_web_address_is_a_value_error(typed: object) -> None:
    with pytest.raises(ValueError):
        normalised(typed)


# Private networks.


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433", "[::ffff:127.0.0.1]"])
def test_this_machine_is_refused_by_whatever_name(web: Web, host: str) -> None:
    address = normalised(f"http://{host}:{web.server_address[1]}/feed")
    assert failure(address, allowed=public).code == "source-refused"
    assert web.asked == []


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
        ),
        *(
            "::1",
            "::",
            "fe80::1",
            "fe80::1%eth0",
            "fc00::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "2002:7f00:1::",
            "64:ff9b::a00:1",
        ),
        *("255.255.255.255", "240.0.0.1", "224.0.0.1", "198.18.0.1", "::7f00:1", "2001:db8::1"),
    ],
)
def test_addresses_that_are_not_everybodys_are_not_public(address: str) -> None:
    assert not public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07::1", "64:ff9b::5db8:d70e", "1.1.1.1"])
def test_other_addresses_are_public(address: str) -> None:
    assert public(ipaddress.ip_address(address))


@pytest.fixture(name="inside")
def inside_fixture() -> Iterator[Web]:
    """A server on another loopback address, which stands for the private network."""
    try:
        web = Web("127.0.0.2")
    except OSError:
        pytest.skip("this system has one loopback address only")
    yield from started(web)


def outside(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return str(address) != "127.0.0.2"


def test_a_redirect_into_the_private_network_is_refused(web: Web, inside: Web) -> None:
    inside.serve(BODY)
    web.redirect(inside.address(), "/a")
    assert failure(web.address("/a"), allowed=outside).code == "source-refused"
    assert inside.asked == []


def test_a_name_with_any_private_address_is_refused(web: Web, inside: Web) -> None:
    inside.serve(BODY)
    web.serve(BODY)
    address = f"http://feeds.example:{web.server_address[1]}/feed"
    found = failure(address, allowed=outside, resolve=lambda _host, _port: ["127.0.0.1", "127.0.0.2"])
    assert (found.code, web.asked) == ("source-refused", [])


def test_the_connection_goes_to_the_address_that_was_looked_at(web: Web, inside: Web) -> None:
    """A name server that answers otherwise the second time (DNS rebinding) is asked once."""
    web.serve(BODY)
    answers = iter([["127.0.0.1"], ["127.0.0.2"]])
    address = f"http://feeds.example:{web.server_address[1]}/feed"
    assert fetch(address, allowed=outside, resolve=lambda _host, _port: next(answers)).body == BODY
    assert web.asked[0][1]["host"] == f"feeds.example:{web.server_address[1]}"


def test_of_several_addresses_the_next_is_tried(web: Web) -> None:
    web.serve(BODY)
    address = f"http://feeds.example:{web.server_address[1]}/feed"
    assert fetch(address, resolve=lambda _host, _port: ["127.0.0.3", "127.0.0.1"]).body == BODY
