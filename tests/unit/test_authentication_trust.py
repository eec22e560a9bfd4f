"""Whose word about a sender counts in the vault."""

from __future__ import annotations

from storage.authentication import SETTING
from storage.database import Connection
from storage.records import authenticated
from storage.search import Searcher
from storage.sources import message
from storage.vault import Vault
from tests.unit.vault_fixtures import note, path_fixture, vault_fixture  # noqa: F401 - fixtures

PASS = "dmarc=pass header.from=example.org"


def received(number: int, server: str = "mx.example.net", results: str = PASS) -> bytes:
    hop = f"Received: from somewhere ([192.0.2.9]) by {server} with ESMTPS\n"
    claimed = f"Authentication-Results: {server}; {results}\n" if results else ""
    date = f"Date: Tue, 3 Mar 2026 10:{number:02}:00 +0000\n"
    subject = f"Subject: Herons {number}\nMessage-ID: <{server}-{number}@x>\n"
    head = f"{hop}{claimed}From: Ada <ada@example.org>\n{subject}{date}"
    return f"{head}\nThe heron stands in the pond, number {number}.\n".encode()


def bring(vault: Vault, *originals: bytes) -> list[str]:
    return list(vault.library.add([message.parse(raw, f"mail{place}") for place, raw in enumerate(originals)]).ids)


def test_the_server_on_top_of_most_mail_is_the_account_s_own(vault: Vault) -> None:
    first = bring(vault, *map(received, range(6)))[0]

    shown = vault.library.get(first)

    assert (shown.authentication, shown.authenticated_by) == ("passed", "example.net")
    assert authenticated(shown) is True


def test_a_server_that_stands_on_top_once_is_nobody(vault: Vault) -> None:
    ids = bring(vault, *map(received, range(6)), received(7, "mx.evil.example"))

    assert vault.library.get(ids[-1]).authentication == "none"
    assert authenticated(vault.library.get(ids[-1])) is None


def test_an_account_whose_server_writes_no_results_trusts_nobody_s(vault: Vault) -> None:
    silent = [received(number, results="") for number in range(20)]
    forged = bring(vault, *silent, received(30), received(31), received(32), received(33), received(34))[-1]

    assert vault.library.get(forged).authentication == "none"


def test_too_few_mails_teach_nothing(vault: Vault) -> None:
    assert vault.library.get(bring(vault, received(1))[0]).authentication == "none"


def test_a_chosen_server_counts_at_once(vault: Vault) -> None:
    vault.settings.set(SETTING, {"": ["mx.example.net"]})

    assert vault.library.get(bring(vault, received(1))[0]).authentication == "passed"


def test_each_source_has_servers_of_its_own(vault: Vault) -> None:
    ids = bring(vault, *map(received, range(6)))
    with vault._database.write() as connection:
        connection.execute("UPDATE record SET source = 1 WHERE id = ?", (ids[0],))

    assert vault.library.get(ids[0]).authentication == "none"
    assert vault.library.get(ids[1]).authentication == "passed"


def test_a_failed_check_is_told(vault: Vault) -> None:
    ids = bring(vault, *map(received, range(6)), received(8, results="dmarc=fail header.from=example.org"))

    assert authenticated(vault.library.get(ids[-1])) is False


def test_mail_from_before_it_was_kept_is_read_when_asked_for(vault: Vault) -> None:
    ids = bring(vault, *map(received, range(6)))
    with vault._database.write() as connection:
        connection.execute("DELETE FROM authentication")

    assert vault.library.get(ids[2]).authentication == "passed"


def test_search_tells_it_with_each_hit(vault: Vault) -> None:
    bring(vault, *map(received, range(6)))

    found = Searcher(vault).search("heron", 3)

    assert [hit.authentication for hit in found] == ["passed"] * 3


def test_a_note_has_no_sender_to_confirm(vault: Vault) -> None:
    name = vault.library.add([note()]).ids[0]

    assert vault.library.get(name).authentication == ""


def test_a_forgotten_mail_leaves_no_verdict(vault: Vault) -> None:
    vault.library.delete(bring(vault, *map(received, range(6))))

    with vault.read() as connection:
        assert _kept(connection) == 0


def _kept(connection: Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM authentication").fetchone()[0])
