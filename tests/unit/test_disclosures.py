"""The ledger of what left: complete, chained, and honest about an edit."""

from __future__ import annotations

import hashlib

import pytest

from storage.outbox import Heard
from storage.vault import Vault
from tests.unit.vault_fixtures import path_fixture, vault_fixture

__all__ = ["path_fixture", "vault_fixture"]


def left(vault: Vault, *payloads: bytes) -> None:
    for payload in payloads:
        vault.outbox.take(
            Heard("bob", hashlib.sha256(payload).digest(), 1),
            [vault.disclosures.left("bob", "letter", payload, "once")],
        )


def edit(vault: Vault, sql: str) -> None:
    with vault._database.write() as connection:
        connection.execute(sql)


def test_a_line_says_what_left_by_size_and_hash(vault: Vault) -> None:
    left(vault, b"hello")
    (line,) = vault.disclosures.list()
    assert (line.bytes, line.digest) == (5, hashlib.sha256(b"hello").hexdigest())


def test_a_whole_ledger_agrees_with_itself(vault: Vault) -> None:
    left(vault, b"a", b"b", b"c")
    assert vault.disclosures.broken() is None


@pytest.mark.parametrize(
    ("sql", "line"),
    [
        ("UPDATE disclosure SET peer = 'carol' WHERE number = 2", 2),
        ("UPDATE disclosure SET bytes = 0 WHERE number = 1", 1),
        ("DELETE FROM disclosure WHERE number = 2", 3),
        ("DELETE FROM disclosure WHERE number = 1", 2),
        ("UPDATE disclosure SET number = 9 WHERE number = 3", 9),
        ("UPDATE disclosure SET records = '[\"x\"]' WHERE number = 3", 3),
    ],
)
def test_an_edit_shows(vault: Vault, sql: str, line: int) -> None:
    left(vault, b"a", b"b", b"c")
    edit(vault, sql)
    assert vault.disclosures.broken() == line


def test_a_line_is_kept_with_the_step_that_let_it_leave_or_not_at_all(vault: Vault) -> None:
    left(vault, b"a", b"a")  # the second is the same message again
    assert len(vault.disclosures.list()) == 1


def test_what_was_agreed_to_for_good_can_be_taken_back(vault: Vault) -> None:
    vault.disclosures.decide("bob", "inference", "always")
    vault.disclosures.decide("bob", "inference", None)
    assert vault.disclosures.consent("bob", "inference") is None


def test_never_replaces_always(vault: Vault) -> None:
    vault.disclosures.decide("bob", "inference", "always")
    vault.disclosures.decide("bob", "inference", "never")
    assert vault.disclosures.consents() == [("bob", "inference", "never")]
