"""Times that live negotiations of meetings have promised: nobody else is promised them.  Blocking; any thread."""

from __future__ import annotations

from collections.abc import Iterator

from p2p.acl import AclError
from p2p.contents import Proposal
from p2p.participant import Participant
from p2p.stepping import state_of
from p2p.wording import unpacked
from storage.tasks import FINAL, Task
from storage.vault import Vault


def promised(vault: Vault) -> list[tuple[float, float]]:
    """From when to when, in seconds since the epoch: what this node's own calls name, and its proposals to others.

    Errors: VaultError.
    """
    found: list[tuple[float, float]] = []
    for task in vault.tasks.of_kind("meeting"):
        minutes = task.spec.get("spec", {}).get("minutes")
        if task.state not in FINAL and type(minutes) is int:
            found.extend((at, at + minutes * 60.0) for at in _starts(vault, task))
    return found


def _starts(vault: Vault, task: Task) -> Iterator[int]:
    said = task.spec["spec"].get("slots") if task.role == "initiator" else _proposed(vault, task)
    if isinstance(said, list):
        yield from (at for at in said if type(at) is int)


def _proposed(vault: Vault, task: Task) -> object:
    """What this node said to somebody's call; nothing where it has not answered yet."""
    if task.dialogue is None:
        return None
    dialogue = vault.outbox.get(task.dialogue)
    state = state_of(dialogue) if dialogue.state else None
    if not isinstance(state, Participant) or state.offer is None:
        return None
    try:
        return Proposal.from_map(unpacked(state.offer.body)).terms.get("free")
    except AclError:
        return None
