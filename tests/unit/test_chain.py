"""What is asked of a chain, over real endpoints: an EVM in the process, HTTP servers that lie, break or are slow."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from eth_account import Account
from eth_tester import EthereumTester, PyEVMBackend

from p2p import endpoints
from p2p.chain import (
    Chain,
    ChainError,
    ChainIdentity,
    Endpoint,
    calldata,
    embedded_endpoint,
    http_endpoint,
    stream_endpoint,
    topic,
)

GENESIS = "0x" + "aa" * 32


@pytest.fixture(scope="module")
def tester() -> EthereumTester:
    return EthereumTester(PyEVMBackend())


@pytest.fixture
def embedded(tester: EthereumTester) -> Chain:
    return Chain([embedded_endpoint(tester)])


def rich(tester: EthereumTester) -> Any:
    return Account.from_key(tester.backend.account_keys[0].to_bytes())


def transfer(tester: EthereumTester, chain: Chain, value: int = 1, **changed: Any) -> Any:
    sender = rich(tester)
    fields = {
        "type": 2,
        "chainId": chain.identity().chain_id,
        "nonce": chain.nonce(sender.address),
        "to": "0x" + "11" * 20,
        "value": value,
        "gas": 21_000,
        "maxFeePerGas": 10**10,
        "maxPriorityFeePerGas": 1,
        "data": b"",
    }
    return sender.sign_transaction({**fields, **changed})


def refused(ask: Callable[[], object]) -> str:
    with pytest.raises(ChainError) as error:
        ask()
    return error.value.code


def test_a_transaction_that_was_sent_stands_in_a_block(tester: EthereumTester, embedded: Chain) -> None:
    signed = transfer(tester, embedded)
    embedded.send(signed.raw_transaction)
    mined = embedded.mined("0x" + signed.hash.hex())
    assert mined is not None
    assert (mined.ok, mined.block_hash) == (True, embedded.block(mined.block).hash)


def test_a_transaction_that_nobody_sent_stands_in_none(embedded: Chain) -> None:
    assert embedded.mined("0x" + "77" * 32) is None


def test_what_arrived_is_there(tester: EthereumTester, embedded: Chain) -> None:
    before = embedded.balance("0x" + "11" * 20)
    embedded.send(transfer(tester, embedded, value=5).raw_transaction)
    assert embedded.balance("0x" + "11" * 20) == before + 5


@pytest.mark.parametrize("changed", [{"nonce": 0}, {"value": 10**40}, {"gas": 100}])
def test_a_transaction_that_cannot_be_is_refused(
    tester: EthereumTester, embedded: Chain, changed: dict[str, int]
) -> None:
    embedded.send(transfer(tester, embedded).raw_transaction)
    signed = transfer(tester, embedded, **changed)
    assert refused(lambda: embedded.send(signed.raw_transaction)) == "chain-refused"


def test_fees_follow_the_last_block(embedded: Chain) -> None:
    assert embedded.fees().base > 0


def test_a_contract_that_is_not_there_gives_no_answer(embedded: Chain) -> None:
    ask = lambda: embedded.read("0x" + "22" * 20, "balanceOf(address)", ("uint256",), "0x" + "11" * 20)  # noqa: E731
    assert refused(ask) == "chain-nonsense"


def test_where_there_is_no_contract_there_is_no_code(embedded: Chain) -> None:
    assert embedded.code("0x" + "22" * 20) == b""


def test_a_call_begins_with_the_selector_of_its_signature() -> None:
    assert calldata("transfer(address,uint256)", ["0x" + "11" * 20, 1])[:4].hex() == "a9059cbb"


def test_a_topic_is_the_hash_of_the_event() -> None:
    assert topic("Transfer(address,address,uint256)").hex().startswith("ddf252ad1be2c89b69c2b068fc378daa")


class Server:
    """Answers JSON-RPC with what `answers` says; `calls` counts."""

    def __init__(self, answers: Callable[[str], Any], url: str) -> None:
        self.answers = answers
        self.url = url
        self.calls: list[str] = []


@contextmanager
def serving(answers: Callable[[str], Any]) -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found.calls.append(asked["method"])
            answer = found.answers(asked["method"])
            body = answer if isinstance(answer, bytes) else json.dumps({"jsonrpc": "2.0", "id": asked["id"], **answer})
            data = body if isinstance(body, bytes) else body.encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            with contextlib.suppress(OSError):  # the other side may have gone
                self.end_headers()
                self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Server(answers, f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def honest(chain_id: int = 5, genesis: str = GENESIS, **more: Any) -> Callable[[str], Any]:
    block = {"number": "0x0", "hash": genesis, "timestamp": "0x1"}
    answers = {"eth_chainId": hex(chain_id), "eth_getBlockByNumber": block, "eth_getBalance": "0x7", **more}
    return lambda method: {"result": answers[method]}


@contextmanager
def endpoint(answers: Callable[[str], Any]) -> Iterator[Endpoint]:
    with serving(answers) as server:
        yield http_endpoint(server.url)


EXPECTED = ChainIdentity(5, GENESIS)
SOMEBODY = "0x" + "11" * 20


def test_an_endpoint_is_asked_over_http() -> None:
    with endpoint(honest()) as one:
        assert Chain([one], EXPECTED).balance(SOMEBODY) == 7


@pytest.mark.parametrize("lie", [honest(chain_id=1), honest(genesis="0x" + "bb" * 32)])
def test_an_endpoint_of_another_chain_is_not_believed(lie: Callable[[str], Any]) -> None:
    with endpoint(lie) as one:
        assert refused(lambda: Chain([one], EXPECTED).balance(SOMEBODY)) == "chain-other"


def test_the_next_endpoint_stands_in_for_one_that_lies() -> None:
    with endpoint(honest(chain_id=1)) as liar, endpoint(honest()) as other:
        chain = Chain([liar, other], EXPECTED)
        assert chain.balance(SOMEBODY) == 7
        assert list(chain.wrong) == [liar.name]


def test_the_next_endpoint_stands_in_for_one_that_is_gone() -> None:
    with endpoint(honest()) as other:
        chain = Chain([http_endpoint("http://127.0.0.1:9"), other], EXPECTED)
        assert chain.balance(SOMEBODY) == 7


def test_when_nobody_answers_the_chain_cannot_be_reached() -> None:
    chain = Chain([http_endpoint("http://127.0.0.1:9")], EXPECTED)
    assert refused(lambda: chain.balance(SOMEBODY)) == "chain-unreachable"


def test_an_endpoint_that_is_too_slow_counts_as_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "TIMEOUT", 0.2)
    ready = threading.Event()
    with endpoint(lambda method: ready.wait(30) and {}) as one:
        assert refused(lambda: Chain([one], EXPECTED).balance(SOMEBODY)) == "chain-unreachable"
        ready.set()


@pytest.mark.parametrize("answer", [b"not json", b"[]", b'{"jsonrpc": "2.0", "id": 1, "result": {"a": 1}}'])
def test_nonsense_is_no_answer(answer: bytes) -> None:
    with endpoint(lambda method: answer) as one:
        assert refused(lambda: Chain([one], EXPECTED).balance(SOMEBODY)) in ("chain-unreachable", "chain-nonsense")


def test_what_a_chain_refuses_says_why() -> None:
    def answers(method: str) -> Any:
        if method == "eth_sendRawTransaction":
            return {"error": {"code": -32000, "message": "nonce too low"}}
        return honest()(method)

    with endpoint(answers) as one, pytest.raises(ChainError) as error:
        Chain([one], EXPECTED).send(b"\x02")
    assert (error.value.code, "nonce too low" in error.value.detail) == ("chain-refused", True)


def test_a_transaction_that_is_known_already_is_no_error() -> None:
    asked: list[str] = []

    def answers(method: str) -> Any:
        asked.append(method)
        if method == "eth_sendRawTransaction":
            return {"error": {"code": -32000, "message": "already known"}}
        return honest()(method)

    with endpoint(answers) as one:
        Chain([one], EXPECTED).send(b"\x02")
    assert asked.count("eth_sendRawTransaction") == 1


def test_an_endpoint_may_be_whatever_carries_bytes() -> None:
    def ask(request: bytes) -> bytes:
        asked = json.loads(request)
        return json.dumps({"jsonrpc": "2.0", "id": asked["id"], **honest()(asked["method"])}).encode()

    assert Chain([stream_endpoint("a contact", ask)], EXPECTED).balance(SOMEBODY) == 7


def test_an_answer_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "ANSWER_LIMIT", 10)
    chain = Chain([stream_endpoint("a contact", lambda _request: b"x" * 11)], EXPECTED)
    assert refused(lambda: chain.balance(SOMEBODY)) == "chain-unreachable"


@contextmanager
def pouring(piece: bytes, pause: float, times: int = 1_000_000) -> Iterator[tuple[str, threading.Event]]:
    """Answers every request with this, so many times, until nobody listens or the test is over.

    Its URL, and whether anybody took all of it.
    """
    over, all_taken = threading.Event(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(OSError):
                for _piece in range(times):
                    if over.wait(pause):
                        return
                    self.wfile.write(piece)
                all_taken.set()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", all_taken
    finally:
        over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def test_an_http_answer_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it fills the memory: of 64 MB little is taken."""
    monkeypatch.setattr(endpoints, "ANSWER_LIMIT", 1_000_000)
    with pouring(b"x" * 65536, 0, 1024) as (url, all_taken):
        assert refused(lambda: Chain([http_endpoint(url)], EXPECTED).balance(SOMEBODY)) == "chain-unreachable"
        assert not all_taken.is_set()


def test_an_http_answer_that_drips_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of its bytes is in time."""
    monkeypatch.setattr(endpoints, "TIMEOUT", 1.0)
    with pouring(b" ", 0.01) as (url, _):
        assert refused(lambda: Chain([http_endpoint(url)], EXPECTED).balance(SOMEBODY)) == "chain-unreachable"


def test_an_endpoint_that_becomes_another_chain_is_sent_nothing() -> None:
    """Behind the same address, under the same id: a test chain that was started anew."""
    genesis, asked = [GENESIS], []

    def answers(method: str) -> Any:
        asked.append(method)
        return honest(genesis=genesis[0])(method)

    with endpoint(answers) as one:
        chain = Chain([one], EXPECTED)
        assert chain.balance(SOMEBODY) == 7
        genesis[0] = "0x" + "bb" * 32
        assert refused(lambda: chain.send(b"\x02")) == "chain-other"
    assert "eth_sendRawTransaction" not in asked
