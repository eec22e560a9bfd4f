"""Whose mail a request means, and which of the contacts it names."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from agent.arguments import Surroundings, fill, people_in, whose_mail
from agent.tools import Tool
from skills.declared import Argument, Text
from storage.records import Record
from tests.unit.test_interop_commands import opened
from tests.unit.vault_fixtures import mail

ABOUT = Text("It", "Cela")
TOOL = Tool("reader", "read", ABOUT, ABOUT, (Argument("mail", "mail", ABOUT), Argument("who", "person", ABOUT)))
CONTACTS = ("Ada Lovelace", "Will Smith", "Zoé Le Goff")


@pytest.mark.parametrize(
    ("request_", "whose"),
    [
        ("answer Ada's mail", "Ada"),
        ("answer Ada Lovelace’s last email that I come", "Ada Lovelace"),
        ("label the last message from Karim as work", "Karim"),
        ("réponds au mail d'Ada que je viens", "Ada"),
        ("résume le dernier courriel de Zoé", "Zoé"),
        ("read the mail from ada@example.org", "ada@example.org"),
        ("what does the mail say about the tax", ""),
        ("sort my mail", ""),
        ("today's mail", ""),
    ],
)
def test_whose_mail_a_request_means(request_: str, whose: str) -> None:
    assert whose_mail(request_) == whose


@pytest.mark.parametrize(
    ("request_", "named"),
    [
        ("tell ada lovelace that I will come", ["Ada Lovelace"]),
        ("Zoe Le Goff a-t-elle écrit", ["Zoé Le Goff"]),
        ("ask Will about it", ["Will"]),
        ("I will come", []),
    ],
)
def test_the_contacts_that_a_request_names(request_: str, named: list[str]) -> None:
    assert people_in(request_, CONTACTS) == named


def test_the_mail_that_is_meant_fills_the_argument_unless_another_is_named() -> None:
    around = Surroundings(date(2026, 3, 4), ("cited",), mail="newest")
    assert fill(TOOL, "label Ada's mail", around).values["mail"] == "newest"
    named = "0123456789abcdef0123456789abcdef"
    assert fill(TOOL, f"label Ada's mail {named}", around).values["mail"] == named


async def test_the_newest_mail_of_that_person_is_looked_up(home: Path) -> None:
    async with opened(home) as node:
        first, last, other = (
            mail(title, sender=sender, date=when)
            for title, sender, when in (
                ("Old", "Ada Lovelace <ada@example.org>", 1.0),
                ("New", "Ada Lovelace <ada@example.org>", 2.0),
                ("Ada?", "Bob <bob@example.org>", 3.0),
            )
        )
        card = Record("contact", "Ada Lovelace", "ada@example.org")
        node.vault.vault.library.add([first, last, other, card])
        around = await node.routing.around("answer Ada's mail")
        assert (around.mail, around.people) == (last.id(), ("Ada",))
        assert (await node.routing.around("answer my mail")).mail == ""
