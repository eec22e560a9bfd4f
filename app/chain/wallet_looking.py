"""The wallet as a person sees it: what it has, what it may spend, what it has signed, what an address received."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import trio

from app.chain.meaning import (
    Names,
    coin_text,
    meaning_rows,
    meaning_text,
    moment_text,
    network_text,
    token_text,
    value_text,
)
from app.chain.wallet_names import decimals_of, knows_token, learn_token, names_of
from app.errors import sentence
from app.results import CommandFailed
from app.texts import text
from app.wallet_results import AccountView, AskRow, DelegateRow, HistoryRow, LimitsRow, Money, Movement
from p2p.chain import Chain, ChainError, Log, topic
from p2p.networks import has_real_value
from p2p.spending import Limits, Spend, total
from p2p.wallet_meaning import meaning_of
from p2p.wallet_requests import NOBODY, Meaning, WalletRefused
from p2p.wallet_state import ANY, Delegate, Network, WalletState, network_from_map
from p2p.wallet_wire import meaning_from_map, request_from_map
from storage.chains import ChainRow
from storage.transactions import TransactionRow
from storage.wallet_asks import WalletAsk, counts_until

if TYPE_CHECKING:
    from app.chain.port import Connected
    from app.node import Node

PATIENCE = 3.0  # seconds for a token elsewhere to say what it is
BLOCKS = 2_000  # looked through for payments: more at once is refused by most who answer
_TRANSFER = "Transfer(address,address,uint256)"


@dataclass(frozen=True)
class Policy:
    """What the key-holder says of the wallet."""

    networks: Mapping[int, Network]
    delegates: tuple[Delegate, ...]
    spent: tuple[Spend, ...]

    def network(self, chain: int) -> Network:
        return self.networks.get(chain) or WalletState().network(chain)

    def today(self, chain: int, token: str, by: str | None = None) -> int:
        """Of a token; `by`: of one delegate alone."""
        day = datetime.now(UTC).date().isoformat()
        of_it = (one for one in self.spent if (one.chain, one.token, one.day) == (chain, token, day))
        return total(one for one in of_it if by is None or one.by == by)

    def fees_today(self, chain: int) -> int:
        day = datetime.now(UTC).date().isoformat()
        return sum(one.fee for one in self.spent if (one.chain, one.day) == (chain, day))


async def policy(node: Node) -> Policy:
    """Errors: CommandFailed("locked"), WorkerFailed."""
    shown = await node.ask_wallet("wallet_shows")
    networks = [network_from_map(row) for row in shown["networks"]]
    delegates = tuple(Delegate(**{**row, "limits": Limits(**row["limits"])}) for row in shown["delegates"])
    spent = tuple(Spend(**row) for row in shown["spent"])
    return Policy({network.chain: network for network in networks}, delegates, spent)


@dataclass(frozen=True)
class Sight:
    """How amounts and addresses of one chain are shown."""

    names: Names
    chain: ChainRow | None
    language: str

    def money(self, value: int, token: str) -> Money:
        """`token`: "" for the coin."""
        decimals = decimals_of(self.names, token)
        amount = format(Decimal(value).scaleb(-decimals).normalize(), "f") if value else "0"
        symbol = self.names.tokens.get(token, ("", 0))[0] if token else self.names.coin
        shown = token_text(value, token, self.names, self.language) if token else self._coin(value)
        return Money(amount, symbol, token, shown, value_text(value, token, self.names, self.language))

    def _coin(self, value: int) -> str:
        return coin_text(value, self.names, self.language)


async def sight(node: Node, chain: ChainRow | None) -> Sight:
    """Errors: CommandFailed("locked"), WorkerFailed, VaultError."""
    await _learn(node, chain)
    own = str((await node.ask_wallet("wallet_account", index=0))["address"])
    vault = node.vault.vault
    names = await node.blocking(names_of, vault, own, chain, node.language)
    return Sight(names, chain, node.language)


async def _learn(node: Node, chain: ChainRow | None) -> None:
    """Have the token of the chain in use say what it is, unless it has; where it does not answer, that is how it is."""
    vault = node.vault.vault
    token = chain.contracts.get("token", "") if chain else ""
    if chain is None or not token or await node.blocking(knows_token, vault, chain, token):
        return
    if await node.blocking(vault.chains.used) == chain:
        with (
            trio.move_on_after(math.inf if chain.kind == "embedded" else PATIENCE),
            suppress(CommandFailed, ChainError, OSError),
        ):
            await learn_token(node, await node.chains.connected(), token)


async def balances(node: Node, seen: Sight, address: str) -> tuple[tuple[Money, ...], str]:
    """Token and coin of an address, and why there are none, as a sentence."""
    try:
        at = await node.chains.connected()
        token = at.contracts.get("token", "")
        coins = await node.chains.ask(at.chain.balance, address)
        found = [seen.money(coins, "")]
        if token:
            (amount,) = await node.chains.ask(at.chain.read, token, "balanceOf(address)", ["uint256"], address)
            found.insert(0, seen.money(int(amount), token))
        return tuple(found), ""
    except (CommandFailed, ChainError, OSError) as error:
        return (), sentence(error, node.language)


async def account(node: Node, seen: Sight, address: str) -> AccountView:
    found, problem = await balances(node, seen, address)
    return AccountView(address, seen.names.addresses.get(address, ""), found, problem)


def limits_rows(found: Policy, network: Network, seen: Sight) -> tuple[LimitsRow, ...]:
    """The token of the chain in use first, whether or not it has limits of its own."""
    used = seen.chain.contracts.get("token", "") if seen.chain else ""
    tokens = [*([used] if used else []), *(one for one in network.limits if one not in (used, ANY))]
    return tuple(_limits_row(found, network, seen, token) for token in tokens)


def _limits_row(found: Policy, network: Network, seen: Sight, token: str) -> LimitsRow:
    limits = network.limits_for(token)
    task, day, peer, above = (
        seen.money(value, token) for value in (limits.task, limits.day, limits.counterparty, limits.ask_above)
    )
    spent = seen.money(found.today(network.chain, token), token)
    return LimitsRow(token, spent.symbol, task, day, peer, above, spent)


def delegate_row(one: Delegate, found: Policy, seen: Sight, now: float) -> DelegateRow:
    token = seen.chain.contracts.get("token", "") if seen.chain and seen.chain.chain_id == one.chain else ""
    known = seen if token else replace(seen, names=replace(seen.names, tokens={}))
    task, day, peer = (known.money(value, token or "?") for value in _three(one.limits))
    spent = known.money(found.today(one.chain, token, one.did), token or "?")
    until = _moment(one.until)
    return DelegateRow(
        one.did, one.name, network_text(one.chain, seen.language), until, one.until <= now, task, day, peer, spent
    )


def _three(limits: Limits) -> tuple[int, int, int]:
    return limits.task, limits.day, limits.counterparty


def ask_row(one: WalletAsk, seen: Sight, now: float, deadline: float = 0.0) -> AskRow:
    """`deadline`: of its task (app.chain.signing.deadline_of)."""
    meaning = meaning_from_map(one.meaning)
    chain = dict(meaning.values).get("chain", "")
    return AskRow(
        one.digest,
        meaning_text(meaning, seen.names, seen.language),
        meaning_rows(meaning, seen.names, seen.language),
        one.state,
        not chain or has_real_value(int(chain)),
        one.task,
        one.peer,
        seen.names.peers.get(one.peer, ""),
        _moment(one.created),
        _counts(one, seen, now, deadline),
    )


def _counts(one: WalletAsk, seen: Sight, now: float, deadline: float) -> str:
    """Of a yes that was said, or would be said now."""
    if one.state not in ("waiting", "agreed"):
        return ""
    if one.state == "waiting" and deadline <= now:
        return text("meant.yes_day", seen.language)
    until = counts_until(one.changed if one.state == "agreed" else now, deadline)
    return text("meant.yes_until", seen.language, until=moment_text(str(int(until)), seen.language))


def history_row(one: TransactionRow, seen: Sight) -> HistoryRow:
    said, rows = _told(one, seen)
    place = json.loads(one.place) if one.place else {}
    name = str(place.get("name") or (one.attempts[-1].name if one.attempts else ""))
    code = one.problem
    return HistoryRow(
        one.key,
        said,
        one.state,
        text(f"meant.state.{one.state}", seen.language),
        sentence(WalletRefused(code, code), seen.language) if code else "",
        name,
        _moment(one.created),
        network_text(one.chain_id, seen.language),
        one.task,
        one.peer,
        rows,
    )


def _told(one: TransactionRow, seen: Sight) -> tuple[str, tuple[tuple[str, str], ...]]:
    try:
        meaning = meaning_of(request_from_map(json.loads(one.request)))
    except (WalletRefused, LookupError, ValueError):  # of another release
        meaning = Meaning(one.key)
    return meaning_text(meaning, seen.names, seen.language), meaning_rows(meaning, seen.names, seen.language)


def transfers(at: Connected, token: str, address: str) -> tuple[int, Sequence[Log], Mapping[int, int]]:
    """The token's payments from and to an address in the last blocks, the first block, and the blocks' times.

    Blocking.  Errors: ChainError.
    """
    chain: Chain = at.chain
    last = chain.head().number
    first = max(0, last - BLOCKS + 1)
    event, padded = topic(_TRANSFER), bytes(12) + bytes.fromhex(address[2:])
    found = {*chain.logs(token, [event, None, padded], first, last), *chain.logs(token, [event, padded], first, last)}
    logs = [log for log in found if len(log.topics) == 3 and len(log.data) == 32 and log.address == token]
    times = {number: chain.block(number).time for number in {log.block for log in logs}}
    return first, sorted(logs, key=lambda log: -log.block), times


def movement(log: Log, times: Mapping[int, int], address: str, seen: Sight) -> Movement:
    source, target = ("0x" + one[12:].hex() for one in log.topics[1:])
    coming = target == address
    other = source if coming else target
    known = text("meant.minted", seen.language) if other == NOBODY else seen.names.addresses.get(other, "")
    money = seen.money(int.from_bytes(log.data, "big"), log.address)
    return Movement(
        "in" if coming else "out", money, other, known, log.transaction, log.block, _moment(times[log.block])
    )


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(min(max(seconds, 0), 253_402_300_799), UTC).isoformat(timespec="seconds")
