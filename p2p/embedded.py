"""A chain in the process itself: py-evm behind eth-tester's JSON-RPC, with a chain id of its own and a kept database.

A rehearsal for one person: nothing to install, every transaction has a block at once, at the time of the clock.  What
py-evm writes goes into a mapping; what a request has written is kept before its answer is given, all of it or nothing,
so a crash loses no block that anybody was told of.  The only importer of `eth` and `eth_tester`.

Blocking: for a worker thread, one at a time.  Importing it takes a second, so this is done by `opened`.
"""

from __future__ import annotations

import math
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from p2p.chain import Endpoint, embedded_endpoint
from p2p.wallet import MOST_GAS

COIN = 10**18
GAS_LIMIT = 30_000_000  # of a block
TOLERANCE = 21_000  # gas by which an estimate may be too high
CURVES = 1_024  # bytes that a precompiled contract over curves takes: each pair of points is a second in Python
_TICKS = 256  # steps between two looks at the clock

Keep = Callable[[Mapping[bytes, bytes | None]], None]  # None: the key is gone


@dataclass(frozen=True)
class Genesis:
    """`chain_id`: of p2p.networks.EMBEDDED; `rich`: addresses that begin with a million coins; `time`: seconds."""

    chain_id: int
    rich: tuple[str, ...]
    time: int


class KeptStore:
    """The database under py-evm, in memory; `written` is what was changed since `kept` was called last."""

    def __init__(self, content: Mapping[bytes, bytes]) -> None:
        self.content = dict(content)
        self.size = sum(len(key) + len(value) for key, value in content.items())  # bytes
        self.written: dict[bytes, bytes | None] = {}

    def get(self, key: bytes) -> bytes:
        return self.content[key]

    def has(self, key: bytes) -> bool:
        return key in self.content

    def set(self, key: bytes, value: bytes) -> None:
        before = self.content.get(key)
        self.size += len(value) + len(key) if before is None else len(value) - len(before)
        self.content[key] = value
        self.written[key] = value

    def delete(self, key: bytes) -> None:
        self.size -= len(key) + len(self.content.pop(key))
        self.written[key] = None


class Allowance(threading.local):
    """How long the request that this thread makes may compute: processor time, which no other program uses up."""

    seconds = math.inf
    until = math.inf

    def begin(self) -> None:
        self.until = time.thread_time() + self.seconds

    @property
    def over(self) -> bool:
        return time.thread_time() > self.until


class EmbeddedChain:
    """Made by `opened`.  `endpoint` is for p2p.chain.Chain."""

    def __init__(
        self, tester: Any, store: KeptStore, keep: Keep, clock: Callable[[], float], asker: str, allowance: Allowance
    ) -> None:
        self._tester = tester
        self._allowance = allowance
        self._store = store
        self._keep = keep
        self._clock = clock
        self._broken = False
        self.endpoint: Endpoint = embedded_endpoint(tester, self._around, asker)

    @property
    def broken(self) -> bool:
        """Whether it has to be opened again, since something could not be kept."""
        return self._broken

    @property
    def size(self) -> int:
        """Bytes of what is kept."""
        return self._store.size

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """What this thread asks meanwhile computes no longer than this, of processor time; what does is refused."""
        self._allowance.seconds = seconds
        try:
            yield
        finally:
            self._allowance.seconds = math.inf

    def _around(self, ask: Callable[[], Any]) -> Any:
        """One request: its block stands at the clock's time, and is kept before anybody hears of it.

        Errors: OSError where it could not be kept; the chain has to be opened again then, as it was.
        """
        from eth.exceptions import VMError
        from eth_tester.exceptions import TransactionFailed

        if self._broken:
            raise OSError("the chain has to be opened again")
        chain = self._tester.backend.chain
        now = max(int(self._clock()), chain.get_canonical_head().timestamp + 1)
        chain.header = chain.header.copy(timestamp=now)
        self._allowance.begin()
        try:
            answer = ask()
        except RecursionError as error:
            raise ValueError("this call goes too deep for the chain in this process") from error
        except VMError as error:  # an estimate of what runs out of gas
            why = "execution reverted: " if not self._allowance.over else "it takes too long: "
            raise TransactionFailed(why + type(error).__name__) from error
        if self._store.written:
            self._broken = True  # until it is kept
            self._keep(dict(self._store.written))
            self._store.written.clear()
            self._broken = False
        return answer


