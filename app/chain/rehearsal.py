"""The chain in the process, in the vault: made on first use with this release's contracts, opened once, for everybody.

Blocking, for a worker thread; any number of them.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from p2p import deploying
from p2p.chain import Chain
from p2p.networks import EMBEDDED
from storage.chains import ChainRow
from storage.vault import Vault

if TYPE_CHECKING:
    from p2p.embedded import EmbeddedChain

NAME = "rehearsal"
COINS = 100 * 10**18  # wei
TOKENS = 10_000 * 10**6  # smallest parts of the rehearsal token
_KEY = "chain-deployer"  # of who deployed the contracts and mints; it is worth nothing elsewhere
_ID = "embedded-chain"  # the chain id, drawn once


class Rehearsal:
    """`clock`: seconds since the epoch."""

    def __init__(self, vault: Vault, clock: Callable[[], float]) -> None:
        self._vault = vault
        self._clock = clock
        self._lock = threading.RLock()
        self._keeping = threading.Lock()  # never waits for another: it is taken within a question to the chain
        self._made = 0  # how many were: what an earlier one still writes is not kept
        self._open: tuple[Chain, EmbeddedChain] | None = None

    def row(self) -> ChainRow | None:
        """None before it is begun."""
        return next((row for row in self._vault.chains.list() if row.kind == "embedded"), None)

    def begin(self, address: str, step: deploying.Step = lambda _done, _of: None) -> ChainRow:
        """Make it, or what is missing of it: contracts, and something for `address` to pay with.

        Errors: VaultError, ChainError.
        """
        with self._lock:
            row = self.row()
            if row is not None and row.contracts:
                return row
            chain = self.chain()
            if row is None:
                identity = chain.identity()
                row = ChainRow(NAME, "embedded", identity.chain_id, identity.genesis)
                self._vault.chains.add(row)
            contracts = deploying.deploy(chain, self._key(), step)
            self.welcome(address, contracts)
            self._vault.chains.put(replace(row, contracts=contracts))
            return self._vault.chains.get(row.name)

    def welcome(self, address: str, contracts: Mapping[str, str]) -> None:
        """Coins and tokens for who has none."""
        with self._lock:
            chain = self.chain()
            (tokens,) = chain.read(contracts["token"], "balanceOf(address)", ["uint256"], address)
            coins = 0 if chain.balance(address) else COINS
            deploying.gift(chain, self._key(), contracts, address, coins, 0 if tokens else TOKENS)

    def chain(self) -> Chain:
        """The one that is open; opened again where it could not keep something.  Importing it takes a second."""
        from p2p.embedded import Genesis, opened

        with self._lock:
            if self._open is None or self._open[1].broken:
                genesis = Genesis(self._id(), (deploying.address_of(self._key()),), int(self._clock()))
                with self._keeping:
                    self._made += 1
                    number, content = self._made, self._vault.chains.content()
                made = opened(genesis, content, partial(self._keep, number), self._clock)
                self._open = Chain([made.endpoint]), made
            return self._open[0]

    def asked(self, method: str, params: Sequence[Any], seconds: float) -> dict[str, Any]:
        """Somebody else's question, which may compute for so long.  Errors: as Chain.passed_on's."""
        with self._lock:
            chain = self.chain()
            assert self._open is not None
            made = self._open[1]
        with made.within(seconds):
            return chain.passed_on(method, params)

    def size(self) -> int:
        """Bytes that it takes in the vault.  Errors: VaultError."""
        now = self._open
        return self._vault.chains.size() if now is None else now[1].size

    def stale(self, chain: Chain) -> bool:
        """Whether `chain` is not asked any more: another one took its place, or has to."""
        now = self._open
        return now is None or now[0] is not chain or now[1].broken

    def remove(self, name: str) -> None:
        """All of it.  The next one is another chain.  Errors: VaultError."""
        with self._lock:
            with self._keeping:
                self._vault.chains.remove(name)
                self._made += 1
            self._open = None
            self._vault.settings.unset(_ID)
            self._vault.settings.unset_secret(_KEY)

    def _keep(self, number: int, written: Mapping[bytes, bytes | None]) -> None:
        """Errors: VaultError; OSError for what the chain that was open before writes."""
        with self._keeping:
            if number != self._made:
                raise OSError("this chain is not open any more")
            self._vault.chains.keep(written)

    def _key(self) -> bytes:
        key = self._vault.settings.secret(_KEY)
        if key is None:
            key = secrets.token_bytes(32)
            self._vault.settings.set_secret(_KEY, key)
        return key

    def _id(self) -> int:
        """Kept before the first block is."""
        number = self._vault.settings.get(_ID)
        if number is None:
            number = secrets.choice(EMBEDDED)
            self._vault.settings.set(_ID, number)
        return int(number)
