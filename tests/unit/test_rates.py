"""An amount is worth something in the person's currency where they said so, for the token of the chain in use alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.rules import describe, from_plain
from app.chain.amounts import decimal_of, decimal_text
from app.chain.meaning import Names, meaning_rows, meaning_text
from app.chain.rates import RATE, Rate, rate_of, rate_text, worth_of
from app.phrases import phrase
from app.results import CommandFailed
from p2p.wallet_requests import Meaning
from storage.chains import ChainRow
from storage.vault import Vault
from tests.unit.vault_fixtures import KEY

TOKEN, OTHER = "0x" + "2e" * 20, "0x" + "3f" * 20
REAL = ChainRow("base", "rpc", 8453, "0x" + "aa" * 32, contracts={"token": TOKEN})
WORTHLESS = ChainRow("rehearsal", "rpc", 31337, "0x" + "bb" * 32, contracts={"token": TOKEN})


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with Vault.create(tmp_path / "vault.db", KEY) as made:
        made.chains.add(REAL)
        made.chains.add(WORTHLESS)
        made.chains.use("base")
        made.settings.set(RATE, ["EUR", "0.98"])
        yield made


def test_it_is_said_beside_an_amount_of_that_token(vault: Vault) -> None:
    assert worth_of(vault, 8453, TOKEN, 2_500_000, 6, "fr") == "2,45\u00a0EUR à votre propre taux"


@pytest.mark.parametrize(("chain", "token"), [(1, TOKEN), (8453, OTHER)])
def test_of_another_token_or_chain_nothing_is_said(vault: Vault, chain: int, token: str) -> None:
    assert worth_of(vault, chain, token, 2_500_000, 6, "en") == ""


def test_where_no_money_is_nothing_is_worth_anything(vault: Vault) -> None:
    vault.chains.use("rehearsal")
    assert worth_of(vault, 31337, TOKEN, 2_500_000, 6, "en") == ""
    assert rate_of(vault, WORTHLESS) is None


def test_without_a_rate_no_currency_is_spoken_of(vault: Vault) -> None:
    vault.settings.unset(RATE)
    assert worth_of(vault, 8453, TOKEN, 2_500_000, 6, "en") == ""
    assert rate_text(vault, "en") == ""


def test_the_rate_itself_is_written_as_other_amounts_are(vault: Vault) -> None:
    vault.settings.set(RATE, ["EUR", "1234.5"])
    assert "1\u202f234,5\u00a0EUR" in rate_text(vault, "fr")


def test_what_waits_for_a_yes_says_it_in_the_sentence_and_in_the_values() -> None:
    names = Names(tokens={TOKEN: ("NUE", 6)}, rate=Rate("EUR", "2", 8453, TOKEN))
    values = (("amount", "2500000"), ("to", OTHER), ("contract", TOKEN), ("chain", "8453"))
    meaning = Meaning("token-transfer", values)
    worth = "2.5\u00a0NUE (5\u00a0EUR at your own rate)"
    assert worth in meaning_text(meaning, names, "en")
    assert any(worth in value for _, value in meaning_rows(meaning, names, "en"))


@pytest.mark.parametrize(
    ("typed", "decimal"),
    [("2,5", "2.5"), ("1\u202f234,50", "1234.5"), (".5", "0.5"), ("007", "7")],
)
def test_what_is_typed_is_read_however_it_is_written(typed: str, decimal: str) -> None:
    assert decimal_of(typed) == decimal


@pytest.mark.parametrize("language", ["en", "fr"])
def test_what_is_shown_can_be_typed_in_again(language: str) -> None:
    assert decimal_of(decimal_text("1234567.25", "", language)) == "1234567.25"


@pytest.mark.parametrize("typed", ["", "much", "-1", "1e9", "2.5.5", "."])
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(CommandFailed, match="amount"):
        decimal_of(typed)


def test_a_rule_says_its_amount_in_the_persons_form() -> None:
    rule = from_plain({"effect": "ask", "act": "pay", "amount": "1234.50"}, 1)
    assert "1\u202f234,5" in describe(rule, phrase, "fr")
    assert "1\u202f234.5" in describe(rule, phrase, "en")
