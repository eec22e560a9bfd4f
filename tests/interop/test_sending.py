"""mail.send over a real Exim: what arrives, what is never sent, and what is kept of it."""

from __future__ import annotations

import email
import email.policy
import time
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from app.functions import outgoing
from app.functions.port import Context
from storage.records import Record
from tests.servers import smtpd
from tests.servers.smtpd import PASSWORD, USER, Exim
from tests.unit.functions_fixtures import NOW, Host, calling, host_fixture, letter  # noqa: F401

LETTER = {"subject": "Lunch", "text": "Gladly, at noon.\n\nÀ bientôt, Ada\n"}
MACHINE, LIST = {"Auto-Submitted": "auto-replied"}, {"List-Id": "<chess.example.org>", "List-Post": "<mailto:c@d.org>"}


@pytest.fixture(scope="module", name="exim")
def exim_fixture() -> Iterator[Exim]:
    if reason := smtpd.missing():
        pytest.skip(reason)
    with Exim() as server:
        yield server


@pytest.fixture(name="at")
def account_fixture(host: Host, exim: Exim) -> Host:
    """With one account that sends; ada@example.org is its address."""
    add_account(host, exim)
    return host


def add_account(host: Host, exim: Exim, password: str = PASSWORD, **changes: Any) -> int:
    config = {
        "host": "localhost",
        "user": USER,
        "smtp_host": "localhost",
        "smtp_port": exim.port,
        "ca_file": str(exim.authority.file),
        **changes,
    }
    return host.vault.vault.sources.add("imap", "Mail", config, {"password": password})


def approved(**more: Any) -> Context:
    return calling(approved=True, **more)


def arrived(exim: Exim, who: str, subject: str) -> EmailMessage:
    """The newest mail to `who` with this subject, once Exim has delivered it."""
    until = time.monotonic() + 30
    while True:
        for raw in reversed(exim.delivered(who).split(b"\nFrom ")):
            found = email.message_from_bytes(raw.partition(b"\n")[2], policy=email.policy.default)
            if found["Subject"] == subject and isinstance(found, EmailMessage):
                return found
        assert time.monotonic() < until, exim.log()
        time.sleep(0.05)


def question(to: str = f"Ada <{USER}>", **headers: str) -> Record:
    return letter("Lunch", "At noon?", sender="One <one@example.org>", to=to, name="q", headers=headers)


async def test_an_answer_that_the_person_read_arrives_as_it_was_shown(at: Host, exim: Exim) -> None:
    at.vault.vault.settings.set(outgoing.NAME, "Ada Byron, née Ö")
    (asked,) = at.add(question(References="<first@example.net>"))
    answer = await at.call("mail.send", approved(), to="one@example.org", reply_to=asked, **LETTER)
    got = arrived(exim, "one", "Re: Lunch")
    assert got.get_content().replace("\r\n", "\n").strip() == LETTER["text"].strip()
    heads = {name: str(got[name]) for name in ("From", "To", "In-Reply-To", "References", "Message-ID")}
    assert heads == {
        "From": '"Ada Byron, née Ö" <ada@example.org>',
        "To": "one@example.org",
        "In-Reply-To": "<q@example.net>",
        "References": "<first@example.net> <q@example.net>",
        "Message-ID": answer["message_id"],
    }
    assert got["Auto-Submitted"] is None
    assert got["Date"].datetime == NOW


async def test_what_no_person_read_says_so_in_its_own_language_and_in_its_header(at: Host, exim: Exim) -> None:
    (asked,) = at.add(question())
    text = "Bonjour, je vous réponds que nous serons là pour le déjeuner, avec les enfants.\n"
    await at.call("mail.send", calling(), to="two@example.org", subject="Déjeuner", text=text, reply_to=asked)
    got = arrived(exim, "two", "Re: Déjeuner")
    assert got["Auto-Submitted"] == "auto-replied"
    assert got.get_content().strip().splitlines()[-1].startswith("Écrit et envoyé automatiquement par Nuée")


