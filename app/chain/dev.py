"""`nuee chain dev`: a local chain in a process of its own, with this release's contracts, until it is told to stop.

The chain is kept in the profile's folder, so that it is the same one the next time; nothing on it is worth anything,
and nothing of it is secret.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import trio

from app import commands, online
from app.actions.chain import use_chain
from app.chain.anvil import Running, anvil_binary, started
from app.chain.rehearsal import COINS, TOKENS
from app.cli import Failure
from app.errors import sentence
from app.node import Node
from app.serving import open_serving
from app.texts import text
from p2p import deploying
from p2p.chain import Chain, ChainIdentity, http_endpoint
from storage.chains import ChainRow
from storage.vault import VaultError

NAME = "dev"
PORT = 8545
CHAIN_ID = 31337
STATE = "dev-chain.json"
# The first account of the mnemonic that every development chain begins with; it is worth nothing anywhere.
KEY = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")


@dataclass(frozen=True)
class Dev:
    """`also`: addresses of other profiles that get coins and tokens too."""

    port: int = PORT
    also: tuple[str, ...] = ()


def run(folder: Path, secret: str, language: str, dev: Dev) -> int:
    """Until SIGINT or SIGTERM; the exit status.  Errors: Failure."""
    try:
        trio.run(_main, folder, secret, language, dev)
    except KeyboardInterrupt:
        return 0
    except BaseException as error:
        while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
            error = error.exceptions[0]
        if isinstance(error, Failure | SystemExit):
            raise error from None
        raise Failure(sentence(error, language)) from error
    return 0


async def _main(folder: Path, secret: str, language: str, dev: Dev) -> None:
    def say(key: str, **values: Any) -> None:
        sys.stdout.write(text(f"cli.chain.{key}", language, **values) + "\n")
        sys.stdout.flush()

    async with open_serving(folder, lambda _event: None) as node:
        with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            await commands.unlock(node, secret)
            online.network_allowed(node)
            say("dev_starting")
            async with local_chain(folder / STATE, dev.port) as running:
                row = await prepared(node, running.url, dev.also)
                say("dev_runs", url=running.url, name=row.name)
                say("dev_join", command=joining_command(row))
                async for _ in signals:
                    break
        say("dev_stopped", name=NAME)


@asynccontextmanager
async def local_chain(state: Path, port: int) -> AsyncIterator[Running]:
    """Errors: AnvilMissing."""
    await trio.to_thread.run_sync(anvil_binary)
    block = started(port, CHAIN_ID, state)
    running = await trio.to_thread.run_sync(block.__enter__)
    try:
        yield running
    finally:
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(partial(block.__exit__, None, None, None))


async def prepared(node: Node, url: str, also: Sequence[str] = ()) -> ChainRow:
    """Contracts, coins and tokens; and the chain is in use.  Errors: ChainError, VaultError, CommandFailed."""
    address = await node.chains.signing.address()
    identity, contracts = await node.chains.thread(_furnished, url, (address, *also))
    row = ChainRow(NAME, "rpc", identity.chain_id, identity.genesis, (url,), contracts)
    await node.blocking(_kept, node, row)
    await use_chain(node, NAME, anyway=True)
    return row


def joining_command(row: ChainRow) -> str:
    """What a second profile on this machine types."""
    given = " ".join(f"--contract {role}={at}" for role, at in row.contracts.items())
    return f"nuee chain add {row.name} --rpc {row.endpoints[0]} {given} && nuee chain use {row.name}"


def _furnished(url: str, addresses: Sequence[str]) -> tuple[ChainIdentity, Mapping[str, str]]:
    """Blocking.  Errors: ChainError."""
    chain = Chain([http_endpoint(url)])
    contracts = deploying.deploy(chain, KEY)
    for address in addresses:
        (tokens,) = chain.read(contracts["token"], "balanceOf(address)", ["uint256"], address)
        coins = 0 if chain.balance(address) else COINS
        deploying.gift(chain, KEY, contracts, address, coins, 0 if tokens else TOKENS)
    return chain.identity(), contracts


def _kept(node: Node, row: ChainRow) -> None:
    """In place of an earlier one of this name: another chain, if its state is gone.  Blocking.  Errors: VaultError."""
    store = node.vault.vault.chains
    try:
        before = store.get(row.name)
    except VaultError as error:
        if error.code != "unknown-chain":
            raise
        store.add(row)
        return
    if (before.kind, before.genesis) == (row.kind, row.genesis):
        store.put(row)
    else:
        store.remove(row.name)
        store.add(row)
