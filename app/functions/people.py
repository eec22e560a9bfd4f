"""Who the person is, and whom they know, as the vault tells.  Blocking; worker threads."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from storage.briefs import addresses
from storage.vault import Vault

SETTING = "my_addresses"
_SAMPLE = "sample"  # setting: the sample mailbox was brought in
_SAMPLES = "camille.moreau@example.org"  # whose mailbox it is
_SENT = re.compile(
    r"(?:^|.*[/.\\ ])(?:sent(?:[ -](?:mail|items|messages))?|(?:messages |éléments |courrier )?envoy[ée]s?)$", re.I
)
_MOST = 10  # own addresses that are taken from folders of sent mail
_ADDRESS = re.compile(r"[^\s<>,;:()\"'\[\]@]+@[^\s<>,;:()\"'\[\]@]+")


@dataclass(frozen=True)
class Person:
    """Somebody among the contacts.  `addresses`: in lower case, as the card has them in order."""

    id: str
    name: str
    addresses: tuple[str, ...]


def mine(vault: Vault) -> frozenset[str]:
    """The person's own mail addresses, in lower case: of the accounts that are read and sent through, those set as
    `my_addresses`, of the sample mailbox where it was brought in, and whoever wrote what lies in folders of sent mail.

    Errors: VaultError."""
    found: set[str] = set().union(*accounts(vault).values(), _set(vault))
    if vault.settings.get(_SAMPLE):
        found.add(_SAMPLES)
    with vault.read() as connection:
        folders = [
            folder
            for (folder,) in connection.execute("SELECT DISTINCT folder FROM record WHERE kind = 'mail'")
            if _SENT.match(folder)
        ]
        senders = connection.execute(
            """SELECT sender FROM record WHERE kind = 'mail' AND folder IN (SELECT value FROM json_each(?))
            GROUP BY sender ORDER BY count(*) DESC LIMIT ?""",
            (json.dumps(folders), _MOST),
        ).fetchall()
    return frozenset(found.union(*(addresses(sender)[:1] for (sender,) in senders)))


def accounts(vault: Vault) -> Mapping[int, frozenset[str]]:
    """By mail account the addresses that mail sent through it may bear: its own, and those set as `my_addresses`.
    Errors: VaultError."""
    others = _set(vault)
    return {
        source.id: others | {one for key in ("user", "address", "smtp_user") if (one := _plain(source.config.get(key)))}
        for source in vault.sources.list()
        if source.kind == "imap"
    }


def _set(vault: Vault) -> frozenset[str]:
    return frozenset(filter(None, map(_plain, vault.settings.get(SETTING, []) or [])))


def known(vault: Vault) -> list[Person]:
    """The contacts, by name.  Errors: VaultError."""
    with vault.read() as connection:
        cards = connection.execute("SELECT id, title, body FROM record WHERE kind = 'contact' ORDER BY title, id")
        return [Person(name, title, _of_card(body)) for name, title, body in cards]


def contacts(vault: Vault) -> Mapping[str, Person]:
    """By address, in lower case: what policy calls the contacts.  Errors: VaultError."""
    return {address: person for person in known(vault) for address in person.addresses}


def _of_card(body: str) -> tuple[str, ...]:
    """From the lines above the notes, where anything may stand; see `storage.sources.contacts`."""
    lines = body.partition("\n\n")[0].split("\n")
    found = (_plain(line.removeprefix("E-mail:").partition(" (")[0]) for line in lines if line.startswith("E-mail:"))
    return tuple(dict.fromkeys(one for one in found if one))


def _plain(value: object) -> str:
    """One bare address in lower case, or nothing."""
    text = value.strip().lower() if isinstance(value, str) else ""
    return text if _ADDRESS.fullmatch(text) else ""
