"""What a token says of itself, whoever wrote it; and the registries that are known from the start."""

from __future__ import annotations

import pytest

from app.chain.tokens import Token, balance, coin, token
from p2p import deploying
from p2p.chain import Chain, ChainError, calldata
from p2p.embedded import COIN, Genesis, opened
from p2p.networks import EMBEDDED, KNOWN_NETWORKS, TEST_NETWORKS
from p2p.published import published
from p2p.wallet_requests import address

KEY = bytes(31) + b"\7"
MAKER = deploying.address_of(KEY)


@pytest.fixture(scope="module")
def chain() -> Chain:
    genesis = Genesis(EMBEDDED.start + 5, (MAKER,), 1_800_000_000)
    return Chain([opened(genesis, {}, lambda _written: None).endpoint])


def saying(chain: Chain, answers: dict[str, bytes]) -> str:
    """A contract that answers these calls so, and every other with nothing."""
    code = b""
    for signature, answer in answers.items():
        padded = answer.ljust(-(-len(answer) // 32) * 32, b"\0")
        stores = b"".join(
            b"\x7f" + padded[at : at + 32] + b"\x60" + bytes([at]) + b"\x52" for at in range(0, len(padded), 32)
        )
        body = stores + b"\x60" + bytes([len(answer)]) + b"\x60\0\xf3"
        # PUSH4 selector, PUSH1 0, CALLDATALOAD, PUSH1 224, SHR, SUB, PUSH2 past the body, JUMPI, body, JUMPDEST
        head = b"\x63" + calldata(signature + "()", [])[:4] + b"\x60\0\x35\x60\xe0\x1c\x03\x61"
        past = len(code) + len(head) + 3 + len(body)
        code += head + past.to_bytes(2, "big") + b"\x57" + body + b"\x5b"
    create = b"\x61" + len(code).to_bytes(2, "big") + b"\x80\x60\x0b\x5f\x39\x5f\xf3\0"
    nonce = chain.nonce(MAKER)
    deploying._send(chain, KEY, nonce, None, create.ljust(11, b"\0") + code)
    return deploying.created_by(MAKER, nonce)


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def text(value: bytes) -> bytes:
    return word(32) + word(len(value)) + value.ljust(32, b"\0")


def test_the_rehearsal_token_says_what_it_is() -> None:
    genesis = Genesis(EMBEDDED.start, (MAKER,), 1_800_000_000)
    fresh = Chain([opened(genesis, {}, lambda _written: None).endpoint])
    at = deploying.deploy(fresh, KEY)["token"]
    assert token(fresh, at) == Token(at, "NREH", 6)


def test_a_token_is_named_and_counted_as_it_says(chain: Chain) -> None:
    at = saying(chain, {"decimals": word(6), "symbol": text(b"EURX")})
    assert token(chain, at) == Token(at, "EURX", 6)


def test_the_first_tokens_have_their_symbol_as_bytes(chain: Chain) -> None:
    at = saying(chain, {"decimals": word(18), "symbol": b"MKR".ljust(32, b"\0")})
    assert token(chain, at).symbol == "MKR"


def test_a_token_needs_no_symbol(chain: Chain) -> None:
    assert token(chain, saying(chain, {"decimals": word(0)})).symbol == ""


def test_what_a_symbol_hides_is_left_out(chain: Chain) -> None:
    at = saying(chain, {"decimals": word(0), "symbol": text("US\u202eD\x1b[0m".encode())})
    assert token(chain, at).symbol == "USD[0m"


@pytest.mark.parametrize("decimals", [word(37), word(2**256 - 1), b""])
def test_decimals_that_cannot_be_are_no_token(chain: Chain, decimals: bytes) -> None:
    with pytest.raises(ChainError) as failed:
        token(chain, saying(chain, {"decimals": decimals} if decimals else {}))
    assert failed.value.code == "chain-nonsense"


def test_the_chains_own_coin_is_what_fees_are_paid_with(chain: Chain) -> None:
    own = coin(EMBEDDED.start + 5)
    assert balance(chain, own, MAKER) > 900_000 * COIN
    assert own.text(COIN, "en") == "1\u00a0coins"


@pytest.mark.parametrize("chain_id", [*KNOWN_NETWORKS, *TEST_NETWORKS, EMBEDDED.start, 99])
def test_known_registries_have_roles_and_addresses(chain_id: int) -> None:
    found = published(chain_id)
    assert set(found) in (set(), {"identity", "reputation"})
    assert all(address(at) == at for at in found.values())


def test_a_test_network_has_other_registries_than_one_with_real_value() -> None:
    assert published(84532) != published(8453) != {}
    assert not published(31337)