async def test_what_answers_nothing_is_said_to_be_generated(at: Host, exim: Exim) -> None:
    await at.call("mail.send", calling(), to="three@example.org", subject="Digest", text="Two mails came.")
    assert arrived(exim, "three", "Digest")["Auto-Submitted"] == "auto-generated"


async def test_the_copy_is_kept_as_the_persons_own_mail_of_that_conversation(at: Host) -> None:
    (asked,) = at.add(question())
    answer = await at.ask("mail.send", approved(), to="max@example.org", reply_to=asked, **LETTER)
    (kept,) = await at.call("mail.sent", to="max@example.org")
    found = (kept["folder"], kept["from_me"], set(kept["thread"]), kept["message_id"])
    assert found == ("Sent", True, {kept["id"], asked}, answer.value["message_id"])
    assert answer.records == (kept["id"], asked)


async def test_everybody_named_gets_it_once(at: Host, exim: Exim) -> None:
    await at.call(
        "mail.send",
        approved(),
        to=["four@example.org", "FOUR@example.org"],
        cc="five@example.org",
        subject="All",
        text="Hi",
    )
    assert arrived(exim, "five", "All")["Cc"] == "five@example.org"
    arrived(exim, "four", "All")
    assert exim.delivered("four").count(b"Subject: All") == 1


@pytest.mark.parametrize("headers", [MACHINE, {"Return-Path": "<>"}])
@pytest.mark.parametrize("read", [True, False])
async def test_what_a_machine_sent_is_never_answered(at: Host, headers: dict[str, str], read: bool) -> None:
    (asked,) = at.add(question(**headers))
    context = calling(approved=read)
    failed = await at.failure("mail.send", context, to="six@example.org", reply_to=asked, **LETTER)
    assert (failed.kind, failed.code) == ("PermissionError", "automatic-mail")


@pytest.mark.parametrize("headers", [LIST, {"Precedence": "bulk"}, {"List-Unsubscribe": "<https://example.org/u>"}])
async def test_a_list_is_not_answered_by_itself(at: Host, headers: dict[str, str]) -> None:
    (asked,) = at.add(question(**headers))
    failed = await at.failure("mail.send", calling(), to="six@example.org", reply_to=asked, **LETTER)
    assert (failed.kind, failed.code) == ("PermissionError", "bulk-mail")


async def test_a_list_is_answered_once_the_person_has_read_the_answer(at: Host, exim: Exim) -> None:
    (asked,) = at.add(question(**LIST))
    await at.call("mail.send", approved(), to="seven@example.org", reply_to=asked, subject="Chess", text="e4")
    assert arrived(exim, "seven", "Re: Chess")


async def test_an_address_that_nobody_reads_gets_nothing_by_itself(at: Host) -> None:
    (asked,) = at.add(letter("Order", sender="Shop <no-reply@shop.example>"))
    codes = [
        (await at.failure("mail.send", calling(), to="six@example.org", reply_to=asked, **LETTER)).code,
        (await at.failure("mail.send", calling(), to="noreply@shop.example", **LETTER)).code,
    ]
    assert codes == ["bulk-mail", "bulk-mail"]


async def test_the_same_address_gets_one_mail_a_day_that_nobody_read(at: Host, exim: Exim) -> None:
    async def again(context: Context, to: Any = "eight@example.org") -> None:
        await at.call("mail.send", context, to=to, subject="Away", text="I am away.")

    await again(calling())
    failed = await at.failure("mail.send", calling(), to=["nine@example.org", "Eight@Example.org"], **LETTER)
    assert (failed.kind, failed.code) == ("PermissionError", "once-a-day")
    await again(calling(), "nine@example.org")  # the refusal above counted for nobody
    await again(approved())
    await again(calling(now=NOW + timedelta(days=1, seconds=1)))
    arrived(exim, "eight", "Away")


