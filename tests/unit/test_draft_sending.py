"""A person sends a draft: what they looked at is what goes, once, and it stands among the approvals."""

from __future__ import annotations

import io
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast, get_args

import pytest
import trio

from agent.rules import Rule
from app import cli, oneshot
from app.actions import drafts, drafts_cli
from app.functions.port import Answer, Context, FunctionFailed
from app.hosting.port import UNSURE, Denied
from app.node import Node
from app.results import CommandFailed
from storage.approval_rows import State
from storage.database import VaultError
from storage.drafts import Message
from tests.unit.hosting_fixtures import House, house
from tests.unit.vault_fixtures import mail

LETTER = Message(("ada@example.net",), "Lunch", "Gladly, at noon.")


@asynccontextmanager
async def drafted(path: Path, account: bool = True) -> AsyncIterator[tuple[Node, House, int]]:
    """A node with an account that sends and one draft."""
    async with house(path / "vault.db") as one:
        one.skills = one.host  # type: ignore[attr-defined]
        if account:
            config = {"host": "imap.example.org", "user": "max@example.org", "smtp_host": "smtp.example.org"}
            one.store.sources.add("imap", "Mail", config, {"password": "x"})
        yield cast(Node, one), one, one.store.drafts.add(LETTER, skill="reply")


async def shown(node: Node, number: int) -> str:
    return (await drafts.draft(node, number)).digest


def fails(one: House, code: str) -> None:
    async def send(node: Any, context: Context, arguments: Mapping[str, Any]) -> Answer:
        raise FunctionFailed("OSError", code, "The server said no.")

    cast(dict[str, Any], one.host.performing.table)["mail.send"] = send


def states(one: House) -> list[str]:
    return [found.state for found in one.store.approvals.list(get_args(State))]


async def test_what_was_looked_at_is_sent_and_recorded_as_approved(tmp_path: Path) -> None:
    async with drafted(tmp_path) as (node, one, number):
        await drafts.send_draft(node, number, await shown(node, number))
        assert one.sent == [{"to": ["ada@example.net"], "subject": "Lunch", "text": "Gladly, at noon."}]
        assert one.contexts[0].approved
        assert (states(one), one.store.drafts.list()) == (["done"], [])
        assert [deed.function for deed in one.store.activity.list(10)] == ["mail.send"]


async def test_an_answer_is_shown_with_the_subject_that_goes_and_names_what_it_answers(tmp_path: Path) -> None:
    async with drafted(tmp_path) as (node, one, _):
        (asked,) = one.add(mail("Friday"))
        number = one.store.drafts.add(LETTER, asked)
        row = await drafts.draft(node, number)
        await drafts.send_draft(node, number, row.digest)
        assert dict(row.fields)["Subject"] == one.sent[0]["subject"] == "Re: Lunch"
        (approval,) = one.store.approvals.list(get_args(State))
        assert [source.record for source in approval.sources] == [asked]


async def test_a_click_is_a_persons_even_where_a_rule_would_send_unasked(tmp_path: Path) -> None:
    async with drafted(tmp_path) as (node, one, number):
        one.store.approvals.add_rule(Rule("allow", "send").to_plain())
        await drafts.send_draft(node, number, await shown(node, number))
        assert [context.approved for context in one.contexts] == [True]


async def test_what_was_changed_since_it_was_shown_is_not_sent(tmp_path: Path) -> None:
    async with drafted(tmp_path) as (node, one, number):
        before = await shown(node, number)
        await drafts.edit_draft(node, number, to=["eve@example.net"])
        with pytest.raises(VaultError) as caught:
            await drafts.send_draft(node, number, before)
        assert (caught.value.code, one.sent, states(one)) == ("draft-changed", [], [])


async def test_another_account_to_send_from_is_something_else_than_what_was_shown(tmp_path: Path) -> None:
    async with drafted(tmp_path) as (node, one, number):
        before = await shown(node, number)
        one.store.settings.set("my_name", "Max")
        with pytest.raises(VaultError, match="not what was shown"):
            await drafts.send_draft(node, number, before)


async def test_of_two_clicks_one_sends(tmp_path: Path) -> None:
    async with drafted(tmp_path) as (node, one, number):
        digest, refused = await shown(node, number), []

        async def click() -> None:
            try:
                await drafts.send_draft(node, number, digest)
            except VaultError as error:
                refused.append(error.code)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(click)
            nursery.start_soon(click)
        assert (len(one.sent), refused) == (1, ["draft-sent"])
        assert sorted(states(one)) in (["declined", "done"], ["done"])


async def test_what_the_server_refuses_is_a_draft_again(tmp_path: Path) -> None:
    async with drafted(tmp_path) as (node, one, number):
        fails(one, "send-refused")
        with pytest.raises(CommandFailed) as caught:
            await drafts.send_draft(node, number, await shown(node, number))
        assert caught.value.key == "draft-not-sent"
        assert "The server said no." in str(caught.value.values)
        assert ([draft.id for draft in one.store.drafts.list()], states(one)) == ([number], ["failed"])


