"""What a contact asks in tokens is told before it is asked, and read on no chain but its own."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from app import commands
from app.actions import offered as asking
from app.actions import offers_cli, tasks
from app.chain.meaning import Names
from app.chain.rates import Rate
from app.chain.wallet_looking import Sight
from app.results import CommandFailed
from app.swarm import offered, token_prices
from app.swarm.explaining import price_asked
from app.swarm_results import PeerOffer, TokenPrice
from p2p.canonical import Value, decode, encode
from p2p.host_errors import Refused
from storage.chains import ChainRow
from storage.offers import Offer
from tests.unit.swarm_fixtures import CUT_OFF, contacts

pytestmark = CUT_OFF
GENESIS, OTHER = "0x" + "aa" * 32, "0x" + "bb" * 32
TOKEN = "0x" + "2e" * 20
CHAIN = ChainRow("ours", "rpc", 31337, GENESIS, contracts={"token": TOKEN})
PRICE = TokenPrice("2.5", 31337, GENESIS, TOKEN)
TOLD: dict[str, Value] = {"amount": "2.5", "chain": 31337, "genesis": b"\xaa" * 32, "token": b"\x2e" * 20}


def seen(chain: ChainRow | None = CHAIN, language: str = "en", rate: Rate | None = None) -> Sight:
    return Sight(Names(tokens={TOKEN: ("NUE", 6)}, rate=rate), chain, language)


def offer(**settings: Any) -> Offer:
    return Offer("inference", "contacts", 1, settings=settings)


def test_the_price_is_told_with_its_chain_and_its_token() -> None:
    assert token_prices.told(CHAIN, offer(token_price="2.5")) == TOLD


@pytest.mark.parametrize(
    ("chain", "settings"),
    [
        (None, {"token_price": "2.5"}),
        (replace(CHAIN, chain_id=2**53), {"token_price": "2.5"}),
        (replace(CHAIN, contracts={}), {"token_price": "2.5"}),
        (CHAIN, {}),
    ],
)  # fmt: skip
def test_without_a_chain_a_token_or_a_price_nothing_is_told(chain: ChainRow | None, settings: Any) -> None:
    assert token_prices.told(chain, offer(**settings)) is None


def test_it_reads_as_it_was_told() -> None:
    assert token_prices.read(TOLD) == PRICE


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": "0"}, {"amount": "0.0"}, {"amount": "-1"}, {"amount": "1e9"}, {"amount": "9" * 61}, {"amount": 2},
        {"chain": 0}, {"chain": True}, {"chain": "1"}, {"genesis": b"short"}, {"token": TOKEN},
    ],
)  # fmt: skip
def test_what_is_no_price_leaves_the_offer_without_one(changes: Mapping[str, Value]) -> None:
    told: Value = {"kind": "inference", "price": 0, "asks": False, "tokens": {**TOLD, **changes}}
    (found,) = offered.read(encode([2, [told]]))
    assert found == PeerOffer("inference", 0, False)


def test_a_key_of_a_later_release_is_left_aside() -> None:
    told: Value = {"kind": "inference", "price": 0, "asks": False, "tokens": {**TOLD, "per": "word"}, "mood": "good"}
    assert offered.read(encode([2, [told]])) == (PeerOffer("inference", 0, False, tokens=PRICE),)


def test_on_the_same_chain_it_is_an_amount_of_the_readers_own_token() -> None:
    found = token_prices.seen_from(PRICE, seen())
    assert (found.here, found.said) == (True, "2.5\u00a0NUE")
    assert token_prices.seen_from(PRICE, seen(language="fr")).said == "2,5\u00a0NUE"


def test_it_is_said_in_the_persons_currency_where_they_set_a_rate() -> None:
    found = token_prices.seen_from(PRICE, seen(rate=Rate("EUR", "2", 31337, TOKEN)))
    assert found.said == "2.5\u00a0NUE (5\u00a0EUR at your own rate)"


@pytest.mark.parametrize(
    "chain",
    [
        None, replace(CHAIN, chain_id=1), replace(CHAIN, genesis=OTHER),
        replace(CHAIN, contracts={"token": "0x" + "ff" * 20}),
    ],
)  # fmt: skip
def test_on_any_other_chain_no_amount_is_said(chain: ChainRow | None) -> None:
    found = token_prices.seen_from(PRICE, seen(chain))
    assert not found.here
    assert "2.5" not in found.said
    assert found.said.startswith("a price in tokens that are not those of your chain")


def test_what_is_finer_than_the_token_is_no_amount_of_it() -> None:
    assert not token_prices.seen_from(replace(PRICE, amount="0.0000001"), seen()).here


def test_one_line_says_all_that_is_asked() -> None:
    price = token_prices.seen_from(PRICE, seen(language="fr"))
    found = asdict(PeerOffer("inference", 1200, True, tokens=price))
    line = "1\u202f200 crédits · payé sur une chaîne : 2,5\u00a0NUE · la personne est consultée chaque fois"
    assert price_asked(found, "fr") == line


def test_the_command_prints_what_a_contact_asks() -> None:
    out = io.StringIO()
    told = [asdict(PeerOffer("inference", 0, False, tokens=token_prices.seen_from(PRICE, seen())))]
    result = {"peer_id": "x", "name": "Bob", "here": True, "offers": told}
    offers_cli.PRINTERS["offers-of"](result, "en", out, "")
    assert out.getvalue() == "inference  free of charge · paid on a chain: 2.5\u00a0NUE\n"


async def test_a_contact_learns_the_price_and_its_chain(tmp_path: Path) -> None:
    async with contacts(tmp_path) as (asker, provider):
        _on_chain(provider)
        await tasks.set_offer(provider, "inference", settings={"token_price": "2,50"})

        told = await asking.offers_of(asker, provider.vault.peer_id)

        (found,) = (one for one in told["offers"] if one["kind"] == "inference")
        price = found["tokens"]
        assert (price["amount"], price["chain_id"], price["genesis"], price["token"]) == ("2.5", 31337, GENESIS, TOKEN)
        assert not price["here"]


async def test_who_asks_in_the_first_form_is_answered_in_it(tmp_path: Path) -> None:
    async with contacts(tmp_path) as (asker, provider):
        _on_chain(provider)
        await tasks.set_offer(provider, "inference", settings={"token_price": "2.5"})
        told: Any = decode(await offered.answer(provider, asker.vault.peer_id, encode([1])))
        assert told[0] == 1
        assert all(one.keys() <= {"kind", "price", "asks", "skills", "models"} for one in told[1])


async def test_a_node_that_knows_the_first_form_alone_is_asked_again_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asks = list[bytes]()
    whole = offered.answer

    async def first(node: Any, peer: str, request: bytes) -> bytes:
        asks.append(request)
        if request != encode([1]):
            raise Refused("garbled")
        return await whole(node, peer, request)

    monkeypatch.setattr(offered, "answer", first)
    async with contacts(tmp_path) as (asker, _provider):
        (told,) = await commands.peer_offers(asker)
    assert asks == [encode([2]), encode([1])]
    assert [one.kind for one in told.offers] == ["inference", "meeting"]


async def test_a_price_that_is_no_amount_is_refused(tmp_path: Path) -> None:
    async with contacts(tmp_path) as (_asker, provider):
        with pytest.raises(CommandFailed, match="offer-token-price"):
            await tasks.set_offer(provider, "inference", settings={"token_price": "cheap"})


def _on_chain(node: Any) -> None:
    node.vault.vault.chains.add(CHAIN)
    node.vault.vault.chains.use(CHAIN.name)
