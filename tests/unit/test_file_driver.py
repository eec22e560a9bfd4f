"""Calendars and contacts that are kept fresh: files, and one address on a server."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from storage.ledger import Ledger
from storage.sources import file_driver
from storage.sources.file_driver import MAX_FETCHED, calendar_driver, contacts_driver
from storage.sync import Account, Synced, SyncFailed
from storage.vault import Vault
from tests.unit.vault_fixtures import path_fixture, vault_fixture  # noqa: F401
from tests.unit.web_fixtures import Web, gzipped, web_fixture  # noqa: F401


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


def test_an_address_is_asked_whether_it_changed(vault: Vault, web: Web) -> None:
    web.serve_with_etag(calendar("a one"), '"1"')
    sync = Sync(vault, {"address": web.address(), "local": True})
    assert (sync(), sync()) == (Synced(new=1), Synced())
    assert [headers.get("if-none-match") for _, headers in web.asked] == [None, '"1"']
    web.serve_with_etag(calendar("a one", "b two"), '"2"')
    assert sync() == Synced(new=1)


def test_a_calendar_is_asked_for_and_may_come_packed(vault: Vault, web: Web) -> None:
    web.serve(gzipped(calendar("a one")), Content_Encoding="gzip")
    assert Sync(vault, {"address": web.address(), "local": True})() == Synced(new=1)
    assert web.asked[0][1]["accept"].startswith("text/calendar")


def test_an_address_that_was_stopped_is_no_failure(vault: Vault, web: Web) -> None:
    web.serve(calendar("a one"))
    sync = Sync(vault, {"address": web.address(), "local": True})
    one = account(sync.ledger.source, **sync.config)
    assert calendar_driver().sync(one, sync.ledger, lambda *_: None, lambda: True) == Synced()


def refused(web: Web) -> SyncFailed:
    """What a check of the address says, which never shows the address: it often is all that is needed to read it."""
    with pytest.raises(SyncFailed) as caught:
        calendar_driver().check(account(1, address=web.address(), local=True))
    assert web.address() not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("status", "headers", "code"),
    [
        (401, {}, "source-auth"),
        (403, {}, "source-auth"),
        (404, {}, "source-gone"),
        (410, {}, "source-gone"),
        (418, {}, "source-refused"),
        (500, {}, "source-unreachable"),
        (503, {}, "source-busy"),
        (200, {}, "source-broken"),
        (200, {"Content_Encoding": "gzip"}, "source-broken"),
        (302, {"Location": "file:///etc/passwd"}, "source-refused"),
        (302, {"Location": "http://localhost:1/x"}, "source-unreachable"),
    ],
)
def test_what_a_server_answers_becomes_a_code(web: Web, status: int, headers: dict[str, str], code: str) -> None:
    web.serve(b"", status=status, **headers)
    assert refused(web).code == code


@pytest.mark.parametrize(("size", "code"), [(MAX_FETCHED, None), (MAX_FETCHED + 1, "source-broken")])
def test_no_more_is_taken_than_the_limit(web: Web, size: int, code: str | None) -> None:
    web.serve(calendar("a one").ljust(size))
    if code is None:
        assert calendar_driver().check(account(1, address=web.address(), local=True)) == ()
    else:
        failed = refused(web)
        assert (failed.code, "larger than 20 MiB" in str(failed)) == (code, True)


def test_a_private_address_is_refused_unless_it_was_allowed(web: Web) -> None:
    with pytest.raises(SyncFailed) as caught:
        calendar_driver().check(account(1, address=web.address().replace("http://", "https://")))
    assert caught.value.code == "source-refused"
    assert web.asked == []


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
        calendar_driver().check(account(1, address=address))
    assert "secret" not in str(caught.value)
