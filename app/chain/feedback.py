"""What the person says of a task that somebody did for them: kept here, and written to ERC-8004 where they want it.

What is written stands there for everybody, and for ever: taking it back marks it, and removes nothing.  It names the
transaction that paid for the work and the receipt, so that those who know this person can count it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.chain.paid_work import brought_up, place
from app.chain.port import Call, Connected
from app.chain.reputation import registry
from app.results import CommandFailed
from p2p.chain import ChainError
from p2p.feedback import GIVE, RATING, REVOKE, Payment, address_of, index_in, made
from storage.feedback import Place, Word
from storage.receipts import Kept
from storage.vault import Vault

if TYPE_CHECKING:
    from app.node import Node


async def give(node: Node, receipt: str, value: int, tag: str = "", *, public: bool = False) -> Word:
    """`receipt`: its name or the beginning of one; `value`: 0 to 100.  Asked again, it goes on where it waited.

    Errors: CommandFailed("feedback-not-yours" | "feedback-no-registry" | "feedback-no-agent" | "feedback-early" | …),
    ApprovalNeeded, WalletRefused, ChainError, VaultError `unknown-receipt`, `feedback-public`, `feedback-value`.
    """
    vault = node.vault.vault
    kept = await node.blocking(vault.receipts.find, receipt)
    if kept.role != "initiator" or kept.outcome not in ("done", "failed"):
        raise CommandFailed("feedback-not-yours")
    done = kept.outcome == "done"
    word: Word = await node.blocking(lambda: vault.feedback.say(kept.name, kept.task, kept.peer, value, tag, done=done))
    return await publish(node, kept, word) if public and not word.written else word


async def publish(node: Node, kept: Kept, word: Word) -> Word:
    """Errors: as `give`."""
    vault = node.vault.vault
    at = await node.chains.connected()
    if "reputation" not in at.contracts:
        raise CommandFailed("feedback-no-registry", chain=at.name)
    agent = await node.blocking(vault.agents.verified, registry(at), kept.peer)
    if agent is None:
        raise CommandFailed("feedback-no-agent")
    if await node.blocking(_goes_on, vault, kept):
        raise CommandFailed("feedback-early")
    await brought_up(node, node.chains, at)
    payment = await node.blocking(payment_of, vault, at, kept.task)
    there = Place(at.identity.chain_id, at.identity.genesis, at.contracts["reputation"], agent.agent)
    if word.place not in (None, there):
        raise CommandFailed("chain-changed", name=at.name)
    where = registry(at)
    file = made(
        (where.chain, where.address), agent.agent, at.address, word.value, word.tag, kept.name, word.created, payment
    )
    uri, digest = address_of(file)
    args = (agent.agent, word.value, 0, RATING, word.tag, "", uri, digest)
    await node.blocking(vault.feedback.publish, word.receipt, there)
    call = Call("reputation", GIVE, args, task=kept.task, peer=kept.peer)
    try:
        mined = await node.chains.call(_key(word, "give"), call)
    except ChainError as error:
        if error.code in ("chain-reverted", "chain-displaced"):  # it is nowhere
            await node.blocking(vault.feedback.back, word.receipt)
        raise
    number = index_in(mined.logs, there.registry)
    stands: Word = await node.blocking(vault.feedback.stands, word.receipt, mined.hash, number)
    return stands


async def take_back(node: Node, receipt: str) -> Word:
    """Mark it as taken back on the chain; here it stays.  Errors: as `give`; CommandFailed("feedback-not-public")."""
    vault = node.vault.vault
    kept = await node.blocking(vault.receipts.find, receipt)
    word: Word = await node.blocking(vault.feedback.of, kept.task, kept.peer)
    at = await node.chains.connected()
    if word.place is None or word.number is None:
        raise CommandFailed("feedback-not-public")
    if (at.identity.chain_id, at.identity.genesis) != (word.place.chain, word.place.genesis):
        raise CommandFailed("chain-changed", name=at.name)
    call = Call("reputation", REVOKE, (word.place.agent, word.number), task=kept.task, peer=kept.peer)
    await node.chains.call(_key(word, "revoke"), call)
    back: Word = await node.blocking(vault.feedback.back, word.receipt)
    return back


def payment_of(vault: Vault, at: Connected, task: str) -> Payment | None:
    """Of the task's own job, as the escrow's events tell it; None where nothing was paid.  Worker thread."""
    job = vault.settlements.find(task)
    if job is None or job.job is None or "kernel" not in at.contracts or (job.chain_id, job.genesis) != _identity(at):
        return None
    found = next((one for one in vault.paid_work.jobs(place(at, "kernel")) if one.job == job.job), None)
    if found is None or found.client != at.address:
        return None
    return Payment(found.client, found.provider, at.identity.chain_id, found.paid_in)


def _goes_on(vault: Vault, kept: Kept) -> bool:
    """The job, or the making of the receipt that tells its end."""
    job = vault.settlements.find(kept.task)
    return job is not None and (not job.outcome or kept.settled != job.outcome)


def _identity(at: Connected) -> tuple[int, str]:
    return at.identity.chain_id, at.identity.genesis


def _key(word: Word, what: str) -> str:
    return f"feedback/{word.receipt}/{word.turn}/{what}"
