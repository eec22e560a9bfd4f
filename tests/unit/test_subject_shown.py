"""The subject of a mail: the question shows the one that goes out, whatever the skill wrote."""

from __future__ import annotations

import email
import email.policy
from pathlib import Path
from typing import Any, cast

import pytest

from app.functions import outgoing, sending
from app.hosting import views
from storage.approvals import digest
from tests.unit.functions_fixtures import Nudged
from tests.unit.hosting_fixtures import House, house, program
from tests.unit.vault_fixtures import mail

ANSWERS = program(
    "given = {} if subject is None else {'subject': subject}",
    "mail_send(to=['ada@example.org'], text='Gladly.', reply_to=record, **given)",
    "return 'sent'",
    takes="record, subject",
)
REPLIES = [
    (None, "Lunch", "Re: Lunch"),
    ("", "Lunch", "Re: Lunch"),
    ("  ", "Lunch", "Re: Lunch"),
    ("Re:", "Lunch", "Re: Lunch"),
    ("", "Re: Lunch", "Re: Lunch"),
    ("", "RE :  Déjeuner", "RE : Déjeuner"),
    ("", "", "Re:"),
    ("Lunch", "Dinner", "Re: Lunch"),
    ("Re:  Lunch", "Dinner", "Re: Lunch"),
    ("", "x" * 600, "Re: " + "x" * 496),
]


def ready(one: House, went: list[bytes], patch: pytest.MonkeyPatch) -> None:
    """With the function that sends as it is, up to the server, which takes everything."""
    one.embedding = Nudged()  # type: ignore[attr-defined]
    config = {"host": "imap.example.org", "user": "max@example.org", "smtp_host": "smtp.example.org"}
    one.store.sources.add("imap", "Mail", config, {"password": "x"})
    cast(dict[str, Any], one.host.performing.table)["mail.send"] = sending.send
    patch.setattr(outgoing, "hand_over", lambda _vault, _account, raw, _to: went.append(raw))
    one.install(ANSWERS)


@pytest.mark.parametrize(("said", "title", "goes"), REPLIES)
async def test_the_question_shows_the_subject_that_goes_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str | None, title: str, goes: str
) -> None:
    async with house(tmp_path / "vault.db") as one:
        went: list[bytes] = []
        ready(one, went, monkeypatch)
        (record,) = one.add(mail(title))
        view = await one.host.run("helper", "go", {"record": record, "subject": said})
        assert view.row.approval is not None, view.row.error
        asked = one.store.approvals.get(view.row.approval)
        shown = dict(views.approval(one.store, view.row.approval, "en").fields)["Subject"]
        await one.host.answer(view.row.approval, "once", digest("helper", "mail.send", asked.arguments))
        arrived = email.message_from_bytes(went[0], policy=email.policy.default)["Subject"]
        assert (shown, asked.arguments["subject"], " ".join(str(arrived).split())) == (goes, goes, goes)


async def test_a_subject_of_two_lines_is_refused_and_not_made_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path / "vault.db") as one:
        went: list[bytes] = []
        ready(one, went, monkeypatch)
        (record,) = one.add(mail("Lunch"))
        view = await one.host.run("helper", "go", {"record": record, "subject": "a\r\nBcc: eve@example.org"})
        if view.row.approval is not None:
            asked = one.store.approvals.get(view.row.approval)
            await one.host.answer(view.row.approval, "once", digest("helper", "mail.send", asked.arguments))
        assert went == []
