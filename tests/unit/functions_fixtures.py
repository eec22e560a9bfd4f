"""Host functions over a real vault: what of a node they use, without its processes; and mail as it is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest
import trio

from agent.llm import Llm
from agent.taint import Taint
from app.functions.port import Answer, Context, FunctionFailed
from app.functions.table import TABLE
from app.node import Node
from storage.records import Record
from storage.sources import message
from storage.vault import Vault
from tests.fakes import ScriptedLlm
from tests.unit.vault_fixtures import KEY

T = TypeVar("T")
PARIS = timezone(timedelta(hours=1))
NOW = datetime(2026, 3, 4, 10, 0, tzinfo=PARIS)  # a Wednesday
ME = "max@example.org"


@dataclass
class Opened:
    vault: Vault
    index: None = None
    index_loaded: bool = False


@dataclass
class Nudged:
    """Nothing is embedded: full text alone answers."""

    multilingual: bool = False
    times: int = 0

    def nudge(self) -> None:
        self.times += 1


@dataclass
class Host:
    """Stands in for the node."""

    vault: Opened
    llm: Llm = field(default_factory=lambda: ScriptedLlm(()))
    airplane: bool = False
    embedding: Nudged = field(default_factory=Nudged)
    said: list[object] = field(default_factory=list)

    def listener(self, event: object) -> None:
        self.said.append(event)

    async def blocking(self, function: Callable[..., T], /, *args: Any, **named: Any) -> T:
        return await trio.to_thread.run_sync(lambda: function(*args, **named))

    async def interruptible(self, work: Callable[[], T], _flag: object) -> T:
        return await trio.to_thread.run_sync(work)

    @property
    def node(self) -> Node:
        return cast(Node, self)

    async def ask(self, function: str, context: Context | None = None, /, **arguments: Any) -> Answer:
        return await TABLE[function](self.node, context or calling(), arguments)

    async def call(self, function: str, context: Context | None = None, /, **arguments: Any) -> Any:
        return (await self.ask(function, context, **arguments)).value

    async def failure(self, function: str, context: Context | None = None, /, **arguments: Any) -> FunctionFailed:
        with pytest.raises(FunctionFailed) as caught:
            await self.ask(function, context, **arguments)
        assert str(caught.value).strip()
        return caught.value

    def add(self, *records: Record) -> list[str]:
        return list(self.vault.vault.library.add(records).ids)


@pytest.fixture(name="host")
def host_fixture(tmp_path: Path) -> Iterator[Host]:
    with Vault.create(tmp_path / "vault.db", KEY) as vault:
        vault.settings.set("my_addresses", [ME])
        yield Host(Opened(vault))


def calling(skill: str = "reply", *, approved: bool = False, language: str = "en", **more: Any) -> Context:
    return Context(skill, language, more.pop("now", NOW), more.pop("taint", Taint()), approved=approved, **more)


def letter(
    subject: str = "Lunch on Friday",
    body: str = "Shall we meet at noon?",
    *,
    sender: str = "Ada Byron <ada@example.net>",
    to: str = f"Max <{ME}>",
    date: str = "Tue, 03 Mar 2026 12:00:00 +0100",
    headers: Mapping[str, str] | None = None,
    folder: str = "INBOX",
    name: str = "",
) -> Record:
    """A mail as its source brings it."""
    lines = {
        "From": sender,
        "To": to,
        "Subject": subject,
        "Date": date,
        "Message-ID": f"<{name or subject.replace(' ', '-')}@example.net>",
        "Content-Type": "text/plain; charset=utf-8",
        **(headers or {}),
    }
    head = "".join(f"{key}: {value}\r\n" for key, value in lines.items())
    return message.parse(f"{head}\r\n{body}".encode(), "inbox.mbox#1", folder)


def card(name: str, *addresses: str, note: str = "") -> Record:
    lines = [name, *(f"E-mail: {address} (home)" for address in addresses)]
    return Record("contact", name, "\n".join(lines) + (f"\n\n{note}" if note else ""))
