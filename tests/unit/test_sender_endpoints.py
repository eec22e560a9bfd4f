"""Endpoints that lie, break, hang and come back, before a real node: nothing is lost, and nothing happens twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from p2p import endpoints
from p2p.chain import Chain, ChainError, http_endpoint
from storage.vault import Vault
from tests.unit.anvil_fixtures import Anvil, anvil_fixture, anvil_world, running, world_fixture
from tests.unit.proxy_fixtures import Proxy, before, saying
from tests.unit.sender_fixtures import World
from tests.unit.vault_fixtures import path_fixture, vault_fixture

__all__ = ["anvil_fixture", "path_fixture", "vault_fixture", "world_fixture"]


@pytest.fixture(name="proxy")
def proxy_fixture(anvil: Anvil) -> Iterator[Proxy]:
    with before(anvil.url) as proxy:
        yield proxy


def through(proxy: Proxy) -> Chain:
    return Chain([http_endpoint(proxy.url)])


def refused(submit: Callable[[], None]) -> str:
    with pytest.raises(ChainError) as error:
        submit()
    return error.value.code


def test_one_that_lies_about_the_chain_id_is_handed_nothing(anvil: Anvil, world: World, proxy: Proxy) -> None:
    proxy.spoil = lambda method, ask: saying("0x1") if method == "eth_chainId" else ask()
    sender = world.sender(through(proxy))
    assert refused(lambda: sender.submit("k", world.act("a"))) == "chain-other"
    assert (anvil.waiting(), sender.outcome("k")) == (0, None)


def test_one_that_becomes_another_chain_is_handed_nothing_more(anvil: Anvil, world: World, proxy: Proxy) -> None:
    sender = world.sender(through(proxy))
    sender.submit("k", world.act("a"))
    sent = proxy.asked.count("eth_sendRawTransaction")
    with running(None, "--timestamp", "1700000000") as other, before(other.url) as there:
        world.clock.now += 15
        proxy.spoil = lambda _method, _ask: b""  # its address is taken over by the other one
        elsewhere = world.sender(through(there))
        elsewhere.advance()
        assert (world.state("k"), other.waiting()) == (("sent", "chain-other"), 0)
    assert (sent, there.asked.count("eth_sendRawTransaction")) == (1, 0)


def test_a_chain_that_was_started_anew_under_its_address_is_handed_nothing(vault: Vault) -> None:
    with running() as first:
        world = anvil_world(first, vault.transactions)
        port = int(first.url.rpartition(":")[2])
        sender = world.sender(first.chain())
        sender.submit("k", world.act("a"))
    with running(None, "--timestamp", "1700000000", port=port) as second:
        second.give(world.wallet.address(0))
        world.clock.now += 15
        sender.advance()
        assert (second.url, world.state("k"), second.waiting()) == (first.url, ("sent", "chain-other"), 0)


def test_a_chain_that_was_started_anew_takes_no_nonce_away(vault: Vault) -> None:
    """There the account may have done more; that says nothing of what was sent here."""
    with running() as first:
        world = anvil_world(first, vault.transactions)
        port = int(first.url.rpartition(":")[2])
        sender = world.sender(first.chain())
        sender.submit("k", world.act("a"))
    with running(None, "--timestamp", "1700000000", port=port) as second:
        second.ask("anvil_setNonce", world.wallet.address(0), "0x9")
        for _look in range(3):
            sender.advance()
            second.mine()
        assert world.state("k") == ("sent", "chain-other")


NONSENSE = {
    "nothing": b"",
    "html": b"<html>",
    "list": b"[]",
    "map": saying({"a": 1}),
    "huge": saying("0x" + "f" * 200),
    "negative": saying("-0x5"),
    "deep": b"[" * 99_999,
}
READ = ("eth_getTransactionCount", "eth_getBlockByNumber", "eth_getTransactionReceipt", "eth_maxPriorityFeePerGas")


@pytest.mark.parametrize("method", READ)
@pytest.mark.parametrize("answer", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_stops_nothing_that_was_begun(
    anvil: Anvil, world: World, proxy: Proxy, method: str, answer: bytes
) -> None:
    sender = world.sender(through(proxy))
    sender.submit("k", world.act("a"))
    anvil.mine()
    proxy.spoil = lambda asked, ask: answer if asked == method else ask()
    sender.advance()
    assert world.state("k") in (("sent", "chain-nonsense"), ("sent", "chain-unreachable"))
    proxy.spoil = None
    sender.advance()
    assert (world.state("k"), world.effects()) == (("final", ""), {"a": 1})


def test_what_cannot_be_asked_is_not_begun(anvil: Anvil, world: World, proxy: Proxy) -> None:
    proxy.spoil = lambda method, ask: saying("-0x5") if method == "eth_getTransactionCount" else ask()
    sender = world.sender(through(proxy))
    assert refused(lambda: sender.submit("k", world.act("a"))) == "chain-nonsense"
    assert (sender.outcome("k"), world.wallet.state.book.entries) == (None, ())


def test_one_that_answers_too_late_is_told_and_asked_again(
    anvil: Anvil, world: World, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = world.sender(through(proxy))
    sender.submit("k", world.act("a"))
    over = threading.Event()
    proxy.spoil = lambda _method, ask: (over.wait(60) and ask()) or b""
    monkeypatch.setattr(endpoints, "TIMEOUT", 0.2)
    sender.advance()
    assert world.state("k") == ("sent", "chain-unreachable")
    monkeypatch.undo()
    over.set()
    proxy.spoil = None
    anvil.mine()
    sender.advance()
    assert (world.state("k"), world.effects()) == (("final", ""), {"a": 1})


def test_a_transaction_whose_acknowledgement_was_lost_happens_once(anvil: Anvil, world: World, proxy: Proxy) -> None:
    def lost(method: str, ask: Callable[[], bytes]) -> bytes:
        answer = ask()
        return b"" if method == "eth_sendRawTransaction" else answer

    proxy.spoil = lost
    sender = world.sender(through(proxy))
    sender.submit("k", world.act("a"))
    assert (world.state("k"), anvil.waiting()) == (("sent", "chain-unreachable"), 1)
    proxy.spoil = None
    world.clock.now += 15
    sender.advance()
    assert (world.state("k"), anvil.waiting()) == (("sent", ""), 1)
    anvil.mine()
    sender.advance()
    assert (world.state("k"), world.effects()) == (("final", ""), {"a": 1})


def test_a_transaction_that_never_arrived_is_sent_again(anvil: Anvil, world: World, proxy: Proxy) -> None:
    proxy.spoil = lambda method, ask: b"" if method == "eth_sendRawTransaction" else ask()
    sender = world.sender(through(proxy))
    sender.submit("k", world.act("a"))
    assert (world.state("k"), anvil.waiting()) == (("sent", "chain-unreachable"), 0)
    proxy.spoil = None
    world.clock.now += 15
    sender.advance()
    anvil.mine()
    sender.advance()
    assert (world.state("k"), world.effects()) == (("final", ""), {"a": 1})


def test_one_endpoint_after_the_other_stands_in(anvil: Anvil, world: World, proxy: Proxy) -> None:
    with before(anvil.url) as second, before(anvil.url) as third:
        chain = Chain([http_endpoint(one.url) for one in (proxy, second, third)], world.identity)
        sender = world.sender(chain)
        proxy.spoil = lambda _method, _ask: b""
        second.spoil = lambda method, ask: saying("0x1") if method == "eth_chainId" else ask()
        sender.submit("k", world.act("a"))
        third.spoil, proxy.spoil = (lambda _method, _ask: b""), None
        anvil.mine()
        sender.advance()
        assert (world.state("k"), world.effects()) == (("final", ""), {"a": 1})
        assert list(chain.wrong) == [second.url]


def test_a_receipt_from_a_block_that_is_no_longer_the_chains_is_not_believed(
    anvil: Anvil, world: World, proxy: Proxy
) -> None:
    sender = world.sender(through(proxy), confirmations=3)
    sender.submit("k", world.act("a"))
    anvil.mine()
    receipts: list[bytes] = []

    def old(method: str, ask: Callable[[], bytes]) -> bytes:
        if method == "eth_getTransactionReceipt":
            receipts.append(receipts[0] if receipts else ask())
            return receipts[0]
        return ask()

    proxy.spoil = old
    sender.advance()
    assert world.state("k")[0] == "mined"
    anvil.reorganise(1)
    world.elsewhere("theirs")
    anvil.mine(4)
    sender.advance()
    assert (world.state("k")[0], world.effects()) == ("sent", {"theirs": 1})


def test_one_that_is_behind_makes_nothing_happen_twice(anvil: Anvil, world: World, proxy: Proxy) -> None:
    """It does not know that the first act's nonce is taken."""
    sender = world.sender(through(proxy))
    sender.submit("first", world.act("a"))
    anvil.mine()
    sender.advance()
    proxy.spoil = lambda method, ask: saying("0x0") if method == "eth_getTransactionCount" else ask()
    sender.submit("second", world.act("b"))
    assert [world.entry(key).sending.nonce for key in ("first", "second")] == [0, 1]
    proxy.spoil = None
    anvil.mine()
    sender.advance()
    assert (world.state("second"), world.effects()) == (("final", ""), {"a": 1, "b": 1})
