"""Fetching what a stranger's address leads to: bounded, anonymous, and never into a private network unasked."""

from __future__ import annotations

import ssl
import threading
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.sources.fetch import MAX_REDIRECTS, Stopped, Validators
from tests.servers.certificates import Authority
from tests.unit.web_fixtures import MOST, Handler, Web, failure, fetch, gzipped, started, web_fixture  # noqa: F401

BODY = b"<rss/>"


# What is asked for, and with what.


def test_bytes_come_with_their_type_and_validators(web: Web) -> None:
    web.serve(BODY, Content_Type='text/xml; charset="ISO-8859-1"', ETag='W/"a"', Last_Modified="yesterday")
    found = fetch(web.address())
    assert (found.body, found.media_type, found.charset) == (BODY, "text/xml", "ISO-8859-1")
    assert found.validators == Validators(web.address(), 'W/"a"', "yesterday")


def test_the_server_learns_who_reads_but_not_for_whom(web: Web) -> None:
    web.serve(BODY, Set_Cookie="id=1; Path=/")
    web.redirect("/feed", "/old")
    fetch(web.address("/old"))
    fetch(web.address())
    for _, headers in web.asked:
        assert headers["user-agent"].startswith("Nuee")
        assert {"cookie", "referer", "authorization", "accept-language", "from"} & set(headers) == set()


