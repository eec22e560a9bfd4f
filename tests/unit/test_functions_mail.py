"""Mail as skills get it, over a real vault: mail.search, mail.get, mail.thread, mail.sent, mail.label, mail.draft."""

from __future__ import annotations

from typing import Any

import pytest

from agent.policy import FUNCTIONS
from app.functions import undo
from app.functions.table import TABLE
from storage.drafts import Message
from storage.records import Claim, Record
from storage.sources import automatic
from tests.paths import ROOT
from tests.unit.functions_fixtures import ME, Host, calling, card, host_fixture, letter  # noqa: F401
from tests.unit.vault_fixtures import note

OF_SKILLS = sorted(name for name in TABLE if FUNCTIONS[name].permission is not None)
ANSWER = "Noon is fine.\n\nOn Tue, 3 Mar 2026 at 12:00, Ada Byron <ada@example.net> wrote:\n> Shall we meet at noon?\n"


def test_every_function_that_a_permission_grants_is_there_but_those_of_peers_and_purse() -> None:
    assert {name for name, one in FUNCTIONS.items() if one.permission is not None} - set(OF_SKILLS) == {
        "peer.ask",
        "wallet.pay",
    }


@pytest.mark.parametrize("function", OF_SKILLS)
def test_every_function_stands_in_the_contract(function: str) -> None:
    assert f"`{function.replace('.', '_')}(" in (ROOT / "docs" / "host-functions.md").read_text("utf-8")


@pytest.mark.parametrize("function", OF_SKILLS)
async def test_an_argument_that_does_not_exist_is_refused(host: Host, function: str) -> None:
    failed = await host.failure(function, None, purpose="evil")
    assert (failed.kind, "purpose" in str(failed)) == ("ValueError", True)


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("mail.search", {"query": 7}),
    ("mail.search", {"limit": 0}),
    ("mail.search", {"limit": True}),
    ("mail.search", {"since": "yesterday"}),
    ("mail.search", {"query": "is:purple"}),
    ("mail.get", {}),
    ("mail.get", {"id": ["m1"]}),
    ("mail.label", {"id": "m", "priority": "urgent"}),
    ("mail.draft", {"to": [7], "subject": "a", "text": "b"}),
    ("mail.draft", {"to": [], "subject": "a\nb", "text": "b"}),
    ("mail.draft", {"to": [], "subject": "a", "text": "  "}),
    ("note.search", {"query": "\ud800"}),
    ("event.list", {"start": "2026-03-04"}),
    ("event.list", {"start": "2026-03-04", "end": "2029-03-04"}),
    ("event.add", {"title": "", "start": "2026-03-04", "end": "2026-03-05"}),
    ("event.add", {"title": "a", "start": "2026-03-05", "end": "2026-03-04"}),
    ("memory.list", {"kind": "secret"}),
    ("net.fetch", {"address": "http://example.org/"}),
    ("net.fetch", {"address": "example.org"}),
    ("net.fetch", {"address": "https://user:pw@example.org/"}),
    ("model.write", {"instructions": "a", "text": "b", "max_tokens": 601}),
    ("model.choose", {"instructions": "a", "text": "b", "options": []}),
    ("model.choose", {"instructions": "a", "text": "b", "options": ["x", "x"]}),
    ("kept.set", {"key": "k", "value": float("nan")}),
    ("kept.set", {"key": "k", "value": "x" * 70_000}),
    ("contract.compile", {"source": None}),
]


@pytest.mark.parametrize(("function", "arguments"), WRONG, ids=[f"{name}{list(a)}" for name, a in WRONG])
async def test_an_argument_of_the_wrong_kind_is_a_value_error(
    host: Host, function: str, arguments: dict[str, Any]
) -> None:
    if "id" in arguments and function == "mail.label":
        arguments = {**arguments, "id": host.add(letter())[0]}
    assert (await host.failure(function, None, **arguments)).kind == "ValueError"


async def test_what_is_wrong_is_said_in_the_language_of_the_person(host: Host) -> None:
    assert str(await host.failure("mail.get", calling(language="fr"))) == "L’argument «\u00a0id\u00a0» manque."


