"""Calendars and contacts that are kept fresh: files, and one address on a server."""

from __future__ import annotations

import functools
import os
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from storage.ledger import Ledger
from storage.sources import download, file_driver
from storage.sources.file_driver import calendar_driver, contacts_driver
from storage.sync import Account, Synced, SyncFailed
from storage.vault import Vault
from tests.unit.vault_fixtures import path_fixture, vault_fixture  # noqa: F401


def calendar(*titles: str) -> bytes:
    events = "".join(
        f"BEGIN:VEVENT\r\nUID:{title.split()[0]}\r\nDTSTART:20260314T100000Z\r\nSUMMARY:{title}\r\nEND:VEVENT\r\n"
        for title in titles
    )
    return f"BEGIN:VCALENDAR\r\n{events}END:VCALENDAR\r\n".encode()


def account(number: int, **config: Any) -> Account:
    return Account(number, "calendar", config, lambda _name: None, lambda _name, _value: None)


@dataclass
class Sync:
    vault: Vault
    config: dict[str, Any]
    ledger: Ledger = field(init=False)

    def __post_init__(self) -> None:
        self.ledger = self.vault.sources.ledger(self.vault.sources.add("calendar", "c", self.config, {}))

    def __call__(self) -> Synced:
        one = account(self.ledger.source, **self.config)
        return calendar_driver().sync(one, self.ledger, lambda *_: None, lambda: False)

    def titles(self) -> list[str]:
        return sorted(entry.title for entry in self.vault.library.page()[0])


def write(path: Path, data: bytes, at: float = 1_773_000_000) -> Path:
    path.write_bytes(data)
    os.utime(path, (at, at))
    return path


def test_a_calendar_is_read_and_read_again_when_it_changed(vault: Vault, tmp_path: Path) -> None:
    path = write(tmp_path / "a.ics", calendar("a one", "b two"))
    sync = Sync(vault, {"path": str(path)})
    assert sync() == Synced(new=2)
    assert sync() == Synced()
    write(path, calendar("a one", "b changed", "c three"), 1_773_000_001)
    assert sync() == Synced(new=1, changed=1)
    assert sync.titles() == ["a one", "b changed", "c three"]


def test_an_unchanged_file_is_not_read(vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sync = Sync(vault, {"path": str(write(tmp_path / "a.ics", calendar("a one")))})
    sync()
    monkeypatch.setattr(file_driver, "_bytes", lambda _path: pytest.fail("the file was read"))
    assert sync() == Synced()


def test_an_event_that_is_gone_is_counted_and_swept_later(vault: Vault, tmp_path: Path) -> None:
    path = write(tmp_path / "a.ics", calendar("a one", "b two"))
    sync = Sync(vault, {"path": str(path)})
    sync()
    write(path, calendar("a one"), 1_773_000_001)
    assert sync() == Synced(gone=1)
    assert sync.titles() == ["a one", "b two"]
    sync.ledger.sweep(time.time() + 1)
    assert sync.titles() == ["a one"]


def test_a_file_that_is_no_calendar_any_more_takes_nothing_away(vault: Vault, tmp_path: Path) -> None:
    path = write(tmp_path / "a.ics", calendar("a one"))
    sync = Sync(vault, {"path": str(path)})
    sync()
    write(path, b"<html>please log in</html>")
    with pytest.raises(SyncFailed) as caught:
        sync()
    assert caught.value.code == "source-broken"
    assert sync.ledger.known("a.ics")


def test_a_folder_of_calendars(vault: Vault, tmp_path: Path) -> None:
    write(tmp_path / "a.ics", calendar("a one"))
    write(tmp_path / "b.ics", calendar("b two"))
    write(tmp_path / "c.txt", b"no calendar")
    sync = Sync(vault, {"path": str(tmp_path)})
    assert sync() == Synced(new=2)
    (tmp_path / "b.ics").unlink()
    assert sync() == Synced(gone=1)
    sync.ledger.sweep(time.time() + 1)
    assert sync.titles() == ["a one"]


def test_a_sync_that_was_stopped_goes_on(vault: Vault, tmp_path: Path) -> None:
    sync = Sync(vault, {"path": str(write(tmp_path / "a.ics", calendar(*(f"e{n} x" for n in range(200)))))})
    polls: list[int] = []

    def stop() -> bool:
        polls.append(1)
        return len(polls) > 150

    driver, one = calendar_driver(), account(sync.ledger.source, **sync.config)
    first = driver.sync(one, sync.ledger, lambda *_: None, stop)
    assert 0 < first.new < 200
    assert first.new + sync().new == 200


def test_contacts_are_read_with_the_same_driver(vault: Vault, tmp_path: Path) -> None:
    path = write(tmp_path / "a.vcf", b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada\r\nEND:VCARD\r\n" * 2)
    ledger = vault.sources.ledger(vault.sources.add("contacts", "c", {}, {}))
    done = contacts_driver().sync(account(1, path=str(path)), ledger, lambda *_: None, lambda: False)
    assert done == Synced(new=1)
    assert vault.library.counts().contacts == 1


def test_a_file_is_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_driver, "_LOOK_EVERY", 0.01)
    path = write(tmp_path / "a.ics", calendar("a one"))
    changed, stopped = threading.Event(), threading.Event()
    watching = threading.Thread(
        target=calendar_driver().watch, args=(account(1, path=str(path)), changed.set, stopped.is_set)
    )
    watching.start()
    assert not changed.wait(0.1)
    write(path, calendar("b two"), 1_773_000_001)
    assert changed.wait(5)
    stopped.set()
    watching.join(5)
    assert not watching.is_alive()


@pytest.mark.parametrize("config", [{}, {"path": "/a", "address": "https://example.org"}])
def test_a_configuration_needs_a_path_or_an_address(config: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="either a path or an address"):
        calendar_driver().check(account(1, **config))


def test_a_check_proves_the_file(tmp_path: Path) -> None:
    good, bad = write(tmp_path / "a.ics", calendar("a")), write(tmp_path / "b.txt", b"nothing")
    assert calendar_driver().check(account(1, path=str(good))) == ()
    for path, code in ((bad, "source-broken"), (tmp_path / "absent", "source-gone")):
        with pytest.raises(SyncFailed) as caught:
            calendar_driver().check(account(1, path=str(path)))
        assert caught.value.code == code


@dataclass
class Site:
    """What the server answers: status, headers, body; and what it was asked."""

    answer: tuple[int, dict[str, str], bytes] = (200, {}, b"")
    asked: list[dict[str, str]] = field(default_factory=list)
    address: str = ""


@pytest.fixture
def site() -> Iterator[Site]:
    found = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append({name.lower(): value for name, value in self.headers.items()})
            status, headers, body = found.answer
            etag = headers.get("ETag")
            if etag and self.headers.get("If-None-Match") == etag:
                status, body = 304, b""
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:
                self.close_connection = True

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    found.address = f"http://localhost:{server.server_port}/a.ics"
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_address_is_asked_whether_it_changed(vault: Vault, site: Site) -> None:
    site.answer = (200, {"ETag": '"1"'}, calendar("a one"))
    sync = Sync(vault, {"address": site.address, "local": True})
    assert sync() == Synced(new=1)
    assert sync() == Synced()
    assert "if-none-match" not in site.asked[0]
    assert site.asked[1]["if-none-match"] == '"1"'
    assert site.asked[0]["host"] == site.address.split("/")[2]
    site.answer = (200, {"ETag": '"2"'}, calendar("a one", "b two"))
    assert sync() == Synced(new=1)


def fetched(site: Site, local: bool = True) -> SyncFailed:
    with pytest.raises(SyncFailed) as caught:
        download.fetch(site.address, {}, local, lambda: False)
    assert site.address not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("status", "headers", "code", "later"),
    [
        (401, {}, "source-auth", None),
        (404, {}, "source-gone", None),
        (410, {}, "source-gone", None),
        (500, {}, "source-refused", None),
        (503, {"Retry-After": "120"}, "source-busy", 120),
        (200, {"Content-Encoding": "gzip"}, "source-broken", None),
        (302, {"Location": "http://localhost:1/x"}, "source-unreachable", None),
        (302, {"Location": "file:///etc/passwd"}, "source-refused", None),
    ],
)
def test_what_a_server_answers_becomes_a_code(
    site: Site, status: int, headers: dict[str, str], code: str, later: float | None
) -> None:
    site.answer = (status, headers, b"")
    failed = fetched(site)
    assert (failed.code, failed.later) == (code, later)


