"""The wallet in a real key-holder process: what survives its end, what takes the secret, and where the keys are."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app import services
from app.errors import sentence
from app.workers import WorkerFailed, WorkerProcess
from p2p import hd
from p2p.identity import new_host_key, peer_id
from p2p.spending import Limits
from p2p.wallet_binding import SignedWalletBinding
from p2p.wallet_requests import Request
from p2p.wallet_state import Network, network_to_map
from p2p.wallet_wire import request_to_map, signed_from_map
from storage import keys
from tests.unit.wallet_fixtures import CHAIN, NETWORK, TOKEN, fund

SECRET = "correct horse battery staple"
REAL = Network(8453, on=True, contracts=NETWORK.contracts, limits={TOKEN: Limits(10, 10, 10, 5)}, fee=10**15)


class Holder:
    """A key-holder process on a folder."""

    def __init__(self, folder: Path) -> None:
        self.key_file, self.wallet_file = folder / "key.nuee", folder / "wallet.nuee"
        self.process: WorkerProcess = services.start("keyholder")
        self.process.call("open", path=str(self.key_file), secret=SECRET)

    def call(self, op: str, **args: Any) -> dict[str, Any]:
        return self.process.call(op, path=str(self.wallet_file), key_path=str(self.key_file), **args)

    def sign(self, request: Request, approval: str = "") -> dict[str, Any]:
        return self.call("wallet_sign", request=request_to_map(request), approval=approval)

    def new(self) -> None:
        """The same person with a wallet that remembers nothing."""
        self.wallet_file.unlink(missing_ok=True)
        self.process.call("open", path=str(self.key_file), secret=SECRET)

    def again(self) -> None:
        """As after a lock, or a crash."""
        self.process.kill()
        self.process = services.start("keyholder")
        self.process.call("open", path=str(self.key_file), secret=SECRET)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holder]:
    folder = tmp_path_factory.mktemp("keys")
    keys.create(folder / "key.nuee", SECRET)
    found = Holder(folder)
    yield found
    found.process.kill()


@pytest.fixture
def holder(running: Holder) -> Holder:
    running.new()
    return running


def refusal(holder: Holder, op: str, **args: Any) -> str:
    with pytest.raises(WorkerFailed) as refused:
        holder.call(op, **args)
    return refused.value.code


def test_a_transaction_is_signed_by_the_process_that_has_the_seed(holder: Holder) -> None:
    holder.call("wallet_network", network=network_to_map(NETWORK))
    signed = signed_from_map(holder.sign(fund())["signed"])
    assert signed.signer == holder.call("wallet_account", index=0)["address"]


def test_what_has_to_be_seen_comes_back_with_its_meaning(holder: Holder) -> None:
    holder.call("wallet_network", network=network_to_map(NETWORK))
    reply = holder.sign(fund(61))
    assert reply["meaning"]["key"] == "kernel-fund"
    assert "signed" in holder.sign(fund(61), reply["asks"])


def test_limits_hold_over_the_end_of_the_process(holder: Holder) -> None:
    holder.call("wallet_network", network=network_to_map(NETWORK))
    holder.sign(fund(60))
    holder.again()
    assert refusal(holder, "wallet_sign", request=request_to_map(fund(60, nonce=1))) == "wallet-limit-task"


def test_a_damaged_wallet_file_signs_nothing_and_is_left_alone(holder: Holder) -> None:
    holder.wallet_file.write_bytes(b"damaged" * 20)
    assert refusal(holder, "wallet_shows") == "wallet-state"
    assert holder.wallet_file.read_bytes() == b"damaged" * 20


def test_a_network_with_real_value_is_turned_on_with_the_secret_alone(holder: Holder) -> None:
    assert refusal(holder, "wallet_network", network=network_to_map(REAL)) == "wallet-secret"
    assert refusal(holder, "wallet_network", network=network_to_map(REAL), secret="a guess") == "wrong-secret"
    holder.call("wallet_network", network=network_to_map(REAL), secret=SECRET)
    assert holder.call("wallet_shows")["networks"][0]["on"] is True


LOOSER = {
    "limit": replace(REAL, limits={TOKEN: Limits(10, 11, 10, 5)}),
    "asked": replace(REAL, limits={TOKEN: Limits(10, 10, 10, 6)}),
    "token": replace(REAL, limits={**REAL.limits, "0x" + "77" * 20: Limits(1, 1, 1, 1)}),
    "any": replace(REAL, limits={**REAL.limits, "*": Limits(1, 1, 1, 1)}),
    "fee": replace(REAL, fee=10**15 + 1),
    "contract": replace(REAL, contracts={**REAL.contracts, "0x" + "77" * 20: "kernel"}),
    "role": replace(REAL, contracts={**REAL.contracts, TOKEN: "kernel"}),
}


@pytest.mark.parametrize("what", sorted(LOOSER))
def test_whatever_makes_more_possible_there_takes_the_secret(holder: Holder, what: str) -> None:
    holder.call("wallet_network", network=network_to_map(REAL), secret=SECRET)
    assert refusal(holder, "wallet_network", network=network_to_map(LOOSER[what])) == "wallet-secret"


def test_what_makes_less_possible_takes_no_secret(holder: Holder) -> None:
    holder.call("wallet_network", network=network_to_map(REAL), secret=SECRET)
    less = replace(REAL, on=False, limits={}, fee=0, contracts={})
    assert holder.call("wallet_network", network=network_to_map(less)) == {}


def test_authority_for_somebody_else_takes_the_secret(holder: Holder) -> None:
    assert refusal(holder, "wallet_delegate", delegate={}) == "wallet-secret"


def test_a_key_leaves_with_the_secret_alone(holder: Holder) -> None:
    assert refusal(holder, "wallet_export", index=0, secret="a guess") == "wrong-secret"
    key = bytes.fromhex(holder.call("wallet_export", index=0, secret=SECRET)["key"][2:])
    assert hd.address_of(key).lower() == holder.call("wallet_account", index=0)["address"]


def test_the_binding_names_account_identity_and_node(holder: Holder) -> None:
    peer = peer_id(new_host_key())
    found = holder.call("wallet_bind", account=0, peer_id=peer, created=int(time.time()))["binding"]
    binding = SignedWalletBinding.from_map(found)
    assert (binding.peer_id, binding.address) == (peer, holder.call("wallet_account", index=0)["address"])


@pytest.mark.parametrize("op", ["wallet_account", "wallet_sign", "wallet_shows", "wallet_bind"])
def test_nothing_is_signed_while_the_identity_is_locked(tmp_path: Path, op: str) -> None:
    process = services.start("keyholder")
    try:
        with pytest.raises(WorkerFailed) as refused:
            process.call(op, path=str(tmp_path / "wallet.nuee"), index=0)
    finally:
        process.kill()
    assert refused.value.code == "locked"


def test_a_refusal_says_how_much_is_left_in_words(holder: Holder) -> None:
    holder.call("wallet_network", network=network_to_map(NETWORK))
    with pytest.raises(WorkerFailed) as refused:
        holder.sign(fund(1_000))
    assert refused.value.code == "wallet-limit-task"
    assert refused.value.values == {"left": "100"}
    assert "100" in sentence(refused.value, "fr")


def test_a_delegates_note_lets_nothing_else_through(holder: Holder) -> None:
    """Nonce and fees are this node's to choose, and nothing besides."""
    holder.call("wallet_network", network=network_to_map(NETWORK))
    made = holder.call("wallet_note", request=request_to_map(fund()), issued=int(time.time()))
    limits = {"task": 100, "day": 100, "counterparty": 100, "ask_above": 0, "fee": 10**18}
    delegate = {"did": made["did"], "name": "", "chain": CHAIN, "until": 2**40, "limits": limits}
    holder.call("wallet_delegate", delegate=delegate, secret=SECRET)
    given = {"did": made["did"], "note": made["note"], "signature": made["signature"]}
    filled = request_to_map(replace(fund(), nonce=9, gas=120_000))
    assert "signed" in holder.call("wallet_sign_for", request=filled, **given)
    other = request_to_map(replace(fund(), args=(7, 51, b"")))
    assert refusal(holder, "wallet_sign_for", request=other, **given) == "wallet-delegate"
