"""What the wallet remembers is sealed, and what cannot be read is not guessed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from p2p.delegation import WINDOW, asked_by, note, with_delegate, without_delegate
from p2p.identity import did_key
from p2p.networks import EMBEDDED, has_real_value
from p2p.spending import Book, Limits
from p2p.wallet_requests import AgentWallet, Request, WalletBinding, WalletRefused
from p2p.wallet_state import Delegate, WalletState, opened, sealed
from p2p.wallet_wire import request_from_map, request_to_map
from tests.unit.wallet_fixtures import (
    CHAIN,
    HOOK,
    LIMITS,
    NETWORK,
    NOW,
    SEED,
    STRANGER,
    TOKEN,
    bid,
    create_job,
    fund,
    wallet,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
DID = did_key(KEY.public_key().public_bytes_raw())
DELEGATE = Delegate(
    DID, "my phone", CHAIN, int(NOW) + 3600, Limits(task=30, day=50, counterparty=50, ask_above=50, fee=10**18)
)


def full() -> WalletState:
    holder = wallet()
    holder.sign(fund())
    return with_delegate(holder.state, DELEGATE)


def test_what_was_sealed_is_read_again() -> None:
    assert opened(sealed(full(), SEED), SEED) == full()


def test_no_limit_stands_in_clear_in_the_file() -> None:
    assert HOOK.encode() not in sealed(full(), SEED)


def test_another_seed_does_not_open_it() -> None:
    with pytest.raises(WalletRefused) as refused:
        opened(sealed(full(), SEED), bytes(32))
    assert refused.value.code == "wallet-state"


@settings(max_examples=50)
@given(st.data())
def test_no_byte_of_it_can_be_changed(data: st.DataObject) -> None:
    whole = bytearray(sealed(full(), SEED))
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(WalletRefused):
        opened(bytes(whole), SEED)


@pytest.mark.parametrize("length", [0, 11, 12, 27])
def test_a_file_that_was_cut_off_is_refused(length: int) -> None:
    with pytest.raises(WalletRefused):
        opened(sealed(full(), SEED)[:length], SEED)


@pytest.mark.parametrize(
    ("chain", "real"), [(1, True), (137, True), (2, True), (31337, False), (EMBEDDED.start, False)]
)
def test_a_chain_that_is_not_known_for_tests_counts_as_real(chain: int, real: bool) -> None:
    assert has_real_value(chain) is real


def test_a_real_network_begins_without_limits_to_spend_within() -> None:
    network = WalletState().network(1)
    assert (network.on, network.limits_for(TOKEN)) == (False, Limits())


REQUESTS: list[Request] = [
    fund(),
    create_job(),
    bid(),
    AgentWallet(0, CHAIN, HOOK, 3, STRANGER, 5),
    WalletBinding(1, "12D3KooWPeer", 7),
]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: type(request).__name__)
def test_a_request_crosses_processes_unchanged(request_: Request) -> None:
    assert request_from_map(request_to_map(request_)) == request_


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "raw"},
        {"kind": None},
        {"account": "sfirst"},
        {"account": 0},
        {"account": True},
        {"account": ""},
        {"args": "i1"},
        {"args": [["z"]]},
        {"extra": "i1"},
        {"contract": "x00"},
    ],
)
def test_a_map_that_is_no_request_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(WalletRefused):
        request_from_map({**request_to_map(fund()), **changed})


def test_a_request_without_one_of_its_fields_is_refused() -> None:
    found = request_to_map(fund())
    del found["nonce"]
    with pytest.raises(WalletRefused):
        request_from_map(found)


def ask(
    request: Request, *, state: WalletState | None = None, now: float = NOW, key: Ed25519PrivateKey = KEY
) -> Request:
    text, signature = note(request, int(NOW), key)
    return asked_by(state or with_delegate(WalletState(), DELEGATE), DID, text, signature, now)


def refused(*args: object, **named: object) -> str:
    with pytest.raises(WalletRefused) as found:
        ask(*args, **named)  # type: ignore[arg-type]
    return found.value.code


def test_a_delegate_may_ask() -> None:
    assert ask(fund()) == fund()


def test_a_delegate_that_was_taken_off_the_list_may_not() -> None:
    state = without_delegate(with_delegate(WalletState(), DELEGATE), DID)
    assert refused(fund(), state=state) == "wallet-delegate"


def test_a_note_of_another_key_is_refused() -> None:
    assert refused(fund(), key=Ed25519PrivateKey.generate()) == "wallet-delegate"


@pytest.mark.parametrize("now", [NOW + WINDOW + 1, NOW - WINDOW - 1])
def test_an_old_note_is_refused(now: float) -> None:
    assert refused(fund(), now=now) == "wallet-delegate-late"


def test_authority_ends_at_its_date() -> None:
    over = with_delegate(WalletState(), Delegate(DID, "", CHAIN, int(NOW), LIMITS))
    assert refused(fund(), state=over) == "wallet-delegate-authority"


@pytest.mark.parametrize("request_", [fund(chain=CHAIN + 1), AgentWallet(0, CHAIN, HOOK, 3, STRANGER, 5)])
def test_authority_is_for_one_chain_and_for_jobs(request_: Request) -> None:
    assert refused(request_) == "wallet-delegate-authority"


def test_a_delegate_has_limits_of_its_own() -> None:
    holder = wallet()
    holder.change(with_delegate(holder.state, DELEGATE))
    with pytest.raises(WalletRefused) as found:
        holder.sign(fund(31), by=DID)
    assert found.value.code == "wallet-limit-task"


def test_what_a_delegate_spends_counts_against_the_wallets_limits() -> None:
    holder = wallet(limits={TOKEN: Limits(task=100, day=40, counterparty=100, ask_above=60)})
    holder.change(with_delegate(holder.state, DELEGATE))
    holder.sign(fund(30), by=DID)
    with pytest.raises(WalletRefused) as found:
        holder.sign(fund(30, nonce=1, task="else"))
    assert found.value.code == "wallet-limit-day"


def test_the_network_knows_its_limits_by_token() -> None:
    assert (NETWORK.limits_for(TOKEN), NETWORK.limits_for(STRANGER).task) == (replace(LIMITS, fee=10**18), 0)


def test_a_new_wallet_has_spent_nothing() -> None:
    assert WalletState().book == Book()
