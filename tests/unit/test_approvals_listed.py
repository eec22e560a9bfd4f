"""The list of what waits: many rows cost no more reading of skills than one."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from app.actions import approvals
from app.hosting import installed, offers
from app.hosting.installed import Installed
from app.node import Node
from storage.vault import Vault
from tests.unit.hosting_fixtures import House, house, program
from tests.unit.vault_fixtures import mail

ASKS = program('mail_send(to=["ada@example.org"], subject="Hello", text=record)', 'return "sent"')


async def asked(one: House, times: int) -> None:
    one.install(ASKS)
    (record,) = one.add(mail("Offer"))
    for _ in range(times):
        await one.host.run("helper", "go", {"record": record})


async def test_a_skill_is_read_once_for_a_whole_listing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with house(tmp_path / "vault.db") as one:
        await asked(one, 3)
        read: list[str] = []

        def counted(vault: Vault, name: str) -> Installed:
            read.append(name)
            return installed.load(vault, name)

        monkeypatch.setattr(offers, "installed", type("Counting", (), {"load": staticmethod(counted)}))
        listed = await approvals.approvals(cast(Node, one))
        assert (len(listed), read) == (3, ["helper"])


async def test_a_listed_row_offers_what_the_row_alone_offers(tmp_path: Path) -> None:
    async with house(tmp_path / "vault.db") as one:
        await asked(one, 2)
        listed = await approvals.approvals(cast(Node, one))
        assert all(row.always for row in listed)
        assert list(listed) == [await approvals.approval(cast(Node, one), row.id) for row in listed]
