"""A feed source whose vault is real, and what its server serves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from storage.ledger import Ledger
from storage.records import StoredRecord
from storage.sources.feed import Feeds
from storage.sync import Account, Synced
from storage.vault import Vault
from tests.unit.web_fixtures import Web

KEY = bytes(range(32))
NOW = 1_790_000_000.0


def item(number: int | str, text: str = "", **fields: str) -> str:
    parts = {
        "title": f"Title {number}",
        "guid": f"https://news.example/{number}",
        "link": f"https://news.example/{number}",
        "pubDate": "Thu, 01 Jan 2026 10:00:00 GMT",
        "description": text or f"Text {number}.",
        **fields,
    }
    return "<item>" + "".join(f"<{name}>{value}</{name}>" for name, value in parts.items() if value) + "</item>"


def rss(*items: str, title: str = "The News") -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<channel><title>{title}</title><link>https://news.example/</link>{''.join(items)}</channel></rss>"
    ).encode()


@dataclass
class Subscribed:
    """A feed and the vault it goes into.  `now` is the driver's time."""

    vault: Vault
    web: Web
    config: dict[str, Any] = field(default_factory=dict)
    now: float = NOW
    driver: Feeds = field(default_factory=Feeds)

    def __post_init__(self) -> None:
        self.driver = Feeds(clock=lambda: self.now)
        self.config = {"address": self.web.address(), "local": True, **self.config}
        self.source = self.vault.sources.add("feed", "News", self.config, {})

    @property
    def account(self) -> Account:
        return self.vault.sources.account(self.source)

    @property
    def ledger(self) -> Ledger:
        return self.vault.sources.ledger(self.source)

    def sync(self, stop: Callable[[], bool] = lambda: False) -> Synced:
        return self.driver.sync(self.account, self.ledger, lambda *_: None, stop)

    def check(self) -> tuple[str, ...]:
        return self.driver.check(self.account)

    def articles(self) -> list[StoredRecord]:
        """By title."""
        lines, _ = self.vault.library.page(limit=20_000)
        return sorted((self.vault.library.get(line.id) for line in lines), key=lambda one: one.record.title)


@pytest.fixture(name="feed")
def feed_fixture(tmp_path: Path, web: Web) -> Iterator[Subscribed]:
    with Vault.create(tmp_path / "vault.nuee", KEY) as vault:
        yield Subscribed(vault, web)
