"""What a signature does, in words: every call of the table and every other kind of request, in both languages."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from app.chain.meaning import IN_A_SENTENCE, Names, meaning_rows, meaning_text
from app.texts import LANGUAGES
from p2p.identity import new_host_key, peer_id
from p2p.keyholder import KeyHolder
from p2p.methods import METHODS, Method
from p2p.wallet import Wallet
from p2p.wallet_meaning import meaning_of as meaning_of_request
from p2p.wallet_requests import NOBODY, AgentWallet, Meaning, WalletBinding, digest
from p2p.wallet_state import WalletState
from tests.unit.wallet_fixtures import (
    CHAIN,
    CLIENT,
    EVALUATOR,
    KERNEL,
    LIMITS,
    NETWORK,
    NOW,
    REGISTRY,
    SEED,
    STRANGER,
    TOKEN,
    bid,
    call,
    fund,
)

PEER = "12D3KooWPeer"
NAMES = Names(peers={PEER: "Bob"}, addresses={KERNEL: "the escrow"}, tokens={TOKEN: ("NREH", 1)})
VALUES: dict[str, Any] = {  # of the arguments whose types alone do not say enough
    "provider": "0x" + "00" * 20,
    "evaluator": EVALUATOR,
    "hook": "0x" + "3e" * 20,
    "spender": KERNEL,
    "expired_at": int(NOW) + 600,
    "deadline": int(NOW) + 600,
    "amount": 55,
}


def example(kind: str, name: str) -> Any:
    if name in VALUES:
        return VALUES[name]
    if kind.startswith("bytes"):
        return bytes(32) if kind == "bytes32" else b"\x01\x02"
    return {"address": STRANGER, "string": f"some {name}", "bool": True}.get(kind, 3)


def meaning_of(method: Method) -> Meaning:
    """What the wallet itself says of a call, agreed to where it asks."""
    contract = next((at for at, role in NETWORK.contracts.items() if role == method.role), "0x" + "77" * 20)
    known = replace(NETWORK, contracts={**NETWORK.contracts, contract: method.role})
    args = [example(kind, name) for kind, name in zip(method.types, method.names, strict=True)]
    request = call(method.role, contract, method.signature, *args, token=TOKEN)
    wallet = Wallet(bytearray(SEED), WalletState().with_network(known), lambda _state: None, lambda: NOW)
    return wallet.sign(request, digest(request)).meaning


def other_meanings() -> list[Meaning]:
    wallet = Wallet(bytearray(SEED), WalletState().with_network(NETWORK), lambda _state: None, lambda: NOW)
    agent = AgentWallet(0, CHAIN, REGISTRY, 4, CLIENT, int(NOW) + 300)
    holder = KeyHolder(SEED)
    holder.open_wallet(None, lambda _sealed: None, lambda: NOW)
    binding = WalletBinding(0, peer_id(new_host_key()), int(NOW))
    return [
        wallet.sign(bid(arbiter=STRANGER)).meaning,
        wallet.sign(agent, digest(agent)).meaning,
        holder.wallet.bind(binding, holder.identity_public()).meaning,
    ]


MEANINGS = [*(meaning_of(method) for method in METHODS.values()), *other_meanings()]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("meaning", MEANINGS, ids=lambda meaning: meaning.key)
def test_every_signature_has_a_sentence(meaning: Meaning, language: str) -> None:
    said = meaning_text(meaning, NAMES, language)
    assert not re.search(r"[{}]", said)
    assert meaning.key not in said.split()
    assert len(said) > 30


def test_the_two_languages_say_it_differently() -> None:
    for meaning in MEANINGS:
        assert meaning_text(meaning, NAMES, "en") != meaning_text(meaning, NAMES, "fr")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("meaning", MEANINGS, ids=lambda meaning: meaning.key)
def test_no_value_that_is_signed_is_left_out_of_the_rows(meaning: Meaning, language: str) -> None:
    rows = " | ".join(shown for _label, shown in meaning_rows(meaning, NAMES, language))
    told = {name: value for name, value in meaning.values if name not in ("network", "completed", "account")}
    assert [name for name, value in told.items() if value not in rows] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_whether_it_is_money_is_said_each_time(language: str) -> None:
    values = tuple((name, value) for name, value in meaning_of_fund().values if name != "chain")
    real = Meaning("kernel-fund", (*values, ("chain", "8453")))
    said, rehearsed = meaning_text(real, NAMES, language), meaning_text(meaning_of_fund(), NAMES, language)
    assert {"en": "Real money: this is on Base.", "fr": "Argent réel : c’est sur Base."}[language] in said
    assert {"en": "worth nothing", "fr": "sans valeur"}[language] in rehearsed


def meaning_of_fund(**changed: Any) -> Meaning:
    wallet = Wallet(bytearray(SEED), WalletState().with_network(NETWORK), lambda _state: None, lambda: NOW)
    return wallet.sign(fund(**changed)).meaning


def test_amounts_are_in_tokens_and_peers_have_their_names() -> None:
    said = meaning_text(meaning_of_fund(), NAMES, "en")
    assert "5\u00a0NREH" in said
    assert "Bob" in said
    assert "50" not in said


def test_a_token_that_nobody_knows_is_counted_in_its_smallest_parts_and_said_so() -> None:
    said = meaning_text(meaning_of_fund(), replace(NAMES, tokens={}), "en")
    assert "50 smallest parts of an unknown token (0x2e2e…2e2e)" in said


def test_a_known_contract_is_called_by_its_name_beside_its_address() -> None:
    approve = next(method for method in METHODS.values() if method.name == "approve")
    assert "the escrow (0x1e1e…1e1e)" in meaning_text(meaning_of(approve), NAMES, "en")
    assert KERNEL in " ".join(shown for _label, shown in meaning_rows(meaning_of(approve), NAMES, "en"))


def test_a_fee_is_counted_in_the_coin_of_the_chain() -> None:
    rows = dict(meaning_rows(meaning_of_fund(), NAMES, "en"))
    assert rows["Network fee, at most"] == "0.000001 of the chain’s own coin (1000000)"
    assert dict(meaning_rows(meaning_of_fund(), replace(NAMES, coin="ETH"), "en"))["Network fee, at most"] == (
        "0.000001\u00a0ETH (1000000)"
    )


def test_an_expiry_is_a_date() -> None:
    said = meaning_text(other_meanings()[0], NAMES, "en")
    assert re.search(r"binds until 2027-01-\d\d \d\d:\d\d;", said)


def test_an_expiry_that_no_calendar_has_is_a_number() -> None:
    meaning = Meaning("bid", tuple({**dict(other_meanings()[0].values), "expires": str(2**256 - 1)}.items()))
    assert "since 1970" in meaning_text(meaning, NAMES, "en")


def test_texts_of_strangers_are_cut_and_what_is_unseen_in_them_is_shown() -> None:
    create = next(method for method in METHODS.values() if method.name == "createJob")
    values = {**dict(meaning_of(create).values), "description": "pay\u202e{amount}\n" + "x" * 9_000}
    said = meaning_text(Meaning(create.key, tuple(values.items())), NAMES, "en")
    assert "⟦U+202E⟧" in said
    assert "{amount}" in said  # as it was written: no gap of ours
    assert "\n" not in said
    assert len(said) < 4 * IN_A_SENTENCE


def test_a_name_of_a_token_cannot_tell_another_story() -> None:
    tricky = replace(NAMES, tokens={TOKEN: ("X. Free gift\u202e, yours for ever", 1)})
    said = meaning_text(meaning_of_fund(), tricky, "en")
    assert "for ever" not in said
    assert "\u202e" not in said


def test_what_a_newer_release_would_sign_is_not_agreed_to_blindly() -> None:
    assert "Say no" in meaning_text(Meaning("kernel-hereafter", (("chain", "1"),)), NAMES, "en")


def test_limits_stand_for_what_the_sentence_says() -> None:
    """The amount in words is the amount that the limits were held against."""
    assert dict(meaning_of_fund(amount=LIMITS.ask_above).values)["amount"] == str(LIMITS.ask_above)


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_asks_by_authority_is_said_first(language: str) -> None:
    did = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
    meaning = meaning_of_request(fund(), did)
    known = replace(NAMES, addresses={**NAMES.addresses, did: "Cleo"})
    assert "Cleo" in meaning_text(meaning, known, language).split(":")[0]
    assert did in meaning_rows(meaning, known, language)[0][1]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "the client has 2 hours to dispute it, and the arbiter 3 days to decide"),
        ("fr", "le client a 2 heures pour le contester, et l’arbitre 3 jours pour trancher"),
    ],
)
def test_who_promises_work_is_told_how_long_a_dispute_over_it_may_take(language: str, said: str) -> None:
    meaning = meaning_of_request(bid(dispute_window=7_200, arbitration_window=259_200))
    assert said in meaning_text(meaning, NAMES, language)


def test_where_the_client_judges_nothing_is_said_of_windows() -> None:
    meaning = meaning_of_request(bid(arbiter=NOBODY, dispute_window=0, arbitration_window=0))
    assert "dispute it" not in meaning_text(meaning, NAMES, "en")
