"""Accounts on a real Dovecot, and the vault that reads them."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from imapclient import IMAPClient

from storage.ledger import Ledger
from storage.sources.imap import ImapDriver
from storage.sync import Account, Synced
from storage.vault import Vault
from tests.paths import DATA
from tests.servers import dovecot
from tests.servers.dovecot import PASSWORD, Dovecot

KEY = bytes(range(32))
DAY = 86400.0
USERS = [f"user{number}@example.org" for number in range(40)]


def mail(name: str, body: str = "Hello.\n") -> bytes:
    head = (
        f"From: Ada <ada@example.org>\r\nTo: max@example.org\r\nSubject: {name}\r\nMessage-ID: <{name}@example.org>\r\n"
    )
    return f"{head}Date: Mon, 02 Mar 2026 10:00:00 +0000\r\n\r\n{body}".encode()


def corpus() -> list[bytes]:
    """The mail of the shared data; the test skips where there is none."""
    if not (DATA / "mail").is_dir():
        pytest.skip(f"no mail in {DATA}")
    return [file.read_bytes() for file in sorted((DATA / "mail").rglob("*")) if file.is_file()]


@dataclass
class Mail:
    """One account on the server and, as `sync` goes on, in the vault.  `now` is the driver's clock."""

    server: Dovecot
    user: str
    vault: Vault
    port: int
    now: float = 1_800_000_000.0
    config: dict[str, Any] = field(default_factory=dict)
    source: int = 0
    stop: Callable[[], bool] = bool

    def __post_init__(self) -> None:
        base = {"host": "localhost", "port": self.port, "security": "tls", "user": self.user}
        base |= {"ca_file": str(self.server.authority.file)} | self.config
        self.source = self.vault.sources.add("imap", "Mail", base, {"password": PASSWORD})

    @property
    def account(self) -> Account:
        return self.vault.sources.account(self.source)

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.vault._database, self.vault.vectors, self.source, lambda: self.now)

    def driver(self) -> ImapDriver:
        return ImapDriver(lambda: self.now)

    def sync(self, report: Callable[..., None] = lambda *_: None) -> Synced:
        return self.driver().sync(self.account, self.ledger, report, self.stop)

    def client(self, folder: str = "INBOX") -> IMAPClient:
        """Another program of the same person."""
        context = ssl.create_default_context(cafile=str(self.server.authority.file))
        client = IMAPClient("localhost", self.server.port, ssl_context=context, timeout=20)
        client.plain_login(self.user, PASSWORD)
        client.select_folder(folder)
        return client

    def append(self, *names: str, folder: str = "INBOX") -> None:
        with self.client() as client:
            if not client.folder_exists(folder):
                client.create_folder(folder)
            for name in names:
                client.append(folder, mail(name))

    def titles(self) -> list[str]:
        return sorted(line.title for line in self.vault.library.page(limit=1000)[0])

    def record(self, title: str) -> Any:
        (line,) = (line for line in self.vault.library.page(limit=1000)[0] if line.title == title)
        return self.vault.library.get(line.id).record


def serve(**options: Any) -> Iterator[Dovecot]:
    if reason := dovecot.missing():
        pytest.skip(reason)
    server = Dovecot(**options)
    for user in USERS:
        server.add_user(user)
    with server:
        yield server


@pytest.fixture(scope="module", name="server")
def server_fixture() -> Iterator[Dovecot]:
    yield from serve()


@pytest.fixture(scope="module", name="users")
def users_fixture() -> Iterator[str]:
    return iter(USERS)


@pytest.fixture(name="vault")
def vault_fixture(tmp_path: Path) -> Iterator[Vault]:
    with Vault.create(tmp_path / "vault.db", KEY) as vault:
        yield vault


@pytest.fixture(name="box")
def box_fixture(server: Dovecot, users: Iterator[str], vault: Vault) -> Mail:
    return Mail(server, next(users), vault, server.port)
