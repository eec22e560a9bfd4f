"""Write the vault of this release: `python -m tests.vectors.make NNNN`.

Run once for each release that changes the key file or the vault, and commit the folder; a released one is never
written again.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np

from storage import keys
from storage.approval_rows import ApprovalSource, State
from storage.conversations import Citation
from storage.drafts import Message
from storage.ledger import Item
from storage.offers import Offer
from storage.outbox import Effect, Heard
from storage.records import Attachment, Record
from storage.runs import Call
from storage.skill_store import Coming
from storage.vault import Vault
from tests.vectors import chain

HERE = Path(__file__).parent
PASSPHRASE = "correct horse battery staple"
STATES = get_args(State)
MODEL = "all-MiniLM-L6-v2"
PEER = "12D3KooWGRUkfXSXJk9kZ3T5LmXsVRZWvW5o1S1bFsAnTzBTkMvQ"

RECORDS = [
    Record(
        "mail",
        "Déjeuner vendredi",
        "Bonjour Max,\n\nOn se retrouve à midi, à la gare de l’Est ?\n\nÉlodie",
        date=1_750_000_000.0,
        external_id="dejeuner@example.org",
        sender="Élodie Martin <elodie@example.org>",
        recipients=("Max <max@example.org>",),
        folder="Inbox",
        origin="inbox.mbox#1",
        raw=b"Message-ID: <dejeuner@example.org>\r\n\r\nBonjour Max,\xe9\r\n",
    ),
    Record(
        "mail",
        "Re: Déjeuner vendredi",
        "Perfect, see you at noon. The ticket is attached.",
        date=1_750_003_600.5,
        external_id="re@example.org",
        sender="Max <max@example.org>",
        recipients=("Élodie Martin <elodie@example.org>", "Ada <ada@example.org>"),
        references=("dejeuner@example.org",),
        attachments=(
            Attachment("ticket.pdf", "application/pdf", 1234),
            Attachment("plan.txt", "text/plain", 25, "Platform 7, carriage 12."),
        ),
        warnings=("The charset was guessed.",),
    ),
    Record("note", "Garden", "# Spring\n\nTomatoes want sun.\n\n# Autumn\n\nLeeks do not mind.", folder="notes"),
    Record("file", "packing.txt", "Tent, stove, 😀, rope."),
]


FORGOTTEN = Record("mail", "Forgotten", "It shall not come back.", external_id="f@example.org")
# What a source brings in; since the second release.
SYNCED = [
    Record(
        "event", "Dentist", "Dentist, Tuesday at ten.", date=1.76e9, ends=1.76e9 + 1800, external_id="e@example.org"
    ),
    Record("contact", "Élodie Martin", "elodie@example.org", raw=b"BEGIN:VCARD\r\nFN:Elodie\r\nEND:VCARD\r\n"),
    Record("article", "Tides", "High water at nine.", sender="Coast News", date=1.75e9, folder="Coast News"),
    Record("note", "Roof", "See [[Garden]].", name="Roof", links=("garden",)),
    Record("mail", "Seen", "Read already.", external_id="s@example.org", flags=("answered", "seen"), folder="INBOX"),
]


def make(folder: Path) -> None:
    """Fill an empty folder with `keys.json`, `vault.db` and `contents.json`, which says what must be found."""
    folder.mkdir()
    secrets, phrase = keys.create(folder / "keys.json", PASSPHRASE)
    with Vault.create(folder / "vault.db", bytes(secrets.vault_key)) as vault:
        _fill(vault)
        contents = read(vault)
    contents |= {"passphrase": PASSPHRASE, "phrase": phrase, "identity_seed": secrets.identity_seed.hex()}
    text = json.dumps(contents, ensure_ascii=False, indent=1)
    (folder / "contents.json").write_text(text + "\n", "utf-8")


def read(vault: Vault) -> dict[str, Any]:
    """Everything in the vault, as JSON holds it."""
    rows, _ = vault.library.page(limit=1000)
    chunks = [hit for row in rows for hit in vault.library.record_chunks(row.id)]
    found = {
        "records": [_record(vault, row.id) for row in rows],
        "originals": {row.id: vault.library.original(row.id).hex() for row in rows},
        "chunks": [asdict(chunk) for chunk in chunks],
        "words": {word: [chunk for chunk, _ in vault.library.match(word, 9)] for word in ("gar", "tomato", "noon")},
        "vectors": {
            model: [(ids.hex(), rows.hex(), dimensions) for ids, rows, dimensions in vault.vectors.blocks(model)]
            for model in vault.vectors.models()
        },
        "conversations": [asdict(vault.conversations.get(entry.id)) for entry in vault.conversations.list()],
        "failures": [asdict(failure) for failure in vault.library.failures()],
        "setting": vault.settings.get("theme"),
        "secret": (vault.settings.secret("host-key") or b"").hex(),
        "sources": [asdict(source) for source in vault.sources.list()],
        "known": [vault.sources.ledger(source.id).known("part") for source in vault.sources.list()],
        "states": [vault.sources.ledger(source.id).state("part") for source in vault.sources.list()],
        "passwords": [vault.sources.account(source.id).secret("password") for source in vault.sources.list()],
        "approvals": [_approval(vault, one.id) for one in vault.approvals.list(STATES)],
        "rules": [asdict(rule) for rule in vault.approvals.rules()],
        "facts": [asdict(fact) for fact in vault.facts.list()],
        "skills": [{**asdict(one), "archive": vault.skills.archive(one.name).hex()} for one in vault.skills.list()],
        "catalogs": [{**asdict(one), "index": (one.index or b"").hex()} for one in vault.skills.catalogs()],
        "runs": [asdict(run) for run in vault.runs.list()],
        "calls": [asdict(call) for run in vault.runs.list() for call in vault.runs.calls(run.id)],
        "kept": [vault.kept.get("news", key) for key in vault.kept.keys("news")],
        "activity": [asdict(deed) for deed in vault.activity.list()],
        "marks": {row.id: asdict(mark) for row in rows if (mark := vault.marks.get(row.id)) is not None},
        "drafts": [asdict(draft) for draft in vault.drafts.list()],
        "peers": [asdict(peer) for peer in vault.peers.list()],
        "bans": vault.peers.bans(),
        "invites": [asdict(invite) for invite in vault.peers.invites()],
        "conversations with peers": [{**asdict(one), "state": one.state.hex()} for one in vault.outbox.live()],
        "to do": [{**asdict(one), "payload": one.payload.hex()} for one in vault.outbox.due(5e9)],
        "tasks": [asdict(task) for task in vault.tasks.list()],
        "task messages": [asdict(one) for task in vault.tasks.list() for one in vault.tasks.messages(task.id)],
        "offers": [asdict(offer) for offer in vault.offers.list()],
        "letters": [asdict(letter) for letter in vault.letters.list()],
        "disclosures": [asdict(line) for line in vault.disclosures.list()],
        "consents": vault.disclosures.consents(),
        **chain.read(vault),
    }
    plain: dict[str, Any] = json.loads(json.dumps(found))
    return plain


def _record(vault: Vault, name: str) -> dict[str, Any]:
    stored = asdict(vault.library.get(name))
    del stored["record"]["raw"]  # bytes, see "originals"
    return stored


def _approval(vault: Vault, number: int) -> dict[str, Any]:
    one = vault.approvals.get(number)
    return {**asdict(replace(one, dump=None)), "dump": (one.dump or b"").hex()}


def _fill(vault: Vault) -> None:
    first, *_ = vault.library.add(RECORDS).ids
    pending = vault.vectors.pending(MODEL, 4)
    rows = np.eye(len(pending), 8, dtype=np.float32)
    vault.vectors.store(MODEL, [chunk for chunk, _ in pending], rows)
    talk = vault.conversations.create("When is lunch?")
    vault.conversations.append(talk, "user", "When is lunch?")
    quote = "On se retrouve à midi"
    start = RECORDS[0].body.index(quote)
    cited = Citation(1, first, RECORDS[0].title, RECORDS[0].sender, RECORDS[0].date, quote, start, start + len(quote))
    vault.conversations.append(talk, "assistant", "At noon, on Friday [1].", [cited], "SmolLM2-135M-Instruct")
    vault.library.note_failures([("inbox.mbox#2", "The message has no header.")])
    vault.settings.set("theme", {"name": "dark"})
    vault.settings.set_secret("host-key", bytes(range(32)))
    source = vault.sources.add("imap", "Work", {"host": "mail.example.org", "user": "ada"}, {"password": "pässword"})
    items = [Item(str(number), "1", record) for number, record in enumerate(SYNCED)]
    vault.sources.ledger(source).store("part", [*items, Item("gone", "1", FORGOTTEN)], {"uidnext": 7})
    (chosen,) = vault.forgetting.choose([FORGOTTEN.id()])
    vault.forgetting.forget([chosen.number])
    vault.sources.succeeded(source, due=2e9)
    _fill_agent(vault, first)
    _fill_skills(vault, first)
    _fill_swarm(vault, first)


def _fill_agent(vault: Vault, record: str) -> None:
    """What waits for a click, a rule, and what the agent remembers; since the third release."""
    cited = ApprovalSource("mail", record, RECORDS[0].title, RECORDS[0].sender, "On se retrouve à midi")
    act = {"to": ["elodie@example.org"], "subject": "Re: Déjeuner vendredi", "body": "À midi !"}
    for decision in ("", "always", "never"):
        number = vault.approvals.ask("reply", "mail.send", act, 4e9, reason="tainted", sources=[cited], dump=b"run")
        if decision == "always":
            rule = {"effect": "allow", "function": "mail.send", "recipient": "elodie@example.org"}
            vault.approvals.decide(number, "always", vault.approvals.get(number).digest, [rule])
        elif decision == "never":
            vault.approvals.decide(number, "never", vault.approvals.get(number).digest, [{"effect": "deny"}])
    vault.facts.add("Élodie likes the canteen at the station.", source=record)
    vault.facts.add("Answer newsletters never.", "instruction")


def _fill_skills(vault: Vault, record: str) -> None:
    """What is installed, what ran, what it left; since the fourth release."""
    vault.skills.put(Coming("news", "1.2.0", "ab" * 32, "bundled", "", ("keep", "mail.read"), b"packed"), None)
    catalog = vault.skills.add_catalog("https://skills.example.org/nuee.catalog", ["k1"])
    vault.skills.read_catalog(catalog, b"signed", "Ours", 7, ["k1"])
    run = vault.runs.begin("news", "1.2.0", "ab" * 32, "check", "request", {"topic": "tides"}, {}, [record])
    vault.runs.called(run, Call(1, "mail.search", {"query": "tides"}, "allow", "", 1.76e9))
    vault.runs.end(run, "done", value={"text": "Nothing new [1].", "sources": [record]}, printed="looked")
    vault.kept.set("news", "topics", ["tides"], {})
    vault.marks.set(record, labels=["personal"], priority="high", answer=True, skill="mail-triage")
    draft = vault.drafts.add(Message(("elodie@example.org",), "Re: Déjeuner", "À midi !"), record, "reply")
    undo = {"function": "mail.draft", "arguments": {"draft": draft}}
    vault.activity.add("reply", "mail.draft", {"to": "elodie@example.org"}, run=run, undo=undo, records=[record])


def _fill_swarm(vault: Vault, record: str) -> None:
    """A contact, an invite, a conversation that goes on, and what left; since the fifth release."""
    vault.peers.add(PEER, "Bob", ["/ip4/192.0.2.7/tcp/4001"], identity="did:key:z6Mk", binding=b"signed")
    vault.peers.reached(PEER, "direct", rtt=0.02)
    vault.peers.invite(bytes(16), "Carol", 4e9)
    vault.peers.ban("12D3KooWbad", 4e9, 2)
    task = "ab" * 16
    vault.outbox.begin(
        task,
        "initiator",
        "",
        "inference",
        b"state",
        [Effect(f"{task}/cfp/{PEER}", "send", b"signed message", 4e9, PEER, due=4e9)],
        wake=4e9,
        heard=Heard(PEER, bytes(32), 1),
        within=[
            vault.tasks.created(task, "initiator", "inference", {"prompt": "Salut ?"}, [PEER], "calling"),
            vault.tasks.message(task, PEER, ("cfp", ""), outgoing=True),
            vault.disclosures.left(PEER, "inference", b"Salut ?", "typed", task=task, records=[record]),
        ],
    )
    vault.offers.set(Offer("inference", "contacts", 20_000, settings={"hours": [8, 22]}))
    vault.offers.record(PEER, "inference", 12)
    vault.outbox.add(
        Effect("letter/1", "send", b"signed letter", 4e9, PEER, due=4e9),
        [vault.letters.kept("cd" * 16, PEER, "À demain !", outgoing=True)],
    )
    vault.disclosures.decide(PEER, "inference", "always")
    chain.fill(vault, PEER, task)


if __name__ == "__main__":
    make(HERE / sys.argv[1])
