"""What is to be seen of the chain in use: how it stands, and what an account holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from app.chain.amounts import with_worth
from app.chain.hosting import MOST_KEPT
from app.chain.rates import worth_of
from app.chain.tokens import Token, coin, token
from app.chain.tokens import balance as held
from app.chain_results import (
    Balance,
    ChainRowView,
    ChainStatus,
    Code,
    ContractView,
    Holding,
    PendingView,
)
from app.errors import sentence
from app.results import CommandFailed
from p2p.chain import Chain, ChainError
from p2p.contracts import artefacts
from p2p.deploying import CONTRACTS
from p2p.networks import has_real_value, network_name
from storage.chains import ChainRow
from storage.transactions import TransactionRow
from storage.vault import Vault

if TYPE_CHECKING:
    from app.node import Node


async def status(node: Node) -> ChainStatus:
    """Errors: CommandFailed("locked" | "absent"), VaultError, WorkerFailed: what is wrong with the chain is in it."""
    chains = node.chains
    store = node.vault.vault
    row = await node.blocking(store.chains.used)
    address = await chains.signing.address()
    hosting = await node.blocking(chains.hosting.on)
    kept = await node.blocking(chains.rehearsal.size) if hosting else 0
    if row is None:
        return ChainStatus(None, None, 0, address, "", False, (), (), 0, (), "", hosting, kept, MOST_KEPT)
    _, jobs = await node.blocking(store.chains.unfinished, row.chain_id, row.genesis)
    pending = await node.blocking(store.transactions.open, row.chain_id, row.genesis, 0)
    known = {role: await chains.signing.knows(row.chain_id, {role: at}) for role, at in row.contracts.items()}
    seen = ChainStatus(
        row=row_view(row, row),
        head=None,
        confirmations=row.confirmations,
        address=address,
        dialect=row.dialect,
        on=await chains.signing.on(row.chain_id),
        contracts=tuple(ContractView(role, at, "unknown", known[role]) for role, at in row.contracts.items()),
        pending=tuple(_pending(one, node.language) for one in pending),
        jobs=jobs,
        wrong=(),
        problem="",
        hosting=hosting,
        kept=kept,
        most=MOST_KEPT,
    )
    return await _looked(node, seen, row, known)


async def _looked(node: Node, seen: ChainStatus, row: ChainRow, known: Mapping[str, bool]) -> ChainStatus:
    """With what the chain itself shows."""
    try:
        link = await node.chains.connected()
        head, codes = await node.chains.ask(_codes, link.chain, link.contracts)
    except (ChainError, CommandFailed, OSError) as error:
        return replace(seen, problem=sentence(error, node.language), wrong=node.chains.wrong)
    contracts = tuple(ContractView(role, at, codes[role], known[role]) for role, at in row.contracts.items())
    return replace(seen, head=head, contracts=contracts, wrong=node.chains.wrong)


async def balance(node: Node, address: str) -> Balance:
    """Errors: ChainError, CommandFailed."""
    link = await node.chains.connected()
    address = address or link.address
    found = await node.chains.ask(_holdings, link.chain, coin(link.identity.chain_id), link.contracts, address)
    vault, chain_id = node.vault.vault, link.identity.chain_id
    holdings = tuple([await node.blocking(_holding, vault, chain_id, *one, node.language) for one in found])
    return Balance(link.name, address, holdings)


def row_view(row: ChainRow, used: ChainRow | None) -> ChainRowView:
    return ChainRowView(
        row.name,
        row.kind,
        row.chain_id,
        network_name(row.chain_id),
        row.genesis,
        row.endpoints,
        used is not None and used.name == row.name,
        has_real_value(row.chain_id),
    )


def _codes(chain: Chain, contracts: Mapping[str, str]) -> tuple[int, dict[str, Code]]:
    """The head, and whose code stands where.  Blocking.  Errors: ChainError."""
    return chain.head().number, {role: _code(role, chain.code(at)) for role, at in contracts.items()}


def _code(role: str, code: bytes) -> Code:
    if not code:
        return "none"
    return "other" if artefacts.contract(CONTRACTS[role]).fixed_in(code) is None else "ours"


def _holdings(chain: Chain, own: Token, contracts: Mapping[str, str], address: str) -> list[tuple[Token, int]]:
    """Blocking.  Errors: ChainError."""
    found = [own, *([token(chain, contracts["token"])] if "token" in contracts else [])]
    return [(one, held(chain, one, address)) for one in found]


def _holding(vault: Vault, chain_id: int, token: Token, value: int, language: str) -> Holding:
    """Worker thread."""
    worth = worth_of(vault, chain_id, token.address, value, token.decimals, language) if token.address else ""
    said = with_worth(token.text(value, language), worth)
    return Holding(token.address, token.symbol, token.decimals, str(value), said)


def _pending(row: TransactionRow, language: str) -> PendingView:
    problem = sentence(CommandFailed(row.problem, left="…"), language) if row.problem else ""
    return PendingView(row.key, row.state, row.nonce, problem, row.task)
