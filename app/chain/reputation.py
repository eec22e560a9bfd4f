"""What is known of a peer, as this person sees it: their own tasks, their contacts' words, and work that a chain shows
to have been paid for.  The reckoning is p2p.reputation's; here is where its evidence comes from.

A word counts as "paid" where the escrow of the chain in use paid out a job of exactly this client to exactly this
agent, in the transaction that the word names.  What a validator found of its work is read of the validation registry,
where the request was this agent's own.  Contacts are known by the accounts of their verified agents.
A verified agent has one account, its owner's, which is its wallet's too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.chain.paid_work import brought_up, place
from app.chain.port import Connected
from app.chain.redone import redone_by
from app.errors import code
from app.results import CommandFailed
from app.swarm.experience import experience
from p2p.chain import ChainError
from p2p.reputation import NOTHING, Own, Redone, Said, Standing, standing
from p2p.trust import Paid, trusted
from storage.agents import AgentRow, Registry
from storage.paid_work import GivenRow, JobRow
from storage.vault import Vault

if TYPE_CHECKING:
    from app.node import Node


@dataclass(frozen=True)
class Known:
    """`agent`: the peer's, None where there is none that is believed.  `network`: the chain that was read, "" for none;
    `problem`: code of why not, or of why what was read is not the newest."""

    standing: Standing
    agent: int | None
    network: str
    problem: str


async def known(node: Node, peer: str) -> Known:
    """Never fails for the chain's sake: the person's own tasks are known without any.  Errors: VaultError."""
    own = (await node.blocking(experience, node.vault.vault)).get(peer, NOTHING)
    try:
        at = await node.chains.connected()
    except (CommandFailed, ChainError) as error:
        return Known(standing(own, [], lambda _: 0.0, ()), None, "", code(error))
    problem = ""
    try:
        await brought_up(node, node.chains, at)
    except (CommandFailed, ChainError) as error:
        problem = code(error)
    redone: list[Redone] = []
    agent = await node.blocking(node.vault.vault.agents.verified, registry(at), peer)
    if agent is not None:
        try:
            redone = await node.chains.ask(redone_by, at, agent.agent, agent.owner)
        except (CommandFailed, ChainError) as error:
            problem = problem or code(error)
    found = await node.blocking(_read, node.vault.vault, at, own, agent, redone)
    return Known(found, None if agent is None else agent.agent, at.name, problem)


def registry(at: Connected) -> Registry:
    return Registry(at.identity.genesis, at.identity.chain_id, at.contracts.get("identity", ""))


def _read(vault: Vault, at: Connected, own: Own, agent: AgentRow | None, redone: list[Redone]) -> Standing:
    """Worker thread."""
    if agent is None or "reputation" not in at.contracts:
        return standing(own, [], lambda _: 0.0, ())
    contacts = _accounts(vault, at)
    jobs = vault.paid_work.jobs(place(at, "kernel")) if "kernel" in at.contracts else []
    given = vault.paid_work.given(place(at, "reputation"))
    trust = trusted(at.address, contacts, _paid(jobs, given))
    paid_to = {(job.client, job.paid_in): job.amount for job in jobs if job.provider == agent.owner}
    said = [
        _said(one, paid_to) for one in given if one.agent == agent.agent and one.rater not in (at.address, agent.owner)
    ]
    beside = trust.beside(agent.owner)

    def vouches(validator: str) -> float:
        return 1.0 if validator == at.address else beside(validator)

    return standing(own, said, trust.towards(agent.owner), contacts, redone, vouches)


def _accounts(vault: Vault, at: Connected) -> frozenset[str]:
    """Of the contacts' agents that are believed."""
    where = registry(at)
    rows = [vault.agents.verified(where, peer) for peer in vault.peers.contacts()]
    return frozenset(row.owner for row in rows if row is not None)


def _paid(jobs: list[JobRow], given: list[GivenRow]) -> list[Paid]:
    """The jobs, each with what its own client said of it."""
    words: dict[tuple[str, str], float] = {(one.rater, one.paid_in): one.value for one in given if one.paid_in}
    return [Paid(job.client, job.provider, job.amount, words.get((job.client, job.paid_in))) for job in jobs]


def _said(one: GivenRow, paid_to: Mapping[tuple[str, str], int]) -> Said:
    amount = paid_to.get((one.rater, one.paid_in), 0)
    if amount:
        return Said(one.rater, one.value, "paid", amount)
    return Said(one.rater, one.value, "receipt" if one.receipt else "none")