def opened(
    genesis: Genesis, content: Mapping[bytes, bytes], keep: Keep, clock: Callable[[], float] = time.time
) -> EmbeddedChain:
    """The chain as it was kept; `content` is empty the first time.  Errors: what `keep` raises."""
    with _as_deep_as_before():
        from eth.chains.base import MiningChain
        from eth.db.atomic import AtomicDB
        from eth_tester import EthereumTester, PyEVMBackend

    store, allowance = KeptStore(content), Allowance()
    kind: Any = type("EmbeddedPyEvm", (MiningChain,), {
        "chain_id": genesis.chain_id, "vm_configuration": ((0, _bounded_vm(allowance)),),
        "gas_estimator": staticmethod(_estimated),
        "create_header_from_parent": _with_its_gas_limit,
        "get_transaction_builder": lambda chain: chain.get_vm().get_transaction_builder(),  # for eth_call
    })  # fmt: skip
    database = AtomicDB(_database(store))
    chain = kind(database) if content else kind.from_genesis(database, *_beginning(genesis))

    class Backend(PyEVMBackend):  # type: ignore[misc]  # not followed by mypy
        def reset_to_genesis(self, *_arguments: Any, **_named: Any) -> None:
            self.account_keys, self.chain = (), chain

    if store.written:
        keep(dict(store.written))
        store.written.clear()
    return EmbeddedChain(EthereumTester(Backend()), store, keep, clock, next(iter(genesis.rich), ""), allowance)


@contextmanager
def _as_deep_as_before() -> Iterator[None]:
    """py-evm lets all of Python recurse twelve times as deep, for calls 1,024 deep; then a nested JSON text of anybody
    ends the process where it would have been an error.  No call of ours goes deeper than the usual limit allows."""
    limit = sys.getrecursionlimit()
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def _bounded_vm(allowance: Allowance) -> Any:
    """Prague, but for what computes beyond the allowance: it is out of gas, whatever gas it has."""
    from eth.exceptions import OutOfGas
    from eth.vm.forks import PragueVM
    from eth.vm.forks.prague.computation import PragueComputation
    from eth.vm.gas_meter import GasMeter, allow_negative_refund_strategy

    class Meter(GasMeter):  # type: ignore[misc]  # not followed by mypy
        ticks = 0

        def consume_gas(self, amount: int, reason: str) -> None:
            super().consume_gas(amount, reason)
            self.ticks += 1
            if self.ticks % _TICKS == 1 and allowance.over:
                raise OutOfGas("it takes too long")

    def brief(precompile: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def bounded(computation: Any) -> Any:
            if len(computation.msg.data) > CURVES:
                raise OutOfGas("it takes too long")
            return precompile(computation)

        return bounded

    precompiles = {
        address: brief(one) if address[-1] in (8, *range(11, 18)) else one
        for address, one in PragueComputation.get_precompiles().items()
    }

    class Computation(PragueComputation):  # type: ignore[misc]  # as above
        _precompiles = precompiles

        def _configure_gas_meter(self) -> Any:
            return Meter(self.msg.gas, allow_negative_refund_strategy)

    state: Any = type("BoundedState", (PragueVM._state_class,), {"computation_class": Computation})
    return type("BoundedPragueVM", (PragueVM,), {"_state_class": state})


def _estimated(state: Any, transaction: Any) -> int:
    """Gas with which this succeeds, at most `TOLERANCE` too much; py-evm's own search asks with that of a whole block.

    Errors: VMError where it fails with all that one transaction may have.
    """
    from eth.vm.spoof import SpoofTransaction

    def failure(gas: int) -> Any:
        snapshot = state.snapshot()
        try:
            return getattr(state.apply_transaction(SpoofTransaction(transaction, gas=gas, gas_price=0)), "_error", None)
        finally:
            state.revert(snapshot)

    low, high = int(transaction.intrinsic_gas), MOST_GAS
    if failure(low) is None:
        return low
    if (error := failure(high)) is not None:
        raise error
    while high - low > TOLERANCE:
        middle = (low + high) // 2
        low, high = (low, middle) if failure(middle) is None else (middle, high)
    return high


def _beginning(genesis: Genesis) -> tuple[dict[str, Any], dict[bytes, dict[str, Any]]]:
    from eth_tester.backends.pyevm.main import get_default_genesis_params

    parameters = {**get_default_genesis_params(), "timestamp": genesis.time, "gas_limit": GAS_LIMIT}
    account = {"balance": 1_000_000 * COIN, "storage": {}, "code": b"", "nonce": 0}
    return parameters, {bytes.fromhex(address.removeprefix("0x")): account for address in genesis.rich}


def _with_its_gas_limit(chain: Any, parent: Any, **parameters: Any) -> Any:
    from eth.chains.base import MiningChain

    return MiningChain.create_header_from_parent(chain, parent, **{**parameters, "gas_limit": parent.gas_limit})


def _database(store: KeptStore) -> Any:
    from eth.db.backends.base import BaseDB

    class Database(BaseDB):  # type: ignore[misc]  # as above
        def __getitem__(self, key: bytes) -> bytes:
            return store.get(key)

        def __setitem__(self, key: bytes, value: bytes) -> None:
            store.set(key, value)

        def _exists(self, key: bytes) -> bool:
            return store.has(key)

        def __delitem__(self, key: bytes) -> None:
            store.delete(key)

    return Database()
