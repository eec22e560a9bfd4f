"""What was sent is kept whole: the row, its attempts and its nonce, in the vault."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.chain.sending_store import SendingStore, entry_of, row_of
from p2p.chain import Log, Mined
from p2p.sender import Entry, Lane
from p2p.sending import Attempt, Place, Sending
from storage.database import VaultError
from storage.transactions import AttemptRow, TransactionRow
from storage.vault import Vault
from tests.unit.sender_fixtures import registering
from tests.unit.vault_fixtures import KEY, path_fixture, vault_fixture

__all__ = ["path_fixture", "vault_fixture"]

LANE = (31337, "0x" + "11" * 32, 0)
FIRST = AttemptRow("0xa", b"\x02a", 100, 10)
ROW = TransactionRow("k", *LANE, nonce=4, request="{}", attempts=(FIRST,), task="t", peer="p")


def refused(vault: Vault, row: TransactionRow) -> str:
    with pytest.raises(VaultError) as error:
        vault.transactions.begin(row)
    return error.value.code


def test_what_was_begun_is_there_when_the_vault_is_opened_again(path: Path) -> None:
    with Vault.create(path, KEY) as vault:
        vault.transactions.begin(ROW)
    with Vault.open(path, KEY) as vault:
        found = vault.transactions.find("k")
        assert found is not None
        assert replace(found, created=0, changed=0) == ROW


def test_a_key_is_taken_once(vault: Vault) -> None:
    vault.transactions.begin(ROW)
    assert refused(vault, replace(ROW, nonce=5, attempts=(replace(FIRST, name="0xb"),))) == "transaction-known"


def test_a_nonce_is_taken_once(vault: Vault) -> None:
    vault.transactions.begin(ROW)
    assert refused(vault, replace(ROW, key="other", attempts=(replace(FIRST, name="0xb"),))) == "transaction-known"


@pytest.mark.parametrize("lane", [(1, LANE[1], 0), (31337, "0x" + "22" * 32, 0), (31337, LANE[1], 1)])
def test_a_nonce_counts_for_one_account_on_one_chain(vault: Vault, lane: tuple[int, str, int]) -> None:
    other = replace(ROW, key="other", chain_id=lane[0], genesis=lane[1], account=lane[2])
    vault.transactions.begin(ROW)
    vault.transactions.begin(replace(other, attempts=(replace(FIRST, name="0xb"),)))
    assert [row.key for row in vault.transactions.open(*lane)] == ["other"]


def test_a_nonce_that_was_lost_is_free(vault: Vault) -> None:
    vault.transactions.begin(ROW)
    vault.transactions.keep(replace(ROW, state="displaced"))
    vault.transactions.begin(replace(ROW, key="other", attempts=(replace(FIRST, name="0xb"),)))
    assert [row.key for row in vault.transactions.since(*LANE, 0)] == ["other"]


def test_what_is_refused_changes_nothing(vault: Vault) -> None:
    vault.transactions.begin(ROW)
    vault.transactions.begin(replace(ROW, key="other", nonce=5, attempts=(replace(FIRST, name="0xb"),)))
    with pytest.raises(VaultError):
        vault.transactions.begin(replace(ROW, nonce=5), former="k#0")
    assert vault.transactions.find("k#0") is None
    assert vault.transactions.find("k") is not None


def test_another_attempt_is_kept_beside_the_first(vault: Vault) -> None:
    vault.transactions.begin(ROW)
    attempts = (replace(FIRST, sent=5.0), AttemptRow("0xb", b"\x02b", 120, 12))
    vault.transactions.keep(replace(ROW, state="sent", attempts=attempts, problem="chain-gap", tried=5.0))
    found = vault.transactions.find("k")
    assert found is not None
    assert (found.attempts, found.state, found.problem, found.tried) == (attempts, "sent", "chain-gap", 5.0)


def test_what_has_ended_is_no_longer_open_and_holds_its_nonce(vault: Vault) -> None:
    vault.transactions.begin(ROW)
    vault.transactions.keep(replace(ROW, state="final"))
    assert vault.transactions.open(*LANE) == []
    assert [row.nonce for row in vault.transactions.since(*LANE, 4)] == [4]
    assert vault.transactions.since(*LANE, 5) == []


def test_what_was_done_anew_leaves_the_former_one_in_the_history(vault: Vault) -> None:
    vault.transactions.begin(ROW)
    vault.transactions.keep(replace(ROW, state="displaced"))
    vault.transactions.begin(replace(ROW, nonce=5, attempts=(replace(FIRST, name="0xb"),)), former="k#0")
    assert [(row.key, row.nonce) for row in vault.transactions.latest()] == [("k", 5), ("k#0", 4)]
    assert [row.key for row in vault.transactions.of_task("t")] == ["k#0", "k"]


def test_an_entry_survives_the_way_through_the_vault(vault: Vault) -> None:
    """Numbers beyond 64 bits and bytes in the arguments; gas and events once it is final."""
    request = registering("0x" + "22" * 20, "a", signature="any", args=(2**255, b"\x00\xff", "é", (1, b"x")))
    place = Place("0xa", 7, "0xb7", ok=True)
    log = Log("0x" + "22" * 20, (b"\x01" * 32,), b"\xff", 7, "0xa")
    sending = Sending(4, (Attempt("0xa", b"\x02a", 100, 10, 3.5),), "final", place, 3.5, 6)
    entry = Entry("k", Lane(*LANE), replace(request, nonce=4), sending, Mined("0xa", 7, "0xb7", True, 5, (log,)), "")
    SendingStore(vault.transactions).begin(entry)
    assert SendingStore(vault.transactions).find("k") == entry
    assert entry_of(row_of(entry)) == entry


def test_a_change_of_state_or_of_a_problem_is_told_and_nothing_else_is(vault: Vault) -> None:
    told: list[tuple[str, str]] = []
    store = SendingStore(vault.transactions, lambda one: told.append((one.sending.state, one.problem)))
    request = replace(registering("0x" + "22" * 20, "a"), nonce=4)
    entry = Entry("k", Lane(*LANE), request, Sending(4, (Attempt("0xa", b"\x02a", 100, 10),)))
    store.begin(entry)
    sent = replace(entry, sending=replace(entry.sending, state="sent", tried=1.0))
    store.keep(sent)
    store.keep(replace(sent, sending=replace(sent.sending, tried=16.0)))
    store.keep(replace(sent, problem="chain-funds"))
    assert told == [("signed", ""), ("sent", ""), ("sent", "chain-funds")]