async def test_without_a_query_the_newest_come_first(host: Host) -> None:
    host.add(letter("Old", date="Mon, 02 Feb 2026 12:00:00 +0100"), letter("New"), note())
    assert [one["title"] for one in await host.call("mail.search")] == ["New", "Old"]


async def test_words_find_mail_and_nothing_else(host: Host) -> None:
    host.add(letter("Heron", "A heron by the mill."), letter("Rent", "It is paid."), note("Heron", "heron"))
    (one,) = await host.call("mail.search", query="heron kind:note")
    assert (one["title"], one["snippet"]) == ("Heron", "A heron by the mill.")


@pytest.mark.parametrize("query", ["", "rent"])
async def test_a_day_is_the_whole_of_it_in_the_persons_time(host: Host, query: str) -> None:
    host.add(
        letter("Before", "rent", date="Mon, 02 Mar 2026 23:59:00 +0100"),
        letter("Within", "rent", date="Tue, 03 Mar 2026 00:30:00 +0100"),
        letter("Late", "rent", date="Tue, 03 Mar 2026 23:30:00 +0100"),
        letter("After", "rent", date="Wed, 04 Mar 2026 00:10:00 +0100"),
    )
    found = await host.call("mail.search", query=query, since="2026-03-03", until="2026-03-03")
    assert {one["title"] for one in found} == {"Within", "Late"}


async def test_a_folder_and_a_filter_narrow_it(host: Host) -> None:
    host.add(letter("A", folder="Work/Orders"), letter("B", folder="INBOX"))
    assert [one["title"] for one in await host.call("mail.search", folder="orders")] == ["A"]
    assert [one["title"] for one in await host.call("mail.search", query="subject:b")] == ["B"]


async def test_another_kind_cannot_be_asked_for(host: Host) -> None:
    host.add(letter("Mail"), note())
    assert [one["title"] for one in await host.call("mail.search", query="kind:note")] == ["Mail"]


async def test_a_brief_says_all_that_it_must(host: Host) -> None:
    (name,) = host.add(letter())
    await host.call("mail.label", id=name, labels=["Family"], priority="high")
    (one,) = await host.call("mail.search")
    assert one == {
        "id": name,
        "title": "Lunch on Friday",
        "sender": "Ada Byron <ada@example.net>",
        "date": "2026-03-03T11:00:00Z",
        "snippet": "Shall we meet at noon?",
        "labels": ["Family"],
        "priority": "high",
        "needs_answer": False,
        "from_me": False,
        "unread": True,
    }


async def test_mail_that_nobody_marked_says_so(host: Host) -> None:
    host.add(letter())
    (one,) = await host.call("mail.search")
    assert (one["labels"], one["priority"], one["needs_answer"]) == ([], None, None)


async def test_a_mail_says_all_that_it_must(host: Host) -> None:
    host.add(card("Ada", "Ada@Example.net"))
    first, name = host.add(
        letter(name="one"),
        letter(
            "Re: Lunch on Friday",
            ANSWER,
            name="two",
            headers={"Cc": "Bob <bob@example.org>", "References": "<one@example.net>"},
        ),
    )
    assert await host.call("mail.get", id=name) == {
        "id": name,
        "title": "Re: Lunch on Friday",
        "sender": "Ada Byron <ada@example.net>",
        "address": "ada@example.net",
        "to": [f"Max <{ME}>"],
        "cc": ["Bob <bob@example.org>"],
        "date": "2026-03-03T11:00:00Z",
        "text": ANSWER.strip(),
        "own_text": "Noon is fine.",
        "folder": "INBOX",
        "flags": [],
        "labels": [],
        "priority": None,
        "needs_answer": None,
        "automatic": False,
        "newsletter": False,
        "authenticated": None,
        "from_me": False,
        "from_contact": True,
        "message_id": "<two@example.net>",
        "thread": [first, name],
    }


