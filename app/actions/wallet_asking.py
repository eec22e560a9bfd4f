"""Having something signed by the wallet of a contact who gave this person authority."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import trio

from app.actions.group import Requests
from app.chain.amounts import amount_of, plain_symbol
from app.chain.delegated import authority_at, note_of, signature_at
from app.chain.meaning import Names, meaning_rows, meaning_text, network_text
from app.chain.wallet_looking import Sight
from app.node import Node
from app.reports import Report
from app.results import CommandFailed
from app.wallet_results import AskedFor, AuthorityView
from p2p.delegated import Authority
from p2p.methods import METHODS, Method, call_data
from p2p.wallet_meaning import meaning_of
from p2p.wallet_requests import Transaction, WalletRefused, address
from storage.peers import Peer

AGAIN = 2.0  # seconds until the owner's answer is asked for again
LATER = 540.0  # seconds that a note is worth waiting with: it counts for 600 (p2p.delegation.WINDOW)


async def authority(node: Node, peer: str) -> AuthorityView:
    """What the wallet of a contact signs for this person.

    Errors: VaultError `unknown-peer`; WalletRefused("wallet-delegate" | …), CommandFailed, HostFailed.
    """
    found = await node.blocking(node.vault.vault.peers.find, peer)
    async with node.swarm.up():
        held = await authority_at(node, found.id)
    seen = _sight(node, found, held)
    amounts = (held.task, held.day, held.counterparty, held.spent)
    task, day, most, spent = (seen.money(amount, held.token) for amount in amounts)
    until = node.surroundings.now() >= held.until
    return AuthorityView(
        found.id, found.name, network_text(held.chain, node.language), held.account, held.until, until, task, day, most,
        spent,
    )  # fmt: skip


async def ask_for(
    node: Node, peer: str, call: str, args: Sequence[str], task: str = "", again: int = 0, wait: bool = False
) -> AskedFor:
    """Have a call signed and sent by the wallet of a contact: "token.transfer" with its arguments as typed.

    Typing it is the consent.  `again`: of an earlier answer, to ask for the very same once the owner has agreed.
    `wait`: for the owner's agreement, some minutes.
    Errors: as `authority`'s; CommandFailed("wallet-call" | "amount" | …); WalletRefused with what that node says.
    """
    found = await node.blocking(node.vault.vault.peers.find, peer)
    method = method_of(call)
    async with node.swarm.up():
        held = await authority_at(node, found.id)
        number = again or 1 + secrets.randbelow(2**31)
        request = request_of(method, args, held, task, number)
        note = await note_of(node, request)
        outcome = await signature_at(node, found.id, note)
        with trio.move_on_after(LATER if wait else 0):
            while outcome.asks:
                await trio.sleep(AGAIN)
                outcome = await signature_at(node, found.id, note)
    seen = _sight(node, found, held)
    meaning = meaning_of(request)
    said = meaning_text(meaning, seen.names, node.language)
    rows = tuple(row for row in meaning_rows(meaning, seen.names, node.language))
    return AskedFor(found.id, found.name, said, rows, outcome.sent, outcome.state, outcome.asks, number)


def method_of(call: str) -> Method:
    """Of "role.name".  Errors: CommandFailed("wallet-call")."""
    role, _, name = call.partition(".")
    for method in METHODS.values():
        if (method.role, method.name.lower()) == (role.lower(), name.lower()):
            return method
    raise CommandFailed("wallet-call", value=call[:60])


def request_of(method: Method, args: Sequence[str], held: Authority, task: str, again: int) -> Transaction:
    """From what was typed.  Amounts of tokens are in tokens.  Errors: CommandFailed("wallet-call" | "amount" | …)."""
    contract = held.contracts.get(method.role, "")
    if len(args) != len(method.names) or not contract:
        raise CommandFailed("wallet-call", value=f"{method.role}.{method.name}")
    try:
        given = tuple(_argument(method, *pair, held) for pair in zip(method.names, method.types, args, strict=True))
        call_data(method, given)
    except (ValueError, WalletRefused) as error:
        raise CommandFailed("wallet-call", value=f"{method.role}.{method.name}") from error
    return Transaction(
        0, held.chain, 0, contract, method.role, method.signature, given, 1, 0, 0, held.token, task, "", again
    )  # fmt: skip


def _argument(method: Method, name: str, kind: str, typed: str, held: Authority) -> Any:
    if name == "amount" and method.role in ("token", "kernel"):
        if held.decimals < 0:
            raise CommandFailed("wallet-no-token")
        return amount_of(typed, held.decimals)
    if kind == "address":
        return address(held.contracts.get(typed, typed))
    if kind == "bool":
        return {"true": True, "false": False}[typed.lower()] if typed.lower() in ("true", "false") else _no(typed)
    if kind.startswith("bytes"):
        return bytes.fromhex(typed.removeprefix("0x"))
    return int(typed) if kind.startswith(("uint", "int")) else typed


def _no(typed: str) -> Any:
    raise ValueError(typed)


def _sight(node: Node, peer: Peer, held: Authority) -> Sight:
    """What the other node says of its token is data: short and plain."""
    tokens = {held.token: (plain_symbol(held.symbol), held.decimals)} if held.decimals >= 0 else {}
    return Sight(Names(addresses={held.account: peer.name}, tokens=tokens), None, node.language)


async def _authority(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await authority(node, args["peer"]))


async def _ask(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    more = args.get("task", ""), args.get("again", 0), bool(args.get("wait"))
    return asdict(await ask_for(node, args["peer"], args["call"], args["args"], *more))


REQUESTS: Requests = {"wallet-authority": (_authority, True), "wallet-ask-for": (_ask, True)}