def test_the_environment_adds_no_proxy_and_no_password(
    web: Web, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login ada password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    web.serve(BODY)
    assert fetch(web.address()).body == BODY
    assert "authorization" not in web.asked[0][1]


def test_what_did_not_change_is_not_sent_again(web: Web) -> None:
    web.serve_with_etag(BODY)
    first = fetch(web.address())
    again = fetch(web.address(), first.validators)
    assert (again.body, again.validators) == (None, first.validators)
    assert web.asked[1][1]["if-modified-since"] == "Thu, 01 Jan 2026 10:00:00 GMT"


def test_validators_are_shown_to_nobody_but_who_gave_them(web: Web) -> None:
    web.serve_with_etag(BODY)
    web.redirect("/feed", "/old")
    fetch(web.address("/old"), Validators(web.address(), '"one"'))
    assert ["if-none-match" in headers for _, headers in web.asked] == [False, True]


def test_not_modified_unasked_is_an_error(web: Web) -> None:
    web.serve(b"", status=304)
    assert failure(web.address()).code == "source-refused"


# Redirects.


@pytest.mark.parametrize("status", [301, 308])
def test_a_permanent_redirect_is_remembered(web: Web, status: int) -> None:
    web.serve(BODY)
    web.redirect("/feed", "/old", status)
    assert fetch(web.address("/old")).lasting == web.address()


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_passing_redirect_is_followed_and_not_remembered(web: Web, status: int) -> None:
    web.serve(BODY)
    web.redirect("/feed", "/old", status)
    found = fetch(web.address("/old"))
    assert (found.address, found.lasting) == (web.address(), web.address("/old"))


def test_a_permanent_redirect_after_a_passing_one_is_not_remembered(web: Web) -> None:
    web.serve(BODY)
    web.redirect("/b", "/a", 301)
    web.redirect("/c", "/b", 302)
    web.redirect("/feed", "/c", 301)
    assert fetch(web.address("/a")).lasting == web.address("/b")


def test_redirects_end(web: Web) -> None:
    web.redirect("/a", "/a")
    assert failure(web.address("/a")).code == "source-refused"
    assert len(web.asked) == MAX_REDIRECTS + 1


@pytest.mark.parametrize(
    "to", ["", "file:///etc/passwd", "ftp://x.example/", "http://ada:pw@127.0.0.1/", "http://[", "javascript:1"]
)
def test_a_redirect_to_what_is_no_web_address_is_refused(web: Web, to: str) -> None:
    web.redirect(to, "/a")
    assert failure(web.address("/a")).code == "source-refused"


# Sizes.


def test_compressed_bytes_are_unpacked(web: Web) -> None:
    web.serve(gzipped(BODY * 1000), Content_Encoding="gzip")
    assert fetch(web.address()).body == BODY * 1000


def test_a_bomb_is_not_unpacked_further_than_the_limit(web: Web) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(1024 * 1024)) for _ in range(500)) + packer.flush()
    web.serve(bomb, Content_Encoding="gzip")
    tracemalloc.start()
    assert "larger" in str(failure(web.address()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * MOST


@pytest.mark.parametrize("size", [MOST, MOST + 1])
def test_the_limit_is_exact(web: Web, size: int) -> None:
    web.serve(bytes(size))
    if size <= MOST:
        assert len(fetch(web.address()).body or b"") == size
    else:
        assert failure(web.address()).code == "source-broken"


def test_a_body_without_end_is_given_up(web: Web) -> None:
    def endless(handler: Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not web.over.is_set():
            handler.wfile.write(b"x" * 65536)

    web.routes["/feed"] = endless
    assert "larger" in str(failure(web.address()))


@pytest.mark.parametrize(
    ("body", "encoding", "code"),
    [
        (b"no gzip", "gzip", "source-broken"),
        (gzipped(BODY * 100)[:-20], "gzip", "source-unreachable"),
        (BODY, "br", "source-broken"),
        (BODY, "gzip, gzip", "source-broken"),
    ],
)
def test_damaged_or_unasked_compression_is_an_error(web: Web, body: bytes, encoding: str, code: str) -> None:
    web.serve(body, Content_Encoding=encoding)
    assert failure(web.address()).code == code


def test_headers_without_end_are_given_up(web: Web) -> None:
    def endless(handler: Handler) -> None:
        handler.send_response(200)
        handler.flush_headers()
        while not web.over.is_set():
            handler.wfile.write(b"X-Header: " + b"x" * 1000 + b"\r\n")

    web.routes["/feed"] = endless
    assert failure(web.address()).code == "source-unreachable"


# Time.


@pytest.mark.parametrize("what", ["nothing", "headers", "body"])
def test_a_server_that_drips_is_cut_off(web: Web, what: str) -> None:
    def drip(handler: Handler) -> None:
        if what == "body":
            handler.send_response(200)
            handler.end_headers()
        while not web.over.wait(0.1):
            if what != "nothing":
                handler.wfile.write(b"x")
                handler.wfile.flush()

    web.routes["/feed"] = drip
    started_at = time.monotonic()
    found = failure(web.address(), seconds=1.0)
    assert (found.code, "too long" in str(found)) == ("source-unreachable", True)
    assert time.monotonic() - started_at < 5


def test_a_fetch_that_is_stopped_ends_at_once(web: Web) -> None:
    web.routes["/feed"] = lambda _handler: [web.over.wait(30)].clear()
    stopped = threading.Event()
    threading.Timer(0.5, stopped.set).start()
    started_at = time.monotonic()
    with pytest.raises(Stopped):
        fetch(web.address(), stop=stopped.is_set)
    assert time.monotonic() - started_at < 5


# What servers say.


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (410, "source-gone"),
        (401, "source-auth"),
        (403, "source-refused"),
        (404, "source-refused"),
        (429, "source-busy"),
        (503, "source-busy"),
        (500, "source-unreachable"),
        (204, "source-refused"),
        (206, "source-refused"),
    ],
)
def test_each_status_has_its_meaning(web: Web, status: int, code: str) -> None:
    web.serve(b"", status=status)
    assert failure(web.address()).code == code


@pytest.mark.parametrize(
    ("value", "later"),
    [
        ("120", 120.0),
        ("Mon, 21 Sep 2026 14:14:40 GMT", 1000.0),
        ("Mon, 21 Sep 2020 14:14:40 GMT", 0.0),
        ("99999999999999999999", 7 * 86400.0),
        ("-5", None),
        ("soon", None),
        ("", None),
    ],
)
def test_a_busy_server_says_when_to_come_back(web: Web, value: str, later: float | None) -> None:
    web.serve(b"", status=503, Retry_After=value)
    assert failure(web.address(), clock=lambda: 1_790_000_080.0 - 1000.0).later == later


def test_a_connection_that_breaks_off_is_no_feed(web: Web) -> None:
    web.serve(BODY, Content_Length="1000")
    assert failure(web.address()).code == "source-unreachable"


def test_nobody_there(web: Web) -> None:
    free = Web()
    free.server_close()
    assert failure(free.address()).code == "source-unreachable"
    assert failure("http://no-such-host.invalid/").code == "source-unreachable"


# TLS.


@pytest.fixture(name="secure")
def secure_fixture(tmp_path: Path) -> Iterator[tuple[Web, ssl.SSLContext]]:
    """A server whose certificate is for feeds.example, and a context that trusts who signed it."""
    authority = Authority(tmp_path)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(*authority.issue("server", "feeds.example"))
    web = Web()
    web.socket = serving.wrap_socket(web.socket, server_side=True)
    trusting = ssl.create_default_context(cafile=str(authority.file))
    for each in started(web):
        yield each, trusting


def loopback(_host: str, _port: int) -> list[str]:
    return ["127.0.0.1"]


def test_the_certificate_must_be_for_the_name_though_the_address_is_pinned(
    secure: tuple[Web, ssl.SSLContext],
) -> None:
    web, trusting = secure
    web.serve(BODY)
    port = web.server_address[1]
    assert fetch(f"https://feeds.example:{port}/feed", tls=trusting, resolve=loopback).body == BODY
    assert failure(f"https://other.example:{port}/feed", tls=trusting, resolve=loopback).code == "source-tls"


def test_a_certificate_that_nobody_vouches_for_is_refused(secure: tuple[Web, ssl.SSLContext]) -> None:
    web, _ = secure
    address = f"https://feeds.example:{web.server_address[1]}/feed"
    assert failure(address, resolve=loopback).code == "source-tls"
    assert web.asked == []


def test_a_redirect_never_leads_from_encrypted_to_open(secure: tuple[Web, ssl.SSLContext], web: Web) -> None:
    server, trusting = secure
    web.serve(BODY)
    server.redirect(web.address(), "/feed")
    address = f"https://feeds.example:{server.server_address[1]}/feed"
    assert failure(address, tls=trusting, resolve=loopback).code == "source-refused"
    assert web.asked == []
