"""A vault that reads its mail from a server that lies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from storage.sources.imap import ImapDriver
from storage.sync import Account, Synced, SyncFailed
from storage.vault import Vault
from tests.servers.certificates import Authority
from tests.servers.lying import Liar, Script

PASSWORD = 'hunter2 "and" \\ more'


def mail(name: str, body: str = "Hello.") -> bytes:
    return f"From: Ada <ada@example.org>\r\nSubject: {name}\r\nMessage-ID: <{name}@example.org>\r\n\r\n{body}".encode()


@dataclass
class Box:
    script: Script
    vault: Vault
    source: int
    now: float = 1_800_000_000.0

    @property
    def account(self) -> Account:
        return self.vault.sources.account(self.source)

    def driver(self) -> ImapDriver:
        return ImapDriver(lambda: self.now)

    def sync(self) -> Synced:
        ledger = self.vault.sources.ledger(self.source)
        return self.driver().sync(self.account, ledger, lambda *_: None, bool)

    def failure(self) -> SyncFailed:
        with pytest.raises(SyncFailed) as caught:
            self.sync()
        return caught.value

    def titles(self) -> list[str]:
        return sorted(line.title for line in self.vault.library.page(limit=1000)[0])

    def change(self, **config: Any) -> None:
        self.vault.sources.edit(self.source, "Mail", {**self.account.config, **config})


@pytest.fixture(scope="session", name="authority")
def authority_fixture(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(name="script")
def script_fixture() -> Script:
    return Script({uid: mail(f"m{uid}") for uid in (1, 2, 3, 5, 8)})


@pytest.fixture(name="vault")
def vault_fixture(tmp_path: Path) -> Iterator[Vault]:
    with Vault.create(tmp_path / "vault.db", bytes(32)) as vault:
        yield vault


@pytest.fixture(name="box")
def box_fixture(script: Script, authority: Authority, vault: Vault) -> Iterator[Box]:
    with Liar(script, authority.issue("liar", "localhost")) as liar:
        config = {"host": "localhost", "port": liar.port, "user": "ada", "ca_file": str(authority.file)}
        yield Box(script, vault, vault.sources.add("imap", "Mail", config, {"password": PASSWORD}))
