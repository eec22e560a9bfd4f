"""What waits for the person before the wallet signs, and addresses that are looked at; over a real vault."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.vault import Vault, VaultError
from storage.wallet_asks import YES, WalletAsks
from tests.unit.vault_fixtures import KEY

DIGEST = "ab" * 32
OTHER = "cd" * 32
MEANING = {"key": "token-transfer", "values": [["amount", "5"]]}
REQUEST = {"kind": "transaction", "account": "i0"}


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with Vault.create(tmp_path / "vault.db", KEY) as made:
        yield made


def asked(vault: Vault, digest: str = DIGEST, task: str = "t1") -> str:
    return vault.wallet_asks.ask(digest, MEANING, REQUEST, task, "peer")


def test_what_is_asked_waits_with_all_that_was_said_of_it(vault: Vault) -> None:
    assert asked(vault) == "waiting"
    (found,) = vault.wallet_asks.waiting()
    assert (found.digest, found.meaning, found.request) == (DIGEST, MEANING, REQUEST)
    assert (found.task, found.peer, found.state) == ("t1", "peer", "waiting")


def test_the_same_question_stands_once(vault: Vault) -> None:
    asked(vault)
    assert asked(vault) == "waiting"
    assert vault.wallet_asks.count() == 1


def test_nothing_is_agreed_before_the_person_says_so(vault: Vault) -> None:
    asked(vault)
    assert not vault.wallet_asks.agreed(DIGEST)
    with pytest.raises(VaultError, match="not given") as caught:
        vault.wallet_asks.use(DIGEST)
    assert caught.value.code == "wallet-ask-open"


def test_a_yes_is_for_exactly_this(vault: Vault) -> None:
    asked(vault)
    asked(vault, OTHER)
    vault.wallet_asks.decide(DIGEST, True)
    assert vault.wallet_asks.agreed(DIGEST)
    assert not vault.wallet_asks.agreed(OTHER)


def test_one_yes_is_good_for_one_signature(vault: Vault) -> None:
    asked(vault)
    vault.wallet_asks.decide(DIGEST, True)
    vault.wallet_asks.use(DIGEST)
    assert not vault.wallet_asks.agreed(DIGEST)
    with pytest.raises(VaultError) as caught:
        vault.wallet_asks.use(DIGEST)
    assert caught.value.code == "wallet-ask-used"
    assert asked(vault) == "used"


def test_two_payments_that_want_the_same_yes_get_it_once(vault: Vault) -> None:
    asked(vault)
    vault.wallet_asks.decide(DIGEST, True)
    outcomes: list[str] = []

    def pay() -> None:
        try:
            vault.wallet_asks.use(DIGEST)
            outcomes.append("paid")
        except VaultError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=pay) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["paid", *["wallet-ask-used"] * 3]


def test_a_used_yes_cannot_be_given_again(vault: Vault) -> None:
    asked(vault)
    vault.wallet_asks.decide(DIGEST, True)
    vault.wallet_asks.use(DIGEST)
    for agreed in (True, False):
        with pytest.raises(VaultError) as caught:
            vault.wallet_asks.decide(DIGEST, agreed)
        assert caught.value.code == "wallet-ask-used"


def test_a_no_stays_a_no_however_often_it_is_asked(vault: Vault) -> None:
    asked(vault)
    vault.wallet_asks.decide(DIGEST, False)
    assert asked(vault) == "declined"
    assert vault.wallet_asks.waiting() == []


def test_until_it_is_used_the_person_may_say_the_other(vault: Vault) -> None:
    asked(vault)
    vault.wallet_asks.decide(DIGEST, True)
    assert vault.wallet_asks.decide(DIGEST, False).state == "declined"
    assert not vault.wallet_asks.agreed(DIGEST)
    assert vault.wallet_asks.decide(DIGEST, True).state == "agreed"


def test_what_waits_for_a_task_that_is_over_waits_no_longer(vault: Vault) -> None:
    asked(vault)
    asked(vault, OTHER, "t2")
    assert vault.wallet_asks.withdraw("t1") == 1
    assert [one.digest for one in vault.wallet_asks.waiting()] == [OTHER]
    assert vault.wallet_asks.withdraw("") == 0


def test_the_beginning_of_a_digest_is_enough_to_name_it(vault: Vault) -> None:
    asked(vault)
    asked(vault, DIGEST[:-1] + "c")
    asked(vault, OTHER)
    assert vault.wallet_asks.get(OTHER[:8]).digest == OTHER
    assert vault.wallet_asks.get(DIGEST).digest == DIGEST
    for wanted, code in (
        ("abab" * 2, "ambiguous-wallet-ask"),
        ("cd", "unknown-wallet-ask"),
        ("%" * 8, "unknown-wallet-ask"),
    ):
        with pytest.raises(VaultError) as caught:
            vault.wallet_asks.get(wanted)
        assert caught.value.code == code


def test_they_are_there_after_a_restart(tmp_path: Path) -> None:
    with Vault.create(tmp_path / "vault.db", KEY) as vault:
        asked(vault)
        vault.wallet_asks.decide(DIGEST, True)
    with Vault.open(tmp_path / "vault.db", KEY) as vault:
        assert vault.wallet_asks.agreed(DIGEST)


ADDRESS = "0x" + "Ab" * 20


def test_an_address_is_looked_at_under_one_name(vault: Vault) -> None:
    vault.watched.add(ADDRESS, "savings")
    vault.watched.add(ADDRESS.lower(), "  the   savings ")
    assert [(one.address, one.name) for one in vault.watched.list()] == [(ADDRESS.lower(), "the savings")]


def test_what_is_no_address_is_not_looked_at(vault: Vault) -> None:
    with pytest.raises(VaultError) as caught:
        vault.watched.add("0x12", "short")
    assert caught.value.code == "wallet-address"


def test_an_address_can_be_left_alone_again(vault: Vault) -> None:
    vault.watched.add(ADDRESS)
    vault.watched.remove(ADDRESS)
    assert vault.watched.list() == []
    with pytest.raises(VaultError) as caught:
        vault.watched.remove(ADDRESS)
    assert caught.value.code == "unknown-watched"


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1e9

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def timed(vault: Vault) -> tuple[WalletAsks, Clock]:
    """Something that was agreed to."""
    clock = Clock()
    asks = WalletAsks(vault._database, clock)
    asks.ask(DIGEST, MEANING, REQUEST)
    asks.decide(DIGEST, True)
    return asks, clock


def test_a_yes_counts_for_a_day(timed: tuple[WalletAsks, Clock]) -> None:
    asks, clock = timed
    clock.now += YES - 1
    assert asks.agreed(DIGEST)
    clock.now += 1
    assert not asks.agreed(DIGEST)


def test_a_yes_that_ran_out_is_asked_for_again_and_lets_nothing_through(timed: tuple[WalletAsks, Clock]) -> None:
    asks, clock = timed
    clock.now += YES
    asks.agreed(DIGEST)
    assert [one.digest for one in asks.waiting()] == [DIGEST]
    with pytest.raises(VaultError, match="not given"):
        asks.use(DIGEST)
    asks.decide(DIGEST, True)
    assert asks.agreed(DIGEST)


@pytest.mark.parametrize("lasts", [60.0, 30 * YES])
def test_a_yes_for_a_task_counts_until_its_deadline(timed: tuple[WalletAsks, Clock], lasts: float) -> None:
    asks, clock = timed
    deadline = clock.now + lasts
    clock.now = deadline - 1
    assert asks.agreed(DIGEST, deadline)
    clock.now = deadline
    assert not asks.agreed(DIGEST, deadline)


def test_a_yes_that_is_said_after_the_deadline_counts_for_a_day(timed: tuple[WalletAsks, Clock]) -> None:
    """A refund is asked for when the time of its task is over."""
    asks, clock = timed
    over = clock.now - 10
    clock.now += YES - 1
    assert asks.agreed(DIGEST, over)
