"""News of a real Dovecot while waiting for them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from storage.sources import imap_idle
from storage.sync import SyncFailed
from storage.vault import Vault
from tests.interop.imap_fixtures import Mail, box_fixture, mail, serve, server_fixture, users_fixture, vault_fixture

__all__ = ["box_fixture", "server_fixture", "users_fixture", "vault_fixture"]


class Watch:
    """`watch` in a thread of its own."""

    def __init__(self, box: Mail) -> None:
        self.rang = threading.Event()
        self.rings = 0
        self.failure: SyncFailed | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(box,))

    def _run(self, box: Mail) -> None:
        try:
            box.driver().watch(box.account, self._changed, self._stop.is_set)
        except SyncFailed as failure:
            self.failure = failure

    def _changed(self) -> None:
        self.rings += 1
        self.rang.set()

    def stop(self) -> float:
        """Seconds that it took to end."""
        begun = time.monotonic()
        self._stop.set()
        self._thread.join(30)
        assert not self._thread.is_alive()
        return time.monotonic() - begun

    def ended(self, seconds: float) -> bool:
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()


@contextmanager
def watching(box: Mail) -> Iterator[Watch]:
    watch = Watch(box)
    watch.start()
    until = time.monotonic() + 10
    while "IDLE" not in box.server.log.read_text() and time.monotonic() < until and time.monotonic() < until - 9:
        time.sleep(0.1)
    time.sleep(0.5)
    try:
        yield watch
    finally:
        watch.stop()


def test_a_mail_that_is_delivered_is_told_within_five_seconds(box: Mail) -> None:
    box.append("one")
    box.sync()
    with watching(box) as watch:
        assert not watch.rang.is_set()
        begun = time.monotonic()
        box.server.deliver(box.user, "INBOX", "1800000000.M1.host", mail("two"))
        assert watch.rang.wait(5)
        assert box.sync().new == 1
        assert time.monotonic() - begun < 5


def test_flags_and_deletions_are_told_too(box: Mail) -> None:
    box.append("one", "two")
    with watching(box) as watch:
        with box.client() as client:
            client.add_flags([1], [b"\\Flagged"])
            assert watch.rang.wait(5)
            watch.rang.clear()
            client.delete_messages([2])
            client.expunge()
        assert watch.rang.wait(8)


def test_waiting_ends_at_once_when_told_to(box: Mail) -> None:
    with watching(box) as watch:
        assert watch.stop() < 1.5
    assert watch.failure is None


def test_other_folders_are_looked_at(box: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap_idle, "POLL_SECONDS", 1.0)
    box.append("one", folder="Archive")
    with watching(box) as watch:
        box.append("two", folder="Archive")
        assert watch.rang.wait(5)


def test_a_server_that_dies_is_noticed(vault: Vault) -> None:
    for server in serve():
        box = Mail(server, "user0@example.org", vault, server.port)
        with watching(box) as watch:
            server.kill()
            assert watch.ended(5)
        assert watch.failure is not None
        assert watch.failure.code == "source-unreachable"


def test_without_idle_it_returns_at_once(vault: Vault) -> None:
    for server in serve(extra="imap_capability = IMAP4rev1 ENABLE\n"):
        box = Mail(server, "user0@example.org", vault, server.port)
        begun = time.monotonic()
        box.driver().watch(box.account, lambda: None, lambda: False)
        assert time.monotonic() - begun < 10  # it would wait for ever