async def test_what_was_refused_by_the_server_counts_for_nothing(host: Host, exim: Exim) -> None:
    wrong = add_account(host, exim, password="wrong")
    first = await host.failure("mail.send", calling(), to="one@example.org", **LETTER)
    host.vault.vault.sources.remove(wrong, keep=True)
    add_account(host, exim)
    await host.call("mail.send", calling(), to="one@example.org", **LETTER)
    assert (first.kind, first.code) == ("OSError", "send-auth")


async def test_a_mail_that_was_not_taken_leaves_no_copy(at: Host) -> None:
    failed = await at.failure("mail.send", approved(), to=["max@example.org", "nobody@example.org"], **LETTER)
    assert (failed.code, await at.call("mail.sent")) == ("send-recipients", [])


async def test_without_an_account_that_sends_nothing_is_sent(host: Host) -> None:
    host.vault.vault.sources.add("imap", "Mail", {"host": "localhost", "user": USER}, {"password": "x"})
    failed = await host.failure("mail.send", approved(), to="one@example.org", **LETTER)
    assert (failed.kind, failed.code) == ("OSError", "no-account")


async def test_nothing_is_sent_in_airplane_mode(at: Host) -> None:
    at.airplane = True
    failed = await at.failure("mail.send", approved(), to="one@example.org", **LETTER)
    assert (failed.kind, failed.code) == ("OSError", "airplane")


async def test_an_answer_comes_from_the_account_that_the_mail_came_to(host: Host, exim: Exim) -> None:
    add_account(host, exim, address="work@example.org")
    add_account(host, exim, address="home@example.org")
    (asked,) = host.add(question(to="Ada <home@example.org>"))
    await host.call("mail.send", approved(), to="max@example.org", reply_to=asked, subject="Which", text="This one.")
    assert arrived(exim, "max", "Re: Which")["From"] == "home@example.org"


INJECTED = [
    {"subject": "Lunch\r\nBcc: eve@evil.example"},
    {"subject": "Lunch\nX: y"},
    {"subject": "Lunch\u2028Bcc: eve@evil.example"},
    {"to": "one@example.org\r\nBcc: eve@evil.example"},
    {"to": "one@example.org, eve@evil.example"},
    {"to": "One <one@example.org>"},
    {"to": "one@example.org "},
    {"to": "оne@example.org"},  # a Cyrillic letter
    {"cc": ["eve@evil.example\n\nBody"]},
    {"to": []},
]


@pytest.mark.parametrize("changes", INJECTED, ids=range(len(INJECTED)))
async def test_no_argument_becomes_a_header_or_another_recipient(at: Host, changes: dict[str, Any]) -> None:
    failed = await at.failure("mail.send", approved(), **{"to": "one@example.org", **LETTER, **changes})
    assert failed.kind == "ValueError"


async def test_a_mail_made_to_put_headers_into_its_answer_does_not(at: Host, exim: Exim) -> None:
    evil = letter(
        "Hi\u2028Bcc: eve@evil.example",
        sender="One <one@example.org>",
        headers={
            "References": "<a@b>\r\n <x\x01y@z> <=?utf-8?q?=0D=0ABcc:_eve@evil.example?=>",
            "Message-ID": "<ok@e\x00vil>",
        },
    )
    (asked,) = at.add(evil)
    await at.call("mail.send", approved(), to="max@example.org", reply_to=asked, subject="Header", text="Body")
    got = arrived(exim, "max", "Re: Header")
    assert {name.lower() for name in got} <= {
        *("return-path", "envelope-to", "delivery-date", "received", "from", "to", "subject", "date", "message-id"),
        *("in-reply-to", "references", "mime-version", "content-type", "content-transfer-encoding"),
    }


async def test_long_ids_are_named_as_they_are(at: Host, exim: Exim) -> None:
    long = f"{'a' * 300}@mail.example.net"
    (asked,) = at.add(letter("Long", sender="One <one@example.org>", headers={"Message-ID": f"<{long}>"}))
    await at.call("mail.send", approved(), to="max@example.org", reply_to=asked, subject="Long", text="Yes.")
    assert arrived(exim, "max", "Re: Long")["In-Reply-To"] == f"<{long}>"