@pytest.mark.parametrize("function", ["mail.get", "mail.thread", "mail.label", "note.get"])
async def test_an_id_of_nothing_or_of_another_kind_is_a_lookup_error(host: Host, function: str) -> None:
    (mail,) = host.add(letter())
    (other,) = host.add(note())
    wrong = mail if function == "note.get" else other
    kinds = [(await host.failure(function, None, id=name)).kind for name in (wrong, "m000000000000")]
    assert kinds == ["LookupError", "LookupError"]


async def test_a_conversation_is_told_from_its_beginning(host: Host) -> None:
    host.add(letter(name="one", date="Mon, 02 Mar 2026 10:00:00 +0100"))
    (name,) = host.add(letter("Re: Lunch on Friday", ANSWER, headers={"In-Reply-To": "<one@example.net>"}))
    host.add(letter("Rent"))
    assert [one["title"] for one in await host.call("mail.thread", id=name)] == [
        "Lunch on Friday",
        "Re: Lunch on Friday",
    ]


async def test_sent_mail_is_the_persons_own_to_whom_it_was_asked_for(host: Host) -> None:
    host.add(
        letter("To Ada", sender=f"Max <{ME}>", to="Ada <ada@example.net>"),
        letter("To Bob", sender=f"Max <{ME}>", to="Bob <bob@example.org>"),
        letter("From Ada"),
    )
    assert [one["title"] for one in await host.call("mail.sent", to="ada@example.net")] == ["To Ada"]
    assert {one["title"] for one in await host.call("mail.sent")} == {"To Ada", "To Bob"}


async def test_who_wrote_what_lies_among_sent_mail_is_the_person(host: Host) -> None:
    host.vault.vault.settings.unset("my_addresses")
    host.add(letter("Mine", sender="M <m@home.example>", folder="Takeout/Envoyés"), letter("Theirs"))
    assert {one["title"]: one["from_me"] for one in await host.call("mail.search")} == {"Mine": True, "Theirs": False}


async def test_whoever_tries_the_sample_mailbox_is_the_one_it_belongs_to(host: Host) -> None:
    host.add(letter("Hers", sender="Camille Moreau <camille.moreau@example.org>"))
    assert (await host.call("mail.sent")) == []
    host.vault.vault.settings.set("sample", True)
    assert [one["title"] for one in await host.call("mail.sent")] == ["Hers"]


async def test_whatever_is_read_is_named_as_a_source(host: Host) -> None:
    (name,) = host.add(letter())
    for function, arguments in (
        ("mail.search", {}),
        ("mail.search", {"query": "noon"}),
        ("mail.get", {"id": name}),
        ("mail.thread", {"id": name}),
    ):
        (source,) = (await host.ask(function, None, **arguments)).sources
        assert (source.origin, source.record, source.address) == ("mail", name, "ada@example.net")


async def test_a_sender_counts_as_checked_only_where_the_accounts_own_server_checked_it(host: Host) -> None:
    (plain,) = host.add(letter("Plain"))
    assert [one.authenticated for one in (await host.ask("mail.get", None, id=plain)).sources] == [False]


async def test_a_verdict_of_the_accounts_own_server_is_told(host: Host) -> None:
    host.vault.vault.settings.set("authentication.servers", {"": ["mx.example.org"]})
    one = letter("Checked")
    claimed = [
        Record(**{**vars(one), "claim": Claim(verdict, "example.org", True), "external_id": verdict})
        for verdict in ("passed", "failed")
    ]
    names = host.add(*claimed)
    answers = [await host.ask("mail.get", None, id=name) for name in names]
    assert [(one.value["authenticated"], one.sources[0].authenticated) for one in answers] == [
        (True, True),
        (False, False),
    ]


MACHINES = [
    ({"Auto-Submitted": "auto-replied"}, True),
    ({"Auto-Submitted": "auto-generated; owner-email=x@example.org"}, True),
    ({"Auto-Submitted": "no"}, False),
    ({"Return-Path": "<>"}, True),
    ({"Content-Type": "multipart/report; report-type=delivery-status; boundary=x"}, True),
    ({"X-Auto-Response-Suppress": "OOF, AutoReply"}, True),
    ({"Precedence": "auto_reply"}, True),
    ({}, False),
]


