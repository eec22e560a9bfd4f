"""The chain, asked over JSON-RPC: what it is, what stands on it, and "please take this transaction".

With p2p.endpoints the only importer of web3.  Blocking: for a worker thread; calls from several threads take turns.
Several endpoints of one chain stand in for each other: the one that answered last is asked first, and one that is not
the chain that it should be (chain id or genesis hash) is not asked again.  Nothing that an endpoint says is believed
beyond its type.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from p2p.endpoints import FULL, Endpoint, embedded_endpoint, http_endpoint, stream_endpoint
from p2p.typed_data import checksum

__all__ = [
    "Block",
    "Chain",
    "ChainError",
    "ChainIdentity",
    "Endpoint",
    "Fees",
    "Log",
    "Mined",
    "calldata",
    "embedded_endpoint",
    "http_endpoint",
    "stream_endpoint",
    "topic",
]

T = TypeVar("T")


class ChainError(Exception):
    """`code` is stable: chain-unreachable, chain-other, chain-reverted, chain-refused, chain-full,
    chain-nonsense."""

    def __init__(self, code: str, sentence: str, detail: str = "") -> None:
        super().__init__(sentence)
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class ChainIdentity:
    """What makes a chain that one and no other.  `genesis`: hash of block 0, 0x and 64 hexadecimal digits."""

    chain_id: int
    genesis: str


@dataclass(frozen=True)
class Block:
    """`time`: seconds since the epoch."""

    number: int
    hash: str
    time: int


@dataclass(frozen=True)
class Log:
    """An event: the contract, the topics (the first is the event's), and the rest."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes
    block: int
    transaction: str


@dataclass(frozen=True)
class Mined:
    """A transaction that stands in a block.  `ok` is false where it was reverted."""

    hash: str
    block: int
    block_hash: str
    ok: bool
    gas: int
    logs: tuple[Log, ...]


@dataclass(frozen=True)
class Fees:
    """Wei for a unit of gas: `base`, what every transaction of the next block pays; `tip`, what blocks take besides."""

    base: int
    tip: int


class Chain:
    """`expected`: None to take the chain that the first endpoint shows.  `allowed` is called before each question, and
    what it raises is raised: in airplane mode nothing is asked."""

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        expected: ChainIdentity | None = None,
        allowed: Callable[[], None] = lambda: None,
    ) -> None:
        self._endpoints = list(endpoints)
        self._expected = expected
        self._allowed = allowed
        self._checked: set[Endpoint] = set()
        self._lock = threading.Lock()

    def identity(self) -> ChainIdentity:
        """As the endpoint in use showed it, which is not asked twice but for `doubt`.

        Errors: ChainError, as from everything here.
        """
        self._asked(lambda _web3: None)
        assert self._expected is not None
        return self._expected

    def doubt(self) -> None:
        """Have each endpoint show once more that it is of this chain, before it is asked anything else: behind the same
        address another may answer by now."""
        with self._lock:
            self._checked.clear()

    @property
    def wrong(self) -> dict[str, str]:
        """The endpoints that are not asked, and why."""
        return {endpoint.name: endpoint.wrong for endpoint in self._endpoints if endpoint.wrong}

    def head(self) -> Block:
        return self.block("latest")

    def block(self, which: int | str) -> Block:
        return self._asked(lambda web3: _block(web3.eth.get_block(which)))

    def balance(self, address: str) -> int:
        """Of the chain's own coin, wei."""
        return self._asked(lambda web3: int(web3.eth.get_balance(checksum(address))))

    def code(self, address: str) -> bytes:
        """Of the contract at `address`; empty where there is none."""
        return self._asked(lambda web3: bytes(web3.eth.get_code(checksum(address))))

    def storage(self, address: str, slot: int) -> bytes:
        """The 32 bytes that the contract at `address` keeps there."""
        return self._asked(lambda web3: bytes(web3.eth.get_storage_at(checksum(address), slot))[-32:].rjust(32, b"\0"))

    def nonce(self, address: str, which: int | str = "latest") -> int:
        """How many transactions of the account stand in blocks up to this one; with "pending" those that wait too."""
        return self._asked(lambda web3: int(web3.eth.get_transaction_count(checksum(address), which)))

    def fees(self) -> Fees:
        base = self._asked(lambda web3: int(web3.eth.get_block("latest").get("baseFeePerGas", 0)))
        return Fees(base, self._asked(lambda web3: int(web3.eth.max_priority_fee)))

    def gas(self, sender: str, contract: str, data: bytes) -> int:
        """What the call would take.  Errors: ChainError("chain-reverted") where it would fail."""
        call = {"from": checksum(sender), "to": checksum(contract), "data": "0x" + data.hex()}
        return self._asked(lambda web3: int(web3.eth.estimate_gas(call)))

    def send(self, raw: bytes) -> None:
        """Hand over a signed transaction; one that is known already is no error.  It need not be taken for that."""
        self.doubt()
        try:
            self._asked(lambda web3: web3.eth.send_raw_transaction(raw))
        except ChainError as error:
            if "already known" not in error.detail and "already imported" not in error.detail:
                raise

    def mined(self, name: str) -> Mined | None:
        """The transaction of that hash, if a block has taken it."""
        return self._asked(lambda web3: _mined(_receipt(web3, name), name))

    def read(
        self, contract: str, signature: str, returns: Sequence[str], *args: Any, gas: int | None = None
    ) -> tuple[Any, ...]:
        """Call a function that changes nothing, such as "balanceOf(address)".  `gas`: the most that it may compute.

        Errors: ChainError("chain-reverted"); "chain-nonsense" where the answer is of another type, or nobody is there.
        """
        from eth_abi.abi import decode
        from eth_abi.exceptions import DecodingError

        data = calldata(signature, args)
        call: Any = {"to": checksum(contract), "data": "0x" + data.hex(), **({} if gas is None else {"gas": gas})}
        answer = self._asked(lambda web3: bytes(web3.eth.call(call)))
        try:
            return tuple(decode(list(returns), answer))
        except (DecodingError, OverflowError) as error:
            raise ChainError("chain-nonsense", "The contract's answer is not of the type that it should be.") from error

    def logs(self, contract: str, topics: Sequence[bytes | None], first: int, last: int) -> tuple[Log, ...]:
        """Events of a contract in these blocks, both included."""
        wanted = {
            "address": checksum(contract),
            "fromBlock": first,
            "toBlock": last,
            "topics": [None if topic is None else "0x" + topic.hex() for topic in topics],
        }
        return self._asked(lambda web3: tuple(_log(found) for found in web3.eth.get_logs(wanted)))

    def passed_on(self, method: str, params: Sequence[Any]) -> dict[str, Any]:
        """Somebody else's question, by its name in JSON-RPC; the answer without its number: `result`, or `error`.

        Errors: ChainError, "chain-nonsense" for what is no question.
        """
        return self._asked(lambda web3: _passed_on(web3.provider, method, params))

    def _asked(self, question: Callable[[Any], T]) -> T:
        """Ask one endpoint after the other until one answers."""
        from web3 import Web3

        with self._lock:
            self._allowed()
            last: ChainError | None = None
            for endpoint in list(self._endpoints):
                if endpoint.wrong:
                    continue
                try:
                    answer = self._answer(endpoint, Web3(endpoint.provider), question)
                except ChainError as error:
                    if error.code not in ("chain-unreachable", "chain-other"):
                        raise
                    last = error
                    continue
                self._endpoints.remove(endpoint)
                self._endpoints.insert(0, endpoint)
                return answer
            raise last or ChainError("chain-other", "No endpoint of this chain is left that can be believed.")

    def _answer(self, endpoint: Endpoint, web3: Any, question: Callable[[Any], T]) -> T:
        from requests import RequestException
        from web3.exceptions import ContractLogicError, Web3Exception, Web3RPCError

        try:
            self._check(endpoint, web3)
            return question(web3)
        except ContractLogicError as error:
            raise ChainError("chain-reverted", "The contract refuses this call.", _short(error)) from error
        except Web3RPCError as error:
            if _code(error) == FULL:
                raise ChainError("chain-full", "Nothing can be written to this chain any more.") from error
            raise ChainError("chain-refused", "The chain refuses this.", _short(error)) from error
        except (OSError, RequestException, json.JSONDecodeError) as error:
            raise ChainError("chain-unreachable", "The chain cannot be reached.", type(error).__name__) from error
        except (Web3Exception, LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise ChainError("chain-nonsense", "The answer is none of a chain.", type(error).__name__) from error

    def _check(self, endpoint: Endpoint, web3: Any) -> None:
        """Once for each endpoint, and again after `doubt`."""
        if endpoint in self._checked:
            return
        found = _identity(web3)
        self._expected = self._expected or found
        if found != self._expected:
            endpoint.wrong = f"chain {found.chain_id}, {found.genesis[:10]}"
            raise ChainError("chain-other", "This endpoint is of another chain.", endpoint.wrong)
        self._checked.add(endpoint)


def calldata(signature: str, args: Sequence[Any]) -> bytes:
    """The bytes of a call (Contract ABI specification).  Errors: ValueError, TypeError."""
    from eth_abi.abi import encode
    from eth_utils.crypto import keccak

    inner = signature.partition("(")[2][:-1]
    return bytes(keccak(text=signature)[:4] + encode([kind for kind in inner.split(",") if kind], list(args)))


def topic(event: str) -> bytes:
    """The first topic of an event, such as "Transfer(address,address,uint256)"."""
    from eth_utils.crypto import keccak

    return bytes(keccak(text=event))


def _identity(web3: Any) -> ChainIdentity:
    return ChainIdentity(int(web3.eth.chain_id), _hex(web3.eth.get_block(0)["hash"]))


def _passed_on(provider: Any, method: str, params: Sequence[Any]) -> dict[str, Any]:
    from web3 import Web3

    plain = Web3(provider, middleware=[])
    found = provider.request_func(plain, plain.middleware_onion)(method, list(params))
    if "error" in found:
        error = found["error"]
        return {"error": {"code": int(error["code"]), "message": str(error["message"])[:200]}}
    return {"result": _as_json(found["result"])}


def _as_json(value: Any) -> Any:
    """As JSON-RPC has it (EIP-1474), where the chain in the process answers with Python's own."""
    if isinstance(value, Mapping):
        blooms = {"logsBloom": f"0x{value['logsBloom']:0512x}"} if isinstance(value.get("logsBloom"), int) else {}
        return {**{str(name): _as_json(item) for name, item in value.items()}, **blooms}
    if isinstance(value, bytes):
        return _hex(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return hex(value)
    return [_as_json(item) for item in value] if isinstance(value, list | tuple) else value


def _receipt(web3: Any, name: str) -> Any:
    from web3.exceptions import TransactionNotFound

    try:
        return web3.eth.get_transaction_receipt(name)
    except TransactionNotFound:
        return None


def _block(found: Any) -> Block:
    return Block(int(found["number"]), _hex(found["hash"]), int(found["timestamp"]))


def _mined(found: Any, name: str) -> Mined | None:
    if found is None or found["blockHash"] is None:
        return None
    logs = tuple(_log(one) for one in found["logs"])
    block, block_hash = int(found["blockNumber"]), _hex(found["blockHash"])
    return Mined(name, block, block_hash, bool(found["status"]), int(found["gasUsed"]), logs)


def _log(found: Any) -> Log:
    topics = tuple(bytes(one) for one in found["topics"])
    block, name = int(found["blockNumber"]), _hex(found["transactionHash"])
    return Log(str(found["address"]).lower(), topics, bytes(found["data"]), block, name)


def _hex(value: Any) -> str:
    return "0x" + bytes(value).hex()


def _code(error: Any) -> object:
    """Of a JSON-RPC error; None where there is none."""
    said = (error.rpc_response or {}).get("error")
    return said.get("code") if isinstance(said, Mapping) else None


def _short(error: Exception) -> str:
    """What the chain said, which anybody may have written: cut to a line."""
    return " ".join(str(error).split())[:200]
