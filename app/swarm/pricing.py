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
from app.chain.amounts import amount_of
from app.chain.port import Connected
from app.results import CommandFailed
from p2p import jobs
from p2p.settlement_terms import SETTLE_MARGIN, CallTerms
from p2p.wallet_requests import NOBODY, WalletRefused, address

if TYPE_CHECKING:
    from app.node import Node

WINDOW = 24 * 3600  # seconds that the client has for a dispute, and the arbiter for a ruling
SLACK = 30 * 60  # seconds for what goes on chain besides: the creation before the call, the submission after the work


@dataclass(frozen=True)
class Priced:
    """A job that is to be created: `terms` still lacks its number.  `most`: units of the token."""

    terms: CallTerms
    most: int
    token: tokens.Token


async def priced(
    node: Node, pay: str, arbiter: str, seconds: float, strangers: bool, clock: Callable[[], float] = time.time
) -> Priced:
    """`seconds` until the result is wanted.

    Errors: CommandFailed("amount" | "amount-decimals" | "settle-free" | "settle-balance" | "settle-arbiter" | …), as
    ChainPort.connected's, ChainError.
    """
    at = await node.chains.connected()
    judge = _arbiter(at, arbiter, strangers)
    return await node.chains.ask(_priced, at, pay, judge, seconds, clock(), node.language)


def _priced(at: Connected, pay: str, judge: str, seconds: float, now: float, language: str) -> Priced:
    """Worker thread."""
    token = tokens.token(at.chain, at.contracts["token"])
    most = amount_of(pay, token.decimals)
    if not most:
        raise CommandFailed("settle-free")
    balance = tokens.balance(at.chain, token, at.address)
    if balance < most:
        raise CommandFailed("settle-balance", has=token.text(balance, language))
    return Priced(_terms(at, judge, max(now, at.chain.head().time) + seconds), most, token)


def _terms(at: Connected, judge: str, result_by: float) -> CallTerms:
    roles = ("kernel", "token", "hook", "evaluator") if judge else ("kernel", "token", "hook")
    contracts = {role: at.contracts[role] for role in roles if role in at.contracts}
    window = WINDOW if judge else 0
    return CallTerms(
        chain_id=at.identity.chain_id,
        genesis=bytes.fromhex(at.identity.genesis.removeprefix("0x")),
        dialect=at.dialect,
        kernel=contracts["kernel"],
        token=contracts["token"],
        hook=contracts.get("hook", NOBODY),
        evaluator=contracts["evaluator"] if judge else at.address,
        code=jobs.codes(at.chain, contracts),
        client=at.address,
        expires=int(result_by) + 2 * SLACK + 2 * window + SETTLE_MARGIN,
        arbiter=judge or NOBODY,
        dispute_window=window,
        arbitration_window=window,
    )


def _arbiter(at: Connected, said: str, strangers: bool) -> str:
    """Its address, "" for none.  Errors: CommandFailed("settle-arbiter" | "settle-arbiter-who" | "settle-no-judge")."""
    if not said:
        if strangers:
            raise CommandFailed("settle-arbiter")
        return ""
    try:
        judge = address(said)
    except WalletRefused as wrong:
        raise CommandFailed("settle-arbiter-who") from wrong
    if judge in (at.address, NOBODY):
        raise CommandFailed("settle-arbiter-who")
    if "evaluator" not in at.contracts or "hook" not in at.contracts or at.dialect == "printed":
        raise CommandFailed("settle-no-judge", chain=at.name)
    return judge
