"""The mail accounts that can send.  Blocking; worker threads.

An IMAP account sends once it has the name of its server for outgoing mail: `smtp_host`, with `smtp_port`,
`smtp_security` and `smtp_user` where they differ from the usual and from the account's; `address` where the user name
is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from storage.records import StoredRecord
from storage.source_store import Source
from storage.sources.compose import ADDRESS
from storage.sources.smtp import send
from storage.vault import Vault

NAME = "my_name"  # setting: what stands before the address in "From"


@dataclass(frozen=True)
class Outgoing:
    """`config`: as `storage.sources.smtp.send` takes it.  `address`: what mail comes from."""

    source: int
    address: str
    config: Mapping[str, Any]


def accounts(vault: Vault) -> list[Outgoing]:
    """In the order they were added.  Errors: VaultError."""
    return [found for one in vault.sources.list() if (found := _outgoing(one)) is not None]


def account_for(vault: Vault, answered: StoredRecord | None) -> Outgoing | None:
    """The account that the mail came to which is answered, else the first.  Errors: VaultError."""
    found = accounts(vault)
    if answered is not None:
        with vault.read() as connection:
            brought = connection.execute(
                """SELECT source FROM record WHERE id = ?1 UNION
                SELECT i.source FROM source_item i JOIN record r ON r.number = i.record WHERE r.id = ?1""",
                (answered.id,),
            ).fetchall()
        shown = " ".join(answered.record.recipients).lower()
        by_source = [one for one in found if (one.source,) in brought]
        by_address = [one for one in found if one.address.lower() in shown]
        found = [one for one in by_source if one in by_address] or by_source or by_address or found
    return found[0] if found else None


def hand_over(vault: Vault, account: Outgoing, message: bytes, recipients: list[str]) -> None:
    """Errors: SendFailed, ValueError, VaultError."""
    keys = vault.sources.account(account.source)
    send(account.config, keys.secret, message, account.address, recipients, set_secret=keys.set_secret)


def _outgoing(source: Source) -> Outgoing | None:
    held = source.config
    host, user = held.get("smtp_host"), str(held.get("user") or "")
    address = str(held.get("address") or user)
    if source.kind != "imap" or not host or not ADDRESS.fullmatch(address):
        return None
    config = {
        "host": host,
        "port": held.get("smtp_port"),
        "security": held.get("smtp_security") or "tls",
        "user": held.get("smtp_user") or user,
        "auth": held.get("auth"),
        "ca_file": held.get("ca_file"),
    }
    return Outgoing(source.id, address, config)
