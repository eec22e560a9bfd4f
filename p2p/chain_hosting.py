"""What a contact may ask of the chain in this process, over `CHAIN_PROTOCOL`: one JSON-RPC request, one answer.

A list of methods that read, and a transaction that somebody signed; the gas of what is to be computed is bounded, and
so is how much one contact asks, and has computed, in a minute.  Two methods are ours: `nuee_chain` [] gives {contracts,
dialect}, and `nuee_welcome` [address] gives a newcomer coins and tokens, once.  Errors: JSON-RPC's (EIP-1474).  Pure.
"""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from p2p.endpoints import FULL as FULL
from p2p.wallet import MOST_GAS

CHAIN_PROTOCOL = "/nuee/chain/1.0.0"
CONTRACTS, WELCOME, SEND = "nuee_chain", "nuee_welcome", "eth_sendRawTransaction"
_PARAMETERS = {  # the most of each
    "eth_blockNumber": 0, "eth_call": 2, "eth_chainId": 0, "eth_estimateGas": 2, "eth_feeHistory": 3, "eth_gasPrice": 0,
    "eth_getBalance": 2, "eth_getBlockByHash": 2, "eth_getBlockByNumber": 2, "eth_getCode": 2, "eth_getLogs": 1,
    "eth_getStorageAt": 3, "eth_getTransactionByHash": 1, "eth_getTransactionCount": 2, "eth_getTransactionReceipt": 1,
    "eth_maxPriorityFeePerGas": 0, "net_version": 0, SEND: 1, CONTRACTS: 0, WELCOME: 1,
}  # fmt: skip
WRITES = (SEND, WELCOME, "eth_estimateGas")  # of no use on a chain that is full
_COSTLY = (SEND, WELCOME, "eth_estimateGas")  # what is kept, or computed many times over
MOST_BLOCKS = 2_000  # of one search for events
AT_ONCE = 4  # questions of one contact that wait for their answers
A_MINUTE, COSTLY_A_MINUTE = 1_200, 60  # questions of one contact
COMPUTING, COMPUTING_A_MINUTE = 3.0, 30.0  # seconds of processor time for one question, and for all of one contact
MINUTE = 60.0
DEEPEST = 8  # of what is in a question


class Declined(Exception):
    """The question is answered with this error."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True)
class Question:
    """`number`: what the answer is told apart by."""

    number: int | str | None
    method: str
    params: list[Any]


def question(request: bytes) -> Question:
    """Errors: Declined."""
    try:
        found = json.loads(request)
    except (ValueError, RecursionError) as error:
        raise Declined(-32700, "not JSON") from error
    if not isinstance(found, dict) or not isinstance(found.get("id"), int | str | None):
        raise Declined(-32600, "not a request")
    method, params = found.get("method"), found.get("params", [])
    if not isinstance(method, str) or method not in _PARAMETERS:
        raise Declined(-32601, "this is not answered here")
    if not isinstance(params, list) or len(params) > _PARAMETERS[method] or _depth(params) > DEEPEST:
        raise Declined(-32602, "these are not its parameters")
    return Question(found.get("id"), method, _bounded(method, params))


def answer(number: int | str | None, reply: Mapping[str, Any]) -> bytes:
    """`reply`: `result` or `error`."""
    return json.dumps({"jsonrpc": "2.0", "id": number, **reply}, separators=(",", ":")).encode()


def declined(number: int | str | None, error: Declined) -> bytes:
    return answer(number, {"error": {"code": error.code, "message": str(error)}})


class Meter:
    """How much each contact asks.  `clock`: seconds, monotonic.  One thread."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._spent: dict[str, deque[tuple[float, float]]] = defaultdict(deque)
        self._asked: dict[tuple[str, bool], deque[float]] = defaultdict(deque)

    def count(self, peer: str, method: str) -> None:
        """Errors: Declined where it is too much."""
        spent = self._spent[peer]
        while spent and spent[0][0] <= self._clock() - MINUTE:
            spent.popleft()
        if sum(seconds for _, seconds in spent) >= COMPUTING_A_MINUTE:
            raise Declined(-32005, "too much to compute in a minute")
        costly = method in _COSTLY
        times, most = self._asked[peer, costly], COSTLY_A_MINUTE if costly else A_MINUTE
        now = self._clock()
        while times and times[0] <= now - MINUTE:
            times.popleft()
        if len(times) >= most:
            raise Declined(-32005, "too much in a minute")
        times.append(now)

    def took(self, peer: str, seconds: float) -> None:
        """An answer took this much processor time."""
        self._spent[peer].append((self._clock(), seconds))


def _bounded(method: str, params: list[Any]) -> list[Any]:
    """Errors: Declined for a question whose answer takes too long."""
    first = params[0] if params else None
    if method == SEND and _gas(first) > MOST_GAS:
        raise Declined(-32602, "too much gas for one transaction")
    if method not in ("eth_call", "eth_estimateGas", "eth_getLogs"):
        return params
    if not isinstance(first, dict):
        raise Declined(-32602, "these are not its parameters")
    if method != "eth_getLogs":
        return [{**first, "gas": hex(min(_number(first.get("gas"), MOST_GAS), MOST_GAS))}, *params[1:]]
    if not _narrow(first):
        raise Declined(-32005, "too many blocks at once")
    return params


def _narrow(search: Mapping[str, Any]) -> bool:
    if "blockHash" in search:
        return True
    first, last = search.get("fromBlock", "latest"), search.get("toBlock", "latest")
    if not isinstance(first, str) or not first.startswith("0x"):
        return bool(first == "latest")
    return isinstance(last, str) and last.startswith("0x") and 0 <= _number(last, 0) - _number(first, 0) < MOST_BLOCKS


def _number(found: Any, otherwise: int) -> int:
    """Errors: Declined."""
    if found is None:
        return otherwise
    try:
        number = int(found, 16) if isinstance(found, str) and len(found) <= 66 else -1
    except ValueError:
        number = -1
    if number < 0:
        raise Declined(-32602, "not a number")
    return number


def _gas(raw: Any) -> int:
    """Of a signed transaction (EIP-1559).  Errors: Declined for what is none."""
    from eth_account.typed_transactions.typed_transaction import TypedTransaction
    from hexbytes import HexBytes

    try:
        fields = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
        if int(fields["type"]) == 2:
            return int(fields["gas"])
    except Exception as error:  # whatever a decoder raises for somebody's bytes
        raise Declined(-32602, "not a transaction") from error
    raise Declined(-32602, "not a transaction of this chain")


def _depth(value: Any) -> int:
    """No deeper than json.loads goes."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max((_depth(item) for item in inner), default=0)