def test_an_address_that_leads_in_circles_is_given_up(site: Site) -> None:
    site.answer = (302, {"Location": site.address}, b"")
    assert fetched(site).code == "source-broken"
    assert len(site.asked) <= 6


def test_an_endless_answer_is_cut_off(site: Site) -> None:
    site.answer = (200, {}, bytes(download.MAX_BYTES + 100_000))
    assert "larger than 20 MiB" in str(fetched(site))


def test_a_private_address_is_refused_unless_it_was_allowed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "address_of", lambda text, _local: httpx.URL(text))
    assert fetched(site, local=False).code == "source-refused"
    assert site.asked == []


@pytest.mark.parametrize(
    "number", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fe80::1%eth0", "::ffff:10.0.0.1"]
)
def test_private_numbers(number: str) -> None:
    assert not download._is_public(number)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://example.org/a.ics", "https"),
        ("file:///etc/passwd", "https"),
        ("https://ada:secret@example.org/", "password"),
        ("https://", "machine"),
    ],
)
def test_addresses_that_are_not_asked(address: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as caught:
        download.address_of(address, local=False)
    assert "secret" not in str(caught.value)


def test_webcal_is_https() -> None:
    assert str(download.address_of("webcal://example.org/a.ics", local=False)) == "https://example.org/a.ics"


def certificate(tmp_path: Path, name: str) -> Path:
    """A certificate for `name` that vouches for itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    called = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(called, called, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path / f"{name}.pem"
    path.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def secure(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """An https server with a certificate for the name that the test asks for: its address, its certificate."""
    path = certificate(tmp_path, request.param)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(calendar("a one"))

        def log_message(self, *_args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_args: object) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    server = Server(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"https://localhost:{server.server_port}/", path
    server.shutdown()
    thread.join()
    server.server_close()


def trusting(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.create_default_context(cafile=str(path))
    monkeypatch.setattr(httpx, "Client", functools.partial(httpx.Client, verify=context))


@pytest.mark.parametrize("secure", ["localhost"], indirect=True)
def test_a_certificate_is_checked_against_the_name_and_not_the_number(
    secure: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, path = secure
    trusting(path, monkeypatch)
    assert download.fetch(address, {}, True, lambda: False).data == calendar("a one")


@pytest.mark.parametrize("secure", ["other.example"], indirect=True)
def test_a_certificate_for_another_name_is_refused(secure: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    address, path = secure
    trusting(path, monkeypatch)
    with pytest.raises(SyncFailed) as caught:
        download.fetch(address, {}, True, lambda: False)
    assert caught.value.code == "source-tls"


@pytest.mark.parametrize("secure", ["localhost"], indirect=True)
def test_a_certificate_that_nobody_vouches_for_is_refused(secure: tuple[str, Path]) -> None:
    with pytest.raises(SyncFailed) as caught:
        download.fetch(secure[0], {}, True, lambda: False)
    assert caught.value.code == "source-tls"
