"""A chain in a process of its own, which does what a test tells it: anvil.  One for each test that asks for it."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from app.chain.anvil import AnvilMissing, anvil_binary, started
from p2p.chain import Chain, http_endpoint
from p2p.wallet_requests import NOBODY
from storage.transactions import Transactions
from storage.vault import Vault
from tests.unit.sender_fixtures import COIN, Clock, World, deployed, wallet_for

CHAIN_ID = 31337
NOT_HERE = ("anvil-platform", "anvil-npm", "anvil-fetch")


class Anvil:
    """Blocks for each answer.  `url`: where it listens, on loopback."""

    def __init__(self, url: str) -> None:
        self.url = url

    def chain(self) -> Chain:
        """A client of its own, as after a restart."""
        return Chain([http_endpoint(self.url)])

    def ask(self, method: str, *params: Any) -> Any:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as response:
            answer = json.load(response)
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def give(self, address: str, wei: int = 1000 * COIN) -> None:
        """The account has exactly this."""
        self.ask("anvil_setBalance", address, hex(wei))

    def automine(self, on: bool) -> None:
        """Whether each transaction gets a block at once; off, blocks come with `mine` alone."""
        self.ask("evm_setAutomine", on)

    def interval(self, seconds: int) -> None:
        """A block in every so many seconds; 0 for none."""
        self.ask("evm_setIntervalMining", seconds)

    def mine(self, blocks: int = 1) -> None:
        self.ask("anvil_mine", hex(blocks))

    def later(self, seconds: int) -> None:
        """The next block, which is made now, is so much later."""
        self.ask("evm_increaseTime", seconds)
        self.mine()

    def base_fee(self, wei: int) -> None:
        """Of the next block."""
        self.ask("anvil_setNextBlockBaseFeePerGas", hex(wei))

    def drop(self, name: str) -> None:
        """Forget a transaction that waits."""
        self.ask("anvil_dropTransaction", name)

    def waiting(self) -> int:
        """How many transactions no block has taken yet."""
        found = self.ask("txpool_status")
        return int(found["pending"], 16) + int(found["queued"], 16)

    def reorganise(self, depth: int, *taken: tuple[bytes, int]) -> None:
        """Other blocks stand for the last `depth` ones; `taken`: raw transactions, and which of the new ones (from 0)
        takes them.  What the old ones had taken is lost."""
        self.ask("anvil_reorg", depth, [["0x" + raw.hex(), block] for raw, block in taken])

    def snapshot(self) -> str:
        return str(self.ask("evm_snapshot"))

    def revert(self, snapshot: str) -> None:
        assert self.ask("evm_revert", snapshot)

    def registry(self) -> str:
        """Deploy the identity registry; its address."""
        deployer = Account.from_key(bytes(31) + b"\7")
        self.give(deployer.address)
        return deployed(self.chain(), deployer)


@contextmanager
def running(state: Path | None = None, *options: str, port: int = 0, chain_id: int = CHAIN_ID) -> Iterator[Anvil]:
    """Skips the test where anvil cannot be had."""
    try:
        anvil_binary()
    except AnvilMissing as error:
        if error.code in NOT_HERE:
            pytest.skip(f"anvil cannot be had here: {error}")
        raise
    with started(port, chain_id, state, *options) as there:
        yield Anvil(there.url)


@pytest.fixture(name="anvil")
def anvil_fixture() -> Iterator[Anvil]:
    with running() as anvil:
        yield anvil


def anvil_world(anvil: Anvil, rows: Transactions) -> World:
    """On anvil, which mines when it is told to from now on."""
    clock = Clock()
    anvil.give(wallet_for(CHAIN_ID, NOBODY, clock).address(0))
    registry = anvil.registry()
    anvil.automine(False)
    return World(anvil.chain, registry, wallet_for(CHAIN_ID, registry, clock), rows, clock)


@pytest.fixture(name="world")
def world_fixture(anvil: Anvil, vault: Vault) -> World:
    return anvil_world(anvil, vault.transactions)
