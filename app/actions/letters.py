"""Messages from person to person: list, send, read, remove, and have the agent draft an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import trio

from agent.taint import Turn
from app.actions.group import Requests
from app.actions.peers import names
from app.hosting import views
from app.node import Node
from app.reports import Report
from app.results import CommandFailed
from app.skill_results import ApprovalRow
from app.swarm import outgoing
from app.swarm.standing import provenance
from app.swarm_results import LetterDraft, LetterRow, LettersChanged
from app.texts import text
from app.views.plain import one_line
from p2p.deciding import GIVEN_UP
from p2p.inbox import WINDOW
from storage.letters import Letter
from storage.peers import Peer

PATIENCE = 5.0  # seconds that a command waits for a contact who may be there
READ = 6  # messages of a conversation that a draft looks at
_SAID = ("expired", "not-allowed", "unknown-version", "clock", "too-large")  # reasons with a sentence of their own
_WHY = dict.fromkeys(("clock-ahead", "too-old", "too-far"), "clock")
MAX_TOKENS = 100  # of a draft
ROOM = 4000  # characters of them: what the smallest model reads without losing itself


async def letters(node: Node, peer: str = "") -> tuple[LetterRow, ...]:
    """In the order they went and came; `peer`: by name or id, all where it is empty.  Errors: VaultError."""
    vault = node.vault.vault
    one = (await node.blocking(vault.peers.find, peer)).id if peer else ""
    called = await names(node)
    return tuple(_row(letter, called, node.language) for letter in await node.blocking(vault.letters.list, one))


async def send_letter(node: Node, peer: str, said: str, wait: float = PATIENCE) -> LetterRow:
    """Send it, or keep it until the contact is there, up to 7 days.  `wait`: seconds for it to be there now.

    Typing it is the consent.  Errors: VaultError `unknown-peer`; CommandFailed("letter-…" | "disclosure-never").
    """
    found = await node.blocking(node.vault.vault.peers.find, peer)
    if node.airplane:
        return await _again(node, await outgoing.send(node, found.id, said))
    async with node.swarm.up():
        name = await outgoing.send(node, found.id, said)
        with trio.move_on_after(wait):
            await outgoing.correspondence(node).gone(name)
    return await _again(node, name)


async def read_letters(node: Node, peer: str) -> tuple[LetterRow, ...]:
    """All of one contact; what was new is read from now on.  Errors: VaultError `unknown-peer`, `ambiguous-peer`."""
    rows = await letters(node, peer)
    vault = node.vault.vault
    await node.blocking(vault.letters.read, (await node.blocking(vault.peers.find, peer)).id)
    node.listener(LettersChanged(await node.blocking(vault.letters.unread)))
    return rows


async def remove_letter(node: Node, name: str) -> str:
    """Forget one; what has not left yet is not sent.  Its id.  Errors: VaultError `unknown-letter`."""
    vault = node.vault.vault
    found = await node.blocking(vault.letters.find, name)
    if found.outgoing and found.state == "waiting":
        await node.blocking(outgoing.correspondence(node).take_back, found)
    await node.blocking(vault.letters.remove, found.id)
    node.listener(LettersChanged(await node.blocking(vault.letters.unread)))
    return found.id


async def suggest_letter(node: Node, peer: str, saying: str = "") -> LetterDraft:
    """Have the agent write an answer for the person to change and send; nothing is kept and nothing leaves.

    `saying`: what to say, in their words.  What the contact wrote is data: it reaches the model as such, and what comes
    back is a text that no program acts on.  Errors: as `draft_letter`, less Denied.
    """
    found = await node.blocking(node.vault.vault.peers.find, peer)
    return LetterDraft(found.id, found.name, await _written(node, found, saying, Turn()))


async def draft_letter(node: Node, peer: str, saying: str = "") -> ApprovalRow:
    """As `suggest_letter`; it waits for the person's click, which sends exactly what they were shown.

    Errors: VaultError; CommandFailed("letter-nothing"); FunctionFailed where no model answers; Denied.
    """
    vault = node.vault.vault
    found = await node.blocking(vault.peers.find, peer)
    turn = Turn()
    said = await _written(node, found, saying, turn)
    asked = await node.skills.ask("peer.send", {"peer": found.id, "text": said}, turn)
    return await node.blocking(views.approval, vault, asked, node.language)


async def _written(node: Node, peer: Peer, saying: str, turn: Turn) -> str:
    """What the model writes; `turn` has read what it rests on."""
    if saying:
        turn.typed(saying)
    read = (await node.blocking(node.vault.vault.letters.list, peer.id))[-READ:]
    came = [one for one in read if not one.outgoing]
    if not came and not saying:
        raise CommandFailed("letter-nothing", name=peer.name)
    for one in came:
        turn.read(one.text, provenance(one))
    wanted = text("agent.letters.saying" if saying else "agent.letters.answer", node.language, say=saying)
    instructions = f"{text('agent.letters.data', node.language)} {wanted}" if came else wanted
    shown = _exchange(read, one_line(peer.name), node.language) or saying
    given = {"instructions": instructions, "text": shown, "max_tokens": MAX_TOKENS}
    return str(await node.skills.call("model.write", given, turn))


def _exchange(read: Sequence[Letter], name: str, language: str) -> str:
    """The newest messages as the model sees them, each under its author; the model reads a beginning only."""
    room, shown = ROOM, list[str]()
    for one in reversed(read):
        who = text("agent.letters.you", language) if one.outgoing else text("agent.letters.from", language, name=name)
        piece = f"{who}\n{one.text[: max(room, 0)]}"
        room -= len(piece)
        shown.append(piece)
        if room <= 0:
            break
    return "\n\n".join(reversed(shown))


async def _again(node: Node, name: str) -> LetterRow:
    return _row(await node.blocking(node.vault.vault.letters.get, name), await names(node), node.language)


def _row(one: Letter, called: Callable[[str], str], language: str) -> LetterRow:
    at = datetime.fromtimestamp(one.at, UTC)
    row = LetterRow(
        one.id,
        one.peer,
        called(one.peer),
        one.outgoing,
        one.text,
        one.automatic,
        one.state,
        at.isoformat(timespec="seconds"),
    )
    if one.state != "failed":
        return row
    reason = "expired" if one.reason == GIVEN_UP else one.reason or _guessed(one)
    sentence = text(f"swarm.letter.{_WHY.get(reason, reason if reason in _SAID else 'refused')}", language, code=reason)
    return replace(row, reason=reason, why=sentence)


def _guessed(one: Letter) -> str:
    """Of what failed before reasons were kept: before its time was over only the other node can have ended it."""
    over = datetime.now(UTC).timestamp() > one.at + WINDOW / 1000
    return "expired" if over else "refused"


async def _list(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"messages": [asdict(row) for row in await letters(node, args.get("peer", ""))]}


async def _send(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await send_letter(node, args["peer"], args["text"]))


async def _read(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"messages": [asdict(row) for row in await read_letters(node, args["peer"])]}


async def _remove(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"removed": await remove_letter(node, args["id"])}


async def _draft(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await draft_letter(node, args["peer"], args.get("saying", "")))


async def _suggest(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await suggest_letter(node, args["peer"], args.get("saying", "")))


REQUESTS: Requests = {
    "letters": (_list, True),
    "letter-send": (_send, True),
    "letters-read": (_read, True),
    "letter-remove": (_remove, True),
    "letter-draft": (_draft, True),
    "letter-suggest": (_suggest, True),
}
