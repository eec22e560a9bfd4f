"""Messages from person to person: sent, taken in, and answered by the agent where the person told it to.

The wire and the vault call one a letter (p2p.letters, storage.letters); people see "messages".  Its text is data for a
person: whoever reads it for a model taints the turn with `standing.provenance`.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING

import trio

from app.results import CommandFailed
from app.swarm import standing
from app.swarm_results import LettersChanged
from p2p.acl import AclError, BadField, Message, Performative, Protocol
from p2p.contents import Request, content_of
from p2p.letters import LETTER_LIMIT, LETTER_ONTOLOGY, Author, Letter
from storage.database import Connection, VaultError
from storage.letters import Letter as Kept
from storage.outbox import Write

if TYPE_CHECKING:
    from app.node import Node
    from app.swarm.deciding import Decisions
    from p2p.negotiator import Negotiator

log = logging.getLogger("app")

KIND = "letter"  # in the ledger and in what the person agreed to
MOST = 120  # messages that one contact gets through in `EACH` seconds; its node tries the others again later
EACH = 3600.0


class NotAllowed(AclError):
    """This node takes no messages from this peer."""

    code = "not-allowed"


class TooMany(AclError):
    """The sender tries again later."""

    code = "busy"


class Correspondence:
    """Trio thread, except for what it gives to be kept; made for one open vault."""

    def __init__(self, node: Node, decisions: Decisions, negotiator: Negotiator) -> None:
        self._node = node
        self._vault = node.vault.vault
        self._negotiator = negotiator
        self._token = trio.lowlevel.current_trio_token()
        self._taken: dict[trio.lowlevel.Task, str] = {}  # by the task that receives it, until it is stored
        self._recent: dict[str, list[float]] = {}
        self._news = trio.Event()
        self._tell, self._told = trio.open_memory_channel[str](1000)
        decisions.on_request = self._take
        decisions.on_sent = self._sent

    async def send(
        self, peer: str, text: str, *, why: str = "typed", automatic: bool = False, records: Sequence[str] = ()
    ) -> str:
        """Keep it for sending; its id.  It is sent when the peer is there, within 7 days.  `why`: as the ledger's.

        Errors: CommandFailed("letter-…" | "disclosure-never"), VaultError.
        """
        letter = written(text, automatic=automatic)
        vault = self._vault
        if peer not in await self._node.blocking(vault.peers.contacts):
            raise CommandFailed("letter-no-contact")
        if await self._node.blocking(vault.disclosures.consent, peer, KIND) == "never":
            raise CommandFailed("disclosure-never", kind=KIND)
        conversation = secrets.token_bytes(16)
        name = conversation.hex()
        made: list[Message] = []

        def message(sent: int) -> Message:
            made.append(
                Message(
                    Performative.REQUEST,
                    self._node.vault.peer_id,
                    peer,
                    conversation,
                    Protocol.REQUEST,
                    LETTER_ONTOLOGY,
                    sent,
                    reply_with="letter",
                    content=letter.to_request().to_map(),
                )
            )
            return made[-1]

        def left(connection: Connection) -> None:
            """The ledger: the very bytes, which are made only now."""
            vault.disclosures.left(peer, KIND, made[-1].body(), why, task=name, records=records)(connection)

        kept = vault.letters.kept(name, peer, letter.text, outgoing=True, automatic=automatic)
        await self._negotiator.post(_key(name), message, (kept, left))
        self._announce("")
        return name

    async def gone(self, name: str) -> None:
        """Until it is delivered, or given up.  Errors: VaultError."""
        while True:
            news = self._news
            if (await self._node.blocking(self._vault.letters.get, name)).state != "waiting":
                return
            await news.wait()

    def take_back(self, letter: Kept) -> None:
        """What still waits is not sent.  Blocking.  Errors: VaultError."""
        outbox = self._vault.outbox
        for pending in outbox.due(float("inf"), 10_000, letter.peer):
            if pending.key == _key(letter.id):
                outbox.done(pending.number)

    def received(self) -> None:
        """What this task took in is stored now."""
        if name := self._taken.pop(trio.lowlevel.current_task(), ""):
            self._announce(name)

    async def run(self) -> None:
        """Tell of what came and went, and answer where the person said so.  Until cancelled."""
        async for name in self._told:
            try:
                unread = await self._node.blocking(self._vault.letters.news)
                self._news.set()
                self._news = trio.Event()
                self._node.listener(LettersChanged(unread))
                if name:
                    await standing.answer(self._node, await self._node.blocking(self._vault.letters.get, name))
            except (VaultError, CommandFailed) as error:
                log.warning("a message could not be seen to: %s", getattr(error, "code", "") or error)

    def _take(self, message: Message) -> Sequence[Write]:
        """A single request came.  Errors: AclError."""
        if message.ontology != LETTER_ONTOLOGY:
            raise BadField("No requests of this kind are taken here.")
        if message.sender not in self._node.swarm.gate.contacts:
            raise NotAllowed("This node takes messages of contacts alone.")
        content = content_of(message)
        if not isinstance(content, Request):
            raise BadField("A letter is a request.")
        letter = Letter.from_request(content)
        self._count(message.sender)
        # Not the conversation: an answer of the other side may bear the id of ours.
        name = message.digest().hex()[:32]
        self._taken[trio.lowlevel.current_task()] = name
        automatic = letter.author is Author.AGENT
        return (self._vault.letters.kept(name, message.sender, letter.text, outgoing=False, automatic=automatic),)

    def _count(self, peer: str) -> None:
        now = trio.current_time()
        recent = [at for at in self._recent.get(peer, ()) if at > now - EACH]
        if len(recent) >= MOST:
            raise TooMany("Too many messages in an hour.")
        self._recent[peer] = [*recent, now]

    def _sent(self, message: Message, why_not: str) -> Sequence[Write]:
        """`why_not`: see p2p.deciding.Deciding.undelivered; "" once it lies with the other.  Worker thread."""
        if message.ontology != LETTER_ONTOLOGY:
            return ()
        letters, name = self._vault.letters, message.conversation_id.hex()
        became = letters.failed(name, why_not) if why_not else letters.became(name, "delivered")

        def write(connection: Connection) -> None:
            became(connection)
            self._token.run_sync_soon(self._announce, "")

        return (write,)

    def _announce(self, name: str) -> None:
        try:
            self._tell.send_nowait(name)
        except trio.WouldBlock:  # nobody listens: the host is closed
            log.debug("nobody hears of a message")


def written(text: str, *, automatic: bool = False) -> Letter:
    """Errors: CommandFailed("letter-empty" | "letter-long")."""
    said = text.strip().encode("utf-8", "replace").decode("utf-8")
    if not said:
        raise CommandFailed("letter-empty")
    if len(said) > LETTER_LIMIT:
        raise CommandFailed("letter-long", most=LETTER_LIMIT)
    return Letter(said, Author.AGENT if automatic else Author.PERSON)


def _key(name: str) -> str:
    return f"letter/{name}"