@pytest.mark.parametrize(("headers", "machine"), MACHINES)
def test_what_a_machine_sent_is_known_by_its_header(headers: dict[str, str], machine: bool) -> None:
    assert automatic.of(letter(headers=headers).raw).machine == machine


BULK = [
    ({"List-Id": "<chess.example.org>", "List-Post": "<mailto:chess@example.org>"}, (True, False)),
    ({"List-Id": "<news.example.org>", "List-Unsubscribe": "<https://example.org/u>"}, (True, True)),
    ({"List-Unsubscribe": "<mailto:u@example.org>", "List-Post": "NO (closed)"}, (True, True)),
    ({"Precedence": "bulk"}, (True, True)),
    ({}, (False, False)),
]


@pytest.mark.parametrize(("headers", "found"), BULK)
def test_a_list_and_a_newsletter_are_told_apart(headers: dict[str, str], found: tuple[bool, bool]) -> None:
    nature = automatic.of(letter(headers=headers).raw)
    assert (nature.bulk, nature.newsletter) == found


@pytest.mark.parametrize(
    "address",
    [
        "no-reply@x.org",
        "noreply@x.org",
        "DoNotReply@x.org",
        "ne-pas-repondre@x.fr",
        "mailer-daemon@x.org",
        "bounces@x.org",
        "chess-request@x.org",
        "shop-noreply@x.org",
    ],
)
def test_an_address_that_nobody_reads_is_known_by_its_name(address: str) -> None:
    assert automatic.is_machine(address)


@pytest.mark.parametrize("address", ["ada@x.org", "norbert@x.org", "reply@x.org", "postmanpat@x.org", "noreen@x.org"])
def test_an_address_that_only_looks_alike_is_somebodys(address: str) -> None:
    assert not automatic.is_machine(address)


async def test_a_label_leaves_what_is_not_given_and_can_be_taken_back(host: Host) -> None:
    (name,) = host.add(letter())
    await host.call("mail.label", id=name, labels=["Family"])
    answer = await host.ask("mail.label", None, id=name, needs_answer=True)
    assert answer.value == {"labels": ["Family"], "priority": None, "needs_answer": True}
    assert answer.undo is not None
    await undo.TABLE[answer.undo.function](host.node, calling(), answer.undo.arguments)
    assert (await host.call("mail.get", id=name))["needs_answer"] is False


async def test_marks_that_were_changed_since_are_not_taken_back(host: Host) -> None:
    (name,) = host.add(letter())
    answer = await host.ask("mail.label", None, id=name, labels=["Family"])
    await host.call("mail.label", calling("other"), id=name, labels=["Work"])
    assert answer.undo is not None
    with pytest.raises(Exception, match="changed since"):
        await undo.TABLE[answer.undo.function](host.node, calling(), answer.undo.arguments)
    assert (await host.call("mail.get", id=name))["labels"] == ["Work"]


async def test_a_draft_waits_for_the_person_and_can_be_taken_back(host: Host) -> None:
    (name,) = host.add(letter())
    answer = await host.ask(
        "mail.draft", None, to="ada@example.net", subject="Re: Lunch", text="Gladly.", reply_to=name
    )
    drafts = host.vault.vault.drafts
    (draft,) = drafts.list()
    assert (answer.value, draft.message, draft.record, draft.skill) == (
        {"draft": draft.id},
        Message(("ada@example.net",), "Re: Lunch", "Gladly."),
        name,
        "reply",
    )
    assert answer.undo is not None
    await undo.TABLE[answer.undo.function](host.node, calling(), answer.undo.arguments)
    assert drafts.list() == []


async def test_a_draft_that_was_sent_is_not_taken_back(host: Host) -> None:
    answer = await host.ask("mail.draft", None, to="ada@example.net", subject="Lunch", text="Gladly.")
    host.vault.vault.drafts.sent(answer.value["draft"])
    assert answer.undo is not None
    with pytest.raises(Exception, match="cannot be taken back"):
        await undo.TABLE[answer.undo.function](host.node, calling(), answer.undo.arguments)
