"""A mail account kept fresh by the schedule of a real node, from a real Dovecot: added, read, told of news, locked."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import trio

from app import commands
from app.node import open_node
from app.results import CommandFailed
from storage.sync import SyncFailed
from tests.interop.imap_fixtures import mail, server_fixture  # noqa: F401
from tests.servers.dovecot import PASSWORD, Dovecot

PASSPHRASE = "gravel otter lantern seventeen"
USER = "user0@example.org"


def config(server: Dovecot) -> dict[str, object]:
    return {"host": "localhost", "port": server.port, "user": USER, "ca_file": str(server.authority.file)}


@pytest.fixture
def delivered(server: Dovecot) -> Dovecot:
    server.deliver(USER, "INBOX", "1700000000.M1P1.host", mail("Quince"))
    return server


@pytest.mark.timeout(120)
async def test_mail_that_arrives_is_in_the_vault_seconds_later_and_not_while_it_is_locked(
    home: Path, delivered: Dovecot
) -> None:
    async with open_node(home) as node:
        await commands.create(node, PASSPHRASE)
        node.schedule.start()
        with pytest.raises(SyncFailed) as caught:
            await commands.check_source(node, "imap", config(delivered), {"password": "not this"})
        assert caught.value.code == "source-auth"
        found = await commands.check_source(node, "imap", config(delivered), {"password": PASSWORD})
        assert ("INBOX" in found.choices, "INBOX" in found.proposed) == (True, True)
        await commands.add_source(node, "imap", "Mail", config(delivered), {"password": PASSWORD})

        async def arrived(title: str) -> None:
            with trio.fail_after(60):
                while title not in {row.title for row in (await commands.library(node)).rows}:  # noqa: ASYNC110
                    await trio.sleep(0.1)

        await arrived("Quince")
        await trio.sleep(5)  # signing in to wait for news
        begun = time.monotonic()
        delivered.deliver(USER, "INBOX", "1700000001.M2P1.host", mail("Medlar"))
        await arrived("Medlar")
        assert time.monotonic() - begun < 50  # by itself it would be read in five minutes
        begun = time.monotonic()
        await commands.lock(node)
        assert time.monotonic() - begun < 15  # the connection that waits for news ends too
        with pytest.raises(CommandFailed):
            await commands.sync_source(node, 1)
