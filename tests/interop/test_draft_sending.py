"""A draft that a person sends, over a real Exim: it arrives as it was shown, and a refusal leaves it a draft."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from app.actions import drafts, trying
from app.functions.table import TABLE
from app.node import Node
from app.results import CommandFailed
from storage.drafts import Message
from storage.sources.smtp import SendFailed
from tests.interop.test_sending import arrived
from tests.servers import smtpd
from tests.servers.smtpd import PASSWORD, USER, Exim
from tests.unit.functions_fixtures import Nudged
from tests.unit.hosting_fixtures import House, house
from tests.unit.vault_fixtures import mail


@pytest.fixture(scope="module", name="exim")
def exim_fixture() -> Iterator[Exim]:
    if reason := smtpd.missing():
        pytest.skip(reason)
    with Exim() as server:
        yield server


@asynccontextmanager
async def sending(path: Path, exim: Exim, **changes: Any) -> AsyncIterator[tuple[Node, House]]:
    """A node whose host functions are the real ones, with an account at this server."""
    async with house(path / "vault.db") as one:
        one.skills, one.embedding = one.host, Nudged()  # type: ignore[attr-defined]
        one.host.performing.table = TABLE
        config = {"host": "localhost", "user": USER, "smtp_host": "localhost", "ca_file": str(exim.authority.file)}
        one.store.sources.add("imap", "Mail", {**config, "smtp_port": exim.port, **changes}, {"password": PASSWORD})
        one.store.settings.set("my_name", "Ada Byron")
        yield cast(Node, one), one


async def test_a_draft_arrives_as_it_was_shown_and_is_a_draft_no_more(tmp_path: Path, exim: Exim) -> None:
    async with sending(tmp_path, exim) as (node, one):
        (asked,) = one.add(mail("Friday"))
        number = one.store.drafts.add(Message(("one@example.org",), "Re: Friday", "At five."), asked)
        row = await drafts.edit_draft(node, number, cc=["two@example.org"], text="At five, by train.\n")
        await drafts.send_draft(node, number, row.digest)
        got = arrived(exim, "two", "Re: Friday")
        assert (str(got["From"]), str(got["To"]), str(got["Cc"])) == (row.sender, "one@example.org", "two@example.org")
        assert got.get_content().strip() == dict(row.fields)["Text"].strip() == "At five, by train."
        assert got["Auto-Submitted"] is None, "a person read it"
        assert one.store.drafts.list() == []


async def test_what_the_server_refuses_stays_a_draft_with_the_reason(tmp_path: Path, exim: Exim) -> None:
    async with sending(tmp_path, exim) as (node, one):
        number = one.store.drafts.add(Message(("nobody@example.org",), "Hello", "Are you there?"))
        with pytest.raises(CommandFailed) as caught:
            await drafts.send_draft(node, number, (await drafts.draft(node, number)).digest)
        assert caught.value.key == "draft-not-sent"
        assert "nobody@example.org" in str(caught.value.values["reason"])
        assert [draft.id for draft in one.store.drafts.list()] == [number]


async def test_starttls_sends_as_well(tmp_path: Path, exim: Exim) -> None:
    async with sending(tmp_path, exim, smtp_port=exim.plain_port, smtp_security="starttls") as (node, one):
        number = one.store.drafts.add(Message(("three@example.org",), "By starttls", "Hello."))
        await drafts.send_draft(node, number, (await drafts.draft(node, number)).digest)
        assert arrived(exim, "three", "By starttls").get_content().strip() == "Hello."


async def test_a_mail_to_oneself_arrives_through_the_account_that_is_tried(tmp_path: Path, exim: Exim) -> None:
    async with sending(tmp_path, exim, address="one@example.org") as (node, one):
        config = one.store.sources.list()[0].config
        second = one.store.sources.add(
            "imap", "Second", {**config, "address": "two@example.org"}, {"password": PASSWORD}
        )
        assert await trying.try_sending(node, second) == "two@example.org"
        got = arrived(exim, "two", "Nuée can send mail")
        assert (str(got["From"]), str(got["To"])) == ("Ada Byron <two@example.org>", "two@example.org")
        assert got["Auto-Submitted"] is None, "a person asked for it"
        assert exim.delivered("one").count(b"can send mail") == 0
        (deed,) = one.store.activity.list(10)
        assert (deed.function, deed.values["to"]) == ("mail.send", "two@example.org")
        assert one.store.approvals.count() == 0


async def test_an_account_that_cannot_send_is_not_tried(tmp_path: Path, exim: Exim) -> None:
    async with sending(tmp_path, exim, smtp_host="") as (node, one):
        with pytest.raises(CommandFailed) as caught:
            await trying.try_sending(node, one.store.sources.list()[0].id)
        assert caught.value.key == "source-not-sending"


async def test_a_wrong_password_is_found_by_trying(tmp_path: Path, exim: Exim) -> None:
    async with sending(tmp_path, exim) as (node, one):
        config = one.store.sources.list()[0].config
        wrong = one.store.sources.add("imap", "Wrong", {**config, "address": "x@example.org"}, {"password": "wrong"})
        with pytest.raises(SendFailed) as caught:
            await trying.try_sending(node, wrong)
        assert caught.value.code == "send-auth"
        assert one.store.activity.list(10) == []
