"""Before anything of the vault leaves: what exactly, where it comes from, for whom, and whether the person agreed.

What the person types for a task is agreed to by typing it.  Records are not: each time they say yes to what they were
shown (`once`), or for good for this peer and kind of task (`always`), or `never`, which also stops what is typed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from app.results import CommandFailed
from app.swarm.kinds.port import Asked
from app.swarm_results import Preview
from p2p.canonical import encode
from p2p.contents import Disclosure
from storage.vault import Vault

if TYPE_CHECKING:
    from app.node import Node
    from app.swarm.negotiating import Negotiating, Terms

RECORDS = "records"  # the argument of a task that names records
_TEXT = "prompt"  # the argument that their text is added to


@dataclass(frozen=True)
class Prepared:
    """A task as it would leave, and for whom."""

    asked: Asked
    preview: Preview


async def prepared(
    node: Node, negotiating: Negotiating | None, kind: str, arguments: Mapping[str, Any], peers: tuple[str, ...]
) -> Prepared:
    """Nothing leaves by this.  Errors: CommandFailed("task-…" | "disclosure-kind"), VaultError `unknown-id`."""
    filled, records = await _filled(node, arguments)
    asked = await _asked(node, negotiating, kind, filled)
    if records:
        asked = replace(asked, records=records, disclosure=Disclosure.RECORDS)
    named = await node.blocking(_titles, node.vault.vault, asked.records)
    body = encode({"spec": dict(asked.spec), "input": dict(asked.input)})
    shown = asked.shown or json.dumps({**asked.spec, **asked.input}, ensure_ascii=False, default=repr, indent=1)
    return Prepared(asked, Preview(peers, kind, len(body), digest_of(body, kind, peers), shown, named))


def digest_of(body: bytes, kind: str, peers: tuple[str, ...]) -> str:
    """Names what was shown: these bytes, as this kind of task, for these peers; a yes to it is one to nothing else."""
    return hashlib.sha256(encode([kind, body, *sorted(peers)])).hexdigest()


async def agreed(node: Node, ready: Prepared, terms: Terms) -> tuple[tuple[str, ...], str]:
    """Whom it may go to, and why it may (see storage.disclosures).

    Errors: CommandFailed("disclosure-never" | "disclosure-ask" | "disclosure-changed").
    """
    store, preview = node.vault.vault.disclosures, ready.preview
    decided = {peer: await node.blocking(store.consent, peer, preview.kind) for peer in preview.peer_ids}
    peers = tuple(peer for peer, decision in decided.items() if decision != "never")
    if decided and not peers:
        raise CommandFailed("disclosure-never", kind=preview.kind)
    if ready.asked.disclosure is not Disclosure.RECORDS:
        return peers, terms.why
    if all(decided[peer] == "always" for peer in peers):
        return peers, "always"
    if terms.consent not in ("once", "always"):
        raise CommandFailed("disclosure-ask")
    if terms.shown != preview.digest:
        raise CommandFailed("disclosure-changed")
    if terms.consent == "always":
        for peer in peers:
            await node.blocking(store.decide, peer, preview.kind, "always")
    return peers, terms.consent


async def _asked(node: Node, negotiating: Negotiating | None, kind: str, arguments: Mapping[str, Any]) -> Asked:
    from app.swarm.negotiating import task_asked

    return await task_asked(negotiating.kinds if negotiating else node.swarm.kinds(), kind, arguments)


async def _filled(node: Node, arguments: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The arguments with the text of the records that they name, and these."""
    given = dict(arguments)
    names = given.pop(RECORDS, None) or ()
    if not names:
        return given, ()
    if not isinstance(given.get(_TEXT), str):
        raise CommandFailed("disclosure-kind")
    found = [await node.blocking(node.vault.vault.library.get, str(name)) for name in dict.fromkeys(names)]
    parts = [f"{one.record.title}\n\n{one.record.body}".strip() for one in found]
    given[_TEXT] = "\n\n---\n".join([given[_TEXT], *parts])
    return given, tuple(one.id for one in found)


def _titles(vault: Vault, records: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((name, vault.library.get(name).record.title) for name in records)
