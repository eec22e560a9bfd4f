"""From what a person would pay to the terms of a job on the chain in use; amounts of its token in words.

The client judges its own task only where everybody who is asked is a contact; else an arbiter is named beforehand, to
whom a dispute goes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.chain import tokens
from app.chain.amounts import amount_of, with_worth
from app.chain.port import Connected
from app.chain.rates import worth_of
from app.results import CommandFailed
from p2p.contract_code import codes
from p2p.settlement_terms import MIN_WINDOW, MOST_WINDOW, SETTLE_MARGIN, CallTerms
from p2p.wallet_requests import NOBODY, WalletRefused, address
from storage.agents import Registry

if TYPE_CHECKING:
    from app.node import Node

WINDOW = 24 * 3600  # seconds that the client has for a dispute, and the arbiter for a ruling, unless it says otherwise
SLACK = 30 * 60  # seconds for what goes on chain besides: the creation before the call, the submission after the work


@dataclass(frozen=True)
class Judged:
    """Who decides a dispute, an address or a contact's name, "" for the client; seconds that the client has for a
    dispute, and the arbiter for a ruling, 0 for `WINDOW`."""

    arbiter: str = ""
    dispute_window: int = 0
    ruling_window: int = 0


@dataclass(frozen=True)
class Priced:
    """A job that is to be created: `terms` still lacks its number.  `most`: units of the token."""

    terms: CallTerms
    most: int
    token: tokens.Token


async def priced(
    node: Node, pay: str, judged: Judged, seconds: float, strangers: bool, clock: Callable[[], float] = time.time
) -> Priced:
    """`seconds` until the result is wanted.

    Errors: CommandFailed("amount" | "amount-decimals" | "settle-free" | "settle-balance" | "settle-arbiter" |
    "settle-windows" | "settle-windows-alone" | …), as ChainPort.connected's, ChainError.
    """
    windows = _windows(judged)
    at = await node.chains.connected()
    judge = await _arbiter(node, at, judged.arbiter, strangers)
    return await node.chains.ask(_priced, at, pay, judge, windows, seconds, clock(), node.language)


async def price_said(node: Node, pay: str) -> tuple[str, str]:
    """The most that would be paid in words, and on which chain.  Errors: as `priced`'s."""
    at = await node.chains.connected()
    token = await node.chains.ask(tokens.token, at.chain, at.contracts["token"])
    amount = amount_of(pay, token.decimals)
    named = (at.identity.chain_id, token.address, amount, token.decimals, node.language)
    worth = await node.blocking(worth_of, node.vault.vault, *named)
    return with_worth(token.text(amount, node.language), worth), at.name


def _windows(judged: Judged) -> tuple[int, int]:
    """Errors: CommandFailed("settle-windows" | "settle-windows-alone")."""
    said = (judged.dispute_window, judged.ruling_window)
    if any(said) and not judged.arbiter:
        raise CommandFailed("settle-windows-alone")
    if any(one and not MIN_WINDOW <= one <= MOST_WINDOW for one in said):
        raise CommandFailed("settle-windows")
    return said[0] or WINDOW, said[1] or WINDOW


def _priced(
    at: Connected, pay: str, judge: str, windows: tuple[int, int], seconds: float, now: float, language: str
) -> Priced:
    """Worker thread."""
    token = tokens.token(at.chain, at.contracts["token"])
    most = amount_of(pay, token.decimals)
    if not most:
        raise CommandFailed("settle-free")
    balance = tokens.balance(at.chain, token, at.address)
    if balance < most:
        raise CommandFailed("settle-balance", has=token.text(balance, language))
    return Priced(_terms(at, judge, windows, max(now, at.chain.head().time) + seconds), most, token)


def _terms(at: Connected, judge: str, windows: tuple[int, int], result_by: float) -> CallTerms:
    hook = () if at.dialect == "printed" else ("hook",)  # such a kernel takes hooks of its own administrator alone
    roles = ("kernel", "token", *hook, *(["evaluator"] if judge else []))
    contracts = {role: at.contracts[role] for role in roles if role in at.contracts}
    dispute, ruling = windows if judge else (0, 0)
    return CallTerms(
        chain_id=at.identity.chain_id,
        genesis=bytes.fromhex(at.identity.genesis.removeprefix("0x")),
        dialect=at.dialect,
        kernel=contracts["kernel"],
        token=contracts["token"],
        hook=contracts.get("hook", NOBODY),
        evaluator=contracts["evaluator"] if judge else at.address,
        code=codes(at.chain, contracts),
        client=at.address,
        expires=int(result_by) + 2 * SLACK + dispute + ruling + SETTLE_MARGIN,
        arbiter=judge or NOBODY,
        dispute_window=dispute,
        arbitration_window=ruling,
    )


async def _arbiter(node: Node, at: Connected, said: str, strangers: bool) -> str:
    """Its address, "" for none.

    Errors: CommandFailed("settle-arbiter" | "settle-arbiter-who" | "settle-arbiter-agent" | "settle-no-judge"),
    VaultError `unknown-peer`.
    """
    if not said:
        if strangers:
            raise CommandFailed("settle-arbiter")
        return ""
    judge = await _address(node, at, said)
    if judge in (at.address, NOBODY):
        raise CommandFailed("settle-arbiter-who")
    if "evaluator" not in at.contracts or "hook" not in at.contracts or at.dialect == "printed":
        raise CommandFailed("settle-no-judge", chain=at.name)
    return judge


async def _address(node: Node, at: Connected, said: str) -> str:
    """An address, or that of a peer whose registration on this chain was verified."""
    if said.startswith("0x"):
        try:
            return address(said)
        except WalletRefused as wrong:
            raise CommandFailed("settle-arbiter-who") from wrong
    peer = await node.blocking(node.vault.vault.peers.find, said)
    registry = Registry(at.identity.genesis, at.identity.chain_id, at.contracts.get("identity", ""))
    agent = await node.blocking(node.vault.vault.agents.verified, registry, peer.id)
    if agent is None:
        raise CommandFailed("settle-arbiter-agent", name=peer.name)
    return agent.wallet if agent.wallet not in ("", NOBODY) else agent.owner
