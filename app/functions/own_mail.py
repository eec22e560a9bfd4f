"""What the person wrote themselves, among the mail that says so.  Blocking; worker threads.

A From is what anybody can write.  Theirs is what the program sent for them, and what lies in the Sent folder of an
account of theirs, where only who can sign in puts mail, and nowhere else, with the account's own address as its sender.
It may still quote others: then it rests on those it answers too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from agent.taint import Provenance, address
from app.functions import people
from app.functions.reading import provenance
from storage import quotes
from storage.records import StoredRecord, authenticated
from storage.sources import automatic
from storage.vault import Vault

FOLDER = "Sent"  # of the copies that the program keeps of what it sent
ORIGIN = "nuee"
_SENT = "sent"
_STRANGERS = ("inbox", "junk")  # where mail of strangers comes in
_MOST = 200  # mails that one is followed back through
_BANNER = re.compile(
    r"^\s*(?:>|-{2,}\s*\S.*-{2,}\s*$|\*?(?:from|de|von|da)\s*\*?\s?:)", re.I | re.M
)  # above what is quoted
_ANSWERS = re.compile(r"\s*(?:re|fwd?|aw|wg|tr|rép?|ref|réf|i)\s*:", re.I)


def rests_on(vault: Vault, records: Sequence[StoredRecord]) -> tuple[Provenance, ...]:
    """Where the content of these comes from: each, and for what the person wrote also all that it answers and may
    quote.  What answers or quotes mail that is not here counts as somebody else's.  Errors: VaultError."""
    found: dict[str, Provenance] = {}
    wave = list(records)
    while wave:
        own, answered = written(vault, wave), []
        for one in wave:
            known = _answered(vault, one) if one.id in own and len(found) < _MOST else None
            found[one.id] = replace(provenance(one), own=known is not None)
            answered += known or []
        wave = list({one.id: one for one in answered if one.id not in found}.values())
    return tuple(found.values())


def alone(vault: Vault, records: Sequence[StoredRecord]) -> list[StoredRecord]:
    """Those that the person wrote to begin a conversation: they answer and quote nobody.  Errors: VaultError."""
    own = written(vault, records)
    return [one for one in records if one.id in own and _answered(vault, one) == []]


def written(vault: Vault, records: Sequence[StoredRecord]) -> frozenset[str]:
    """The ids of those that the person wrote, and no program in their name.  Errors: VaultError."""
    accounts, places = people.accounts(vault), _places(vault, records)
    everywhere = frozenset().union(*accounts.values())
    found = set()
    for one in records:
        where = places[one.id]
        if any(use != _SENT for _, use in where):
            continue
        ours = not where and (one.record.origin, one.record.folder) == (ORIGIN, FOLDER)
        senders = [accounts.get(source, frozenset()) for source, _ in where] + ([everywhere] if ours else [])
        if senders and all(address(one.record.sender) in each for each in senders):
            found.add(one.id)
    return frozenset(name for name in found if not automatic.of(vault.library.original(name)).automatic)


def claimed(vault: Vault, records: Sequence[StoredRecord]) -> frozenset[str]:
    """The ids of those whose sender only says that it is the person: they failed the check, or came in as the mail of
    strangers does without passing it.  Errors: VaultError."""
    places = _places(vault, records)
    return frozenset(
        one.id
        for one in records
        if authenticated(one) is False
        or (authenticated(one) is None and any(use in _STRANGERS for _, use in places[one.id]))
    )


def _answered(vault: Vault, stored: StoredRecord) -> list[StoredRecord] | None:
    """All mail that it answers; None where it answers or quotes what is not here."""
    one = stored.record
    if not one.references:
        quoting = _ANSWERS.match(one.title) or _BANNER.search(one.body) or quotes.parts(one.body).quoted
        return None if quoting else []
    with vault.read() as connection:
        rows = connection.execute(
            """SELECT id, external_id FROM record
            WHERE kind = 'mail' AND external_id IN (SELECT value FROM json_each(?))""",
            (json.dumps(one.references),),
        ).fetchall()
    if set(one.references) - {message for _, message in rows}:
        return None
    return [vault.library.get(name) for name, _ in rows if name != stored.id]


def _places(vault: Vault, records: Sequence[StoredRecord]) -> Mapping[str, list[tuple[int, str]]]:
    """By id: the source of each place that a record was read from, and what the folder is for, "" where unknown."""
    with vault.read() as connection:
        rows: list[Any] = connection.execute(
            """SELECT r.id, i.source, coalesce(json_extract(p.state, '$.use'), '') FROM record r
            JOIN source_item i ON i.record = r.number
            LEFT JOIN source_part p ON p.source = i.source AND p.part = i.part
            WHERE r.id IN (SELECT value FROM json_each(?))""",
            (json.dumps([one.id for one in records]),),
        ).fetchall()
    found: dict[str, list[tuple[int, str]]] = {one.id: [] for one in records}
    for name, source, use in rows:
        found[name].append((source, str(use)))
    return found
