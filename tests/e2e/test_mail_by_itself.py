"""Mail that comes in while a node runs, from Dovecot to Exim: sorted once, answered where the person said so and
nowhere else.  No model is there: what these skills need is found by rules."""

from __future__ import annotations

import email
import email.policy
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from itertools import count
from typing import Any

import pytest

from tests.e2e.household import Nuee, eventually, owned
from tests.servers import dovecot, smtpd
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.smtpd import Exim

ME, ADA, BEA, STRANGER = (f"{name}@example.org" for name in ("ada", "one", "two", "three"))
CARDS = "".join(
    f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{name}\r\nEMAIL:{address}\r\nEND:VCARD\r\n"
    for name, address in (("Ada Byron", ADA), ("Bea Klein", BEA))
)
OLD = 1_772_600_000  # seconds since the epoch: no news


@dataclass
class House:
    """A node with an account; `arrive` delivers to the account's INBOX and reads it."""

    nuee: Nuee
    mailbox: Dovecot
    exim: Exim
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def deliver(self, sender: str, subject: str, body: str, at: float, **headers: str) -> None:
        number = next(self._numbers)
        address = sender.rpartition("<")[2].strip(">")
        lines = [
            "Received: from somewhere ([192.0.2.9]) by mx.example.org with ESMTPS",
            f"Authentication-Results: mx.example.org; dmarc=pass header.from={address.rpartition('@')[2]}",
            *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
            f"From: {sender}",
            f"To: Max <{ME}>",
            f"Subject: {subject}",
            f"Message-ID: <{number}@example.net>",
            f"Date: {formatdate(at)}",
        ]
        raw = "\r\n".join([*lines, "", body, ""]).encode()
        self.mailbox.deliver(ME, "INBOX", f"{int(at)}.{number}.x", raw)

    def arrive(self, sender: str, subject: str, body: str, **headers: str) -> str:
        """The id that the mail has in the vault."""
        self.deliver(sender, subject, body, time.time(), **headers)
        self.nuee.said("sources", "sync")
        (found,) = [hit for hit in self.nuee.json("search", subject, "--words")["hits"] if hit["title"] == subject]
        return str(found["id"])

    def marked(self, *subjects: str) -> list[str]:
        """What activity tells of marks on these mails, once there is something of each."""

        def told() -> list[str]:
            said = [row["sentence"] for row in self.nuee.json("activity")["activity"]]
            found = [one for one in said if one.startswith(tuple(f"Marked “{subject}”" for subject in subjects))]
            return found if all(any(subject in one for one in found) for subject in subjects) else []

        return sorted(eventually(told))

    def sent(self, to: str, number: int) -> list[Any]:
        """The mails that Exim brought to this person, once there are so many."""

        def box() -> bytes:
            found = self.exim.delivered(to.partition("@")[0])
            return found if found.count(b"\nMessage-ID:") >= number else b""

        parts = [part for part in b"\n".join([b"", eventually(box)]).split(b"\nFrom ") if part.strip()]
        return [email.message_from_bytes(part.partition(b"\n")[2], policy=email.policy.default) for part in parts]


@pytest.fixture(scope="module", name="house")
def house_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    if reason := smtpd.missing() or dovecot.missing():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("mail")
    (folder / "password").write_text(PASSWORD)
    (folder / "people.vcf").write_text(CARDS)
    with Exim() as exim, Dovecot() as mailbox, owned(folder) as owner:
        mailbox.add_user(ME)
        house = House(owner.nuee, mailbox, exim)
        for number in range(6):  # from which it learns whose word counts on who wrote a mail
            house.deliver("Club <club@example.com>", f"Minutes {number}", "We met.", OLD + number)
        head = f"From: Max <{ME}>\r\nTo: Ada <{ADA}>\r\nSubject: Boats\r\nDate: {formatdate(OLD)}\r\n\r\n"
        before = f"{head}Dear Ada,\r\n\r\nshall we sail?\r\n\r\nMax\r\n"
        mailbox.deliver(ME, "Sent", f"{OLD}.0.x:2,S", before.encode())  # their own voice, which a standing rule covers
        trusted = folder / "trusted.pem"
        trusted.write_text(mailbox.authority.file.read_text() + exim.authority.file.read_text())
        account = ["--host", "localhost", "--port", str(mailbox.port), "--user", ME, "--ca-file", str(trusted)]
        account += ["--smtp-host", "localhost", "--smtp-port", str(exim.port)]
        owner.nuee.said("sources", "add", "contacts", str(folder / "people.vcf"))
        owner.nuee.said("sources", "add", "imap", *account, "--password-file", str(folder / "password"))
        owner.nuee.said("sources", "sync")
        yield house


def test_new_mail_is_sorted_as_it_comes_in_and_each_once(house: House) -> None:
    figures = house.arrive(f"Bea Klein <{BEA}>", "Figures", "Could you send me the figures?")
    deals = house.arrive("Shop <news@shop.example>", "Deals", "Unsubscribe here.", List_Id="<deals.shop.example>")
    first = house.marked("Figures", "Deals")
    assert len(first) == 2
    assert "Found to be: work, high priority, wants an answer\n" in house.nuee.said("show", figures)
    assert "Found to be: newsletter, low priority\n" in house.nuee.said("show", deals)

    house.arrive(f"Bea Klein <{BEA}>", "Thanks", "Hello Max,\r\n\r\nthank you, the report is fine.\r\n\r\nBea")
    assert [one for one in house.marked("Figures", "Deals", "Thanks") if "Thanks" not in one] == first


def test_an_answer_that_was_always_agreed_to_is_sent_alone_and_to_nobody_else(house: House) -> None:
    nuee, ada = house.nuee, f"Ada Byron <{ADA}>"
    nuee.said("memory", "add", "--instruction", "When Ada writes, answer that I am away until Monday")
    house.arrive(ada, "Lunch", "Hello Max,\r\n\r\ncould you come to lunch?\r\n\r\nAda")
    (asked,) = eventually(lambda: nuee.json("approvals")["approvals"])
    shown = nuee.said("approvals", "show", str(asked["id"]))
    assert "I am away until Monday." in shown
    assert ADA in asked["always"]
    assert house.exim.delivered("one") == b""
    nuee.said("approvals", "always", str(asked["id"]))
    (read,) = house.sent(ADA, 1)
    assert (read["Subject"], read["Auto-Submitted"]) == ("Re: Lunch", None)

    house.arrive(ada, "Away", "I am away, too.", Auto_Submitted="auto-replied")
    house.arrive(ada, "Letter", "To all of the list: could you come?", List_Id="<friends.example.org>")
    house.arrive(ada, "All of you", "Could you all come?", Precedence="bulk")
    house.arrive(f"Ada Byron <{STRANGER}>", "It is me", "Hello Max,\r\n\r\ncould you come to lunch?\r\n\r\nAda")
    house.arrive(ada, "Dinner", "Hello Max,\r\n\r\ncould you come to dinner, then?\r\n\r\nAda")
    _, unread = house.sent(ADA, 2)  # mail is answered in the order it came in: all of it was looked at by now
    assert (unread["To"], unread["Subject"], unread["Auto-Submitted"]) == (ADA, "Re: Dinner", "auto-replied")
    assert "I am away until Monday." in unread.get_content()
    assert "Dear Ada," in unread.get_content(), "in the voice of what they sent"
    assert f"Written and sent automatically by Nuée for {ME}, who has not read it before." in unread.get_content()
    assert house.exim.delivered("three") == b""
    assert (nuee.json("approvals")["approvals"], nuee.json("drafts")["drafts"]) == ([], [])
