"""Ways to a chain: an HTTP address, the chain in the process, or whatever carries bytes to a peer who hosts one."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

TIMEOUT = 10.0  # seconds for one answer
ANSWER_LIMIT = 8 * 1024 * 1024  # bytes of one answer
FULL = -32011  # the code of an error: whoever hosts the chain keeps no more of it (of the range that EIP-1474 leaves)


class Endpoint:
    """One way to a chain.  `name` is shown to people."""

    def __init__(self, name: str, provider: Any) -> None:
        self.name = name
        self.provider = provider
        self.wrong = ""  # why it is not asked again


def http_endpoint(url: str) -> Endpoint:
    """Every answer is bounded in length and, as a whole, in time.  Redirections are not followed."""
    import requests

    session = requests.Session()

    def ask(request: bytes) -> bytes:
        until = time.monotonic() + TIMEOUT
        kind = {"Content-Type": "application/json"}
        with session.post(url, request, headers=kind, timeout=TIMEOUT, stream=True, allow_redirects=False) as response:
            if response.status_code != 200:
                raise OSError(f"HTTP {response.status_code}")
            answer = bytearray()
            while piece := response.raw.read1(ANSWER_LIMIT, decode_content=True):
                answer += piece
                if len(answer) > ANSWER_LIMIT or time.monotonic() > until:
                    raise OSError("the answer has no end")
            return bytes(answer)

    return stream_endpoint(url, ask)


def embedded_endpoint(
    tester: Any, around: Callable[[Callable[[], Any]], Any] | None = None, asker: str = ""
) -> Endpoint:
    """An `EthereumTester`.  It raises where others answer with an error; here it answers as they do.

    `around` is called with each request, makes it, and returns its answer (p2p.embedded).  `asker`: an account with
    coins, in whose name a question is asked that names none: py-evm wants it paid for, though nobody pays.
    """
    from eth_tester.exceptions import BlockNotFound, TransactionFailed
    from eth_tester.exceptions import ValidationError as Invalid
    from eth_utils.exceptions import ValidationError
    from web3 import EthereumTesterProvider

    class Embedded(EthereumTesterProvider):
        def make_request(self, method: Any, params: Any) -> Any:
            if method == "eth_chainId":  # web3 has one number for all chains of this kind
                return {"jsonrpc": "2.0", "id": 1, "result": hex(tester.backend.chain.chain_id)}
            if method == "eth_sendRawTransaction" and _chain_of(params[0]) != tester.backend.chain.chain_id:
                return _refusal("invalid chain id")  # py-evm does not look
            if method == "eth_call" and asker and not params[0].get("from"):
                params = [{**params[0], "from": asker}, *params[1:]]
            ask = partial(super().make_request, method, params)
            try:
                return ask() if around is None else around(ask)
            except (Invalid, ValidationError, TransactionFailed, BlockNotFound) as error:
                return _refusal(str(error))

    return Endpoint("embedded", Embedded(tester))


def stream_endpoint(name: str, ask: Callable[[bytes], bytes]) -> Endpoint:
    """`ask` carries one JSON-RPC request to whoever answers; OSError where nobody does."""
    from web3.providers.base import JSONBaseProvider

    class Carried(JSONBaseProvider):
        def make_request(self, method: Any, params: Any) -> Any:
            answer = ask(self.encode_rpc_request(method, params))
            if len(answer) > ANSWER_LIMIT:
                raise OSError("the answer is too long")
            return json.loads(answer)

    return Endpoint(name, Carried())


def _chain_of(raw: Any) -> int | None:
    """The chain id in a signed transaction; None for one of before EIP-2718, which is good on any chain."""
    from eth_account.typed_transactions.typed_transaction import TypedTransaction
    from hexbytes import HexBytes

    try:
        return int(TypedTransaction.from_bytes(HexBytes(raw)).as_dict()["chainId"])
    except (ValueError, KeyError, TypeError):
        return None


def _refusal(sentence: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": sentence}}
