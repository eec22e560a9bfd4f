"""What the person told the agent to do with messages: "answer Bob's messages: I am away until Monday".

The answer is the person's own words; nothing of the message reaches it, and no model writes it.  It goes the way of all
acts (`peer.send`): asked at first, by itself once the person says "always for this".  What an agent wrote by itself is
never answered, so that two agents do not write to each other without end.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from agent.taint import Provenance, Turn
from app.functions.port import FunctionFailed
from app.hosting.port import Denied, NeedsApproval
from storage.letters import Letter

if TYPE_CHECKING:
    from app.node import Node

EVERYBODY = ("everybody", "everyone", "all", "all my contacts", "my contacts", "tous", "tout le monde", "mes contacts")
_RULES = (
    r"(?:please )?(?:answer|reply to|respond to) (?P<who>.{1,80}?)(?:['’]s?)? (?:messages?|letters?)"
    r"(?: (?:with|saying|that))? ?: ?(?P<say>.+)",
    r"(?:please )?(?:answer|reply to|respond to) (?:the )?messages? (?:of|from) (?P<who>.{1,80}?) ?: ?(?P<say>.+)",
    r"(?:répond(?:s|re|ez)|repond(?:s|re|ez)) aux? messages? (?:de |d['’])(?P<who>.{1,80}?) ?: ?(?P<say>.+)",
)


class Told(Protocol):
    """Something that the person told their agent."""

    @property
    def text(self) -> str: ...


def saying(rules: Sequence[Told], name: str) -> str:
    """What to answer to somebody of this name; "" where no rule says so.  The newest rule counts."""
    for rule in reversed(rules):
        for pattern in _RULES:
            found = re.fullmatch(pattern, rule.text.strip(), re.IGNORECASE | re.DOTALL)
            if found and found["who"].strip().casefold() in (name.strip().casefold(), *EVERYBODY):
                return found["say"].strip()
    return ""


async def answer(node: Node, letter: Letter) -> None:
    """Answer one that came, if a rule says so.  Errors: CommandFailed, VaultError."""
    if letter.outgoing or letter.automatic:
        return
    say = await node.blocking(_said, node, letter.peer)
    if not say:
        return
    turn = Turn()
    turn.read(letter.text, provenance(letter))
    try:
        await node.skills.call("peer.send", {"peer": letter.peer, "text": say}, turn)
    except (NeedsApproval, Denied, FunctionFailed):
        return  # it waits for the person, or is not to be; either stands where the person sees it


def provenance(letter: Letter) -> Provenance:
    """Where the text of one that came is from: a peer, whose signature was checked."""
    return Provenance("peer", sender=letter.peer, authenticated=True)


def _said(node: Node, peer: str) -> str:
    vault = node.vault.vault
    rules = vault.facts.list("instruction", confirmed=True)
    return saying(rules, vault.peers.get(peer).name) if rules else ""