async def test_what_may_have_been_sent_is_not_offered_for_sending_again(tmp_path: Path) -> None:
    async with drafted(tmp_path) as (node, one, number):
        fails(one, UNSURE)
        with pytest.raises(CommandFailed) as caught:
            await drafts.send_draft(node, number, await shown(node, number))
        assert (caught.value.key, one.store.drafts.list(), states(one)) == ("draft-perhaps", [], ["unknown"])


async def test_a_rule_that_says_never_holds_for_drafts_too(tmp_path: Path) -> None:
    async with drafted(tmp_path) as (node, one, number):
        one.store.approvals.add_rule(Rule("deny", "send").to_plain())
        with pytest.raises(Denied):
            await drafts.send_draft(node, number, await shown(node, number))
        assert ([draft.id for draft in one.store.drafts.list()], one.sent) == ([number], [])


@pytest.mark.parametrize(
    ("change", "key"),
    [({"to": []}, "draft-nobody"), ({"text": " \n"}, "draft-empty")],
)
async def test_what_cannot_be_sent_is_refused_before_anything_is_asked(
    tmp_path: Path, change: dict[str, Any], key: str
) -> None:
    async with drafted(tmp_path) as (node, one, number):
        row = await drafts.edit_draft(node, number, **change)
        with pytest.raises(CommandFailed) as caught:
            await drafts.send_draft(node, number, row.digest)
        assert (caught.value.key, states(one)) == (key, [])


async def test_without_an_account_that_sends_it_is_said_what_to_do(tmp_path: Path) -> None:
    async with drafted(tmp_path, account=False) as (node, one, number):
        with pytest.raises(CommandFailed) as caught:
            await drafts.send_draft(node, number, await shown(node, number))
        assert (caught.value.key, states(one)) == ("draft-no-account", [])


async def test_in_airplane_mode_it_stays_a_draft(tmp_path: Path) -> None:
    async with drafted(tmp_path) as (node, one, number):
        one.airplane = True
        with pytest.raises(CommandFailed) as caught:
            await drafts.send_draft(node, number, await shown(node, number))
        assert (caught.value.key, len(one.store.drafts.list())) == ("airplane", 1)


@pytest.mark.parametrize("address", ["Ada", "ada@example.net\nBcc: eve@example.net", "Ada <ada@example.net>"])
async def test_an_edit_takes_bare_addresses_only(tmp_path: Path, address: str) -> None:
    async with drafted(tmp_path) as (node, _, number):
        with pytest.raises(CommandFailed) as caught:
            await drafts.edit_draft(node, number, cc=[address])
        assert caught.value.key == "draft-address"


async def test_an_edit_leaves_what_it_does_not_name(tmp_path: Path) -> None:
    async with drafted(tmp_path) as (node, one, number):
        await drafts.edit_draft(node, number, subject="Dinner")
        assert one.store.drafts.get(number).message == Message(LETTER.to, "Dinner", LETTER.text)


# -- on the command line -----------------------------------------------------------------------------------------------

ROW = {"sender": "max@example.org", "fields": [["To", "ada@example.net"], ["Text", "Gladly."]], "digest": "d1"}


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def typed(monkeypatch: pytest.MonkeyPatch, stdin: io.StringIO, *more: str) -> tuple[int, list[Any]]:
    """What `nuee drafts send 7` ends with, and what it asked of the node."""
    asked: list[Any] = []

    def run(_folder: Path, name: str, args: dict[str, Any], *_: object) -> dict[str, Any]:
        asked.append((name, args))
        return ROW if name == "draft" else {"sent": 7}

    monkeypatch.setattr(oneshot, "run", run)
    monkeypatch.setattr(oneshot, "needs_secret", lambda *_: False)
    monkeypatch.setattr(sys, "stdin", stdin)
    options = cli.parser("en").parse_args(["drafts", "send", "7", *more])
    return drafts_cli.send(options, Path("unused"), "en"), asked


def test_the_whole_mail_is_shown_and_a_yes_sends_exactly_that(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status, asked = typed(monkeypatch, _Terminal("y\n"))
    seen = capsys.readouterr().err
    assert all(said in seen for said in ("From: max@example.org", "To: ada@example.net", "Gladly."))
    assert (status, asked) == (0, [("draft", {"id": 7}), ("draft-send", {"id": 7, "shown": "d1"})])


@pytest.mark.parametrize("said", ["", "\n", "n\n", "never\n"])
def test_anything_but_a_yes_sends_nothing(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    status, asked = typed(monkeypatch, _Terminal(said))
    assert (status, [name for name, _ in asked]) == (1, ["draft"])


def test_without_a_terminal_it_is_sent_only_with_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(cli.Failure, match="--yes"):
        typed(monkeypatch, io.StringIO("y\n"))
    assert typed(monkeypatch, io.StringIO(), "--yes")[0] == 0


def test_the_list_spells_out_what_a_terminal_would_obey_or_hide() -> None:
    row = {"id": 7, "created": "2026-03-04T10:00:00Z", "to": ["ada@example.net"]}
    drafts_cli.PRINTERS["drafts"](
        {"drafts": [{**row, "subject": "Lu\u202enc\x1b[2Jh\u200b"}]}, "en", out := io.StringIO(), ""
    )
    assert out.getvalue() == "   7  2026-03-04  ada@example.net: Lu⟦U+202E⟧nc⟦U+001B⟧[2Jh⟦U+200B⟧\n"
