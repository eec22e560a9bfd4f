"""The vault as a file: what opens it, what is refused, and that nothing in it can be read without the key."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlcipher3 import dbapi2

from storage import database
from storage.database import Connection, Database
from storage.vault import Vault, VaultError, migrations
from tests.unit.vault_fixtures import KEY, mail, note, path_fixture, vault_fixture  # noqa: F401

CANARY = "zanzibarcanary"


def code_of(action: Callable[[], object]) -> str:
    with pytest.raises(VaultError) as caught:
        action()
    sentence = str(caught.value)
    assert " " in sentence
    assert KEY.hex() not in sentence
    return caught.value.code


def fill(vault: Vault) -> None:
    """Put the canary everywhere that takes text."""
    vault.library.add([mail(f"About {CANARY}", f"The {CANARY} sings.", raw=CANARY.encode(), external_id=CANARY)])
    conversation = vault.conversations.create(CANARY)
    vault.conversations.append(conversation, "user", f"Where is the {CANARY}?")
    vault.settings.set("place", CANARY)
    vault.settings.set_secret("key", CANARY.encode())
    vault.library.note_failures([(CANARY, CANARY)])


def everything_on_disk(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())


def test_what_was_stored_is_there_after_opening_again(path: Path) -> None:
    with Vault.create(path, KEY) as vault:
        fill(vault)
    with Vault.open(path, KEY) as vault:
        assert vault.library.counts().records == 1
        assert vault.settings.get("place") == CANARY


def test_no_file_holds_plain_text_while_open_or_after(path: Path) -> None:
    with Vault.create(path, KEY) as vault:
        fill(vault)
        assert {file.name for file in path.parent.iterdir()} == {"vault.db", "vault.db-wal", "vault.db-shm"}
        assert CANARY.encode() not in everything_on_disk(path.parent)
    assert CANARY.encode() not in everything_on_disk(path.parent)
    assert b"SQLite format 3" not in path.read_bytes()


def test_the_search_for_plain_text_finds_it_where_there_is_no_encryption(path: Path) -> None:
    """Proof that the test above can fail: the same schema in a database without a key."""
    connection = dbapi2.connect(str(path), isolation_level=None)
    connection.executescript(migrations()[0])
    connection.execute("INSERT INTO setting (key, value) VALUES ('place', ?)", (CANARY,))
    connection.close()
    assert CANARY.encode() in everything_on_disk(path.parent)


def test_closing_leaves_one_file(path: Path) -> None:
    vault = Vault.create(path, KEY)
    fill(vault)
    vault.close()
    assert [file.name for file in path.parent.iterdir()] == ["vault.db"]


def test_a_checkpoint_empties_the_journal(vault: Vault, path: Path) -> None:
    fill(vault)
    journal = path.with_name("vault.db-wal")
    assert journal.stat().st_size > 0
    vault.checkpoint()
    assert journal.stat().st_size == 0


def test_only_the_owner_may_read_it(vault: Vault, path: Path) -> None:
    fill(vault)
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}


def test_another_key_is_refused_and_nothing_is_printed(path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Vault.create(path, KEY).close()
    assert code_of(lambda: Vault.open(path, secrets.token_bytes(32))) == "wrong-key-or-damaged"
    assert capfd.readouterr() == ("", "")
    Vault.open(path, KEY).close()


def test_a_short_key_is_a_programming_error(path: Path) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Vault.create(path, b"short")


def test_a_vault_is_never_overwritten(vault: Vault, path: Path) -> None:
    assert code_of(lambda: Vault.create(path, KEY)) == "exists"


def test_a_missing_vault_is_said_to_be_missing(path: Path) -> None:
    assert code_of(lambda: Vault.open(path, KEY)) == "missing"
    assert not path.exists()


def test_an_empty_file_is_damage_and_not_a_new_vault(path: Path) -> None:
    path.touch()
    assert code_of(lambda: Vault.open(path, KEY)) == "damaged"


def test_a_creation_that_was_cut_off_is_begun_again(path: Path) -> None:
    path.with_name("vault.db.new").write_bytes(b"half")
    path.with_name("vault.db.new-wal").write_bytes(b"half")
    Vault.create(path, KEY).close()
    assert [file.name for file in path.parent.iterdir()] == ["vault.db"]


@pytest.mark.parametrize("offset", [0, 20, 5000, 16384 + 100])
def test_a_flipped_byte_is_refused_with_a_sentence(path: Path, offset: int, capfd: pytest.CaptureFixture[str]) -> None:
    with Vault.create(path, KEY) as vault:
        fill(vault)
    whole = bytearray(path.read_bytes())
    whole[offset] ^= 1
    path.write_bytes(whole)

    def read_all() -> None:
        with Vault.open(path, KEY) as vault:
            vault.check()

    assert code_of(read_all) in {"wrong-key-or-damaged", "damaged"}
    assert capfd.readouterr() == ("", "")


def test_every_page_is_authenticated(path: Path) -> None:
    """Any page that is read: flip one byte in each in turn; the vault never reads on as if nothing was."""
    with Vault.create(path, KEY) as vault:
        fill(vault)
    whole = path.read_bytes()
    for page in range(len(whole) // database.PAGE_BYTES):
        damaged = bytearray(whole)
        damaged[page * database.PAGE_BYTES + 200] ^= 1
        path.write_bytes(damaged)
        connection = raw_connection(path)
        try:
            report = connection.execute("PRAGMA cipher_integrity_check").fetchall()
        finally:
            connection.close()
        assert report, page


def test_a_file_cut_short_is_damage(path: Path) -> None:
    with Vault.create(path, KEY) as vault:
        fill(vault)
    path.write_bytes(path.read_bytes()[: 3 * database.PAGE_BYTES])

    def read() -> None:
        with Vault.open(path, KEY) as vault:
            vault.library.add([note()])

    assert code_of(read) in {"damaged", "wrong-key-or-damaged"}


def raw_connection(path: Path) -> dbapi2.Connection:
    connection = dbapi2.connect(str(path), isolation_level=None)
    connection.execute("PRAGMA cipher_log = off")
    connection.execute(f"PRAGMA key = \"x'{KEY.hex()}'\"")
    connection.execute(f"PRAGMA cipher_page_size = {database.PAGE_BYTES}")
    return connection


def test_a_vault_of_a_newer_release_is_refused_and_left_alone(path: Path) -> None:
    Vault.create(path, KEY).close()
    connection = raw_connection(path)
    connection.execute(f"PRAGMA user_version = {len(migrations()) + 1}")
    connection.close()
    assert code_of(lambda: Vault.open(path, KEY)) == "newer-version"
    connection = raw_connection(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (len(migrations()) + 1,)
    connection.close()


def test_a_new_vault_has_the_version_of_the_last_migration(path: Path) -> None:
    Vault.create(path, KEY).close()
    connection = raw_connection(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (len(migrations()),)
    assert connection.execute("PRAGMA application_id").fetchone() == (database.APPLICATION_ID,)
    connection.close()


@pytest.fixture
def bare(path: Path) -> Iterator[Database]:
    database.create_empty(path, KEY, [])
    opened = Database(path, KEY)
    yield opened
    opened.close()


def tables(opened: Database) -> set[str]:
    with opened.read() as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}


def test_a_later_release_brings_an_older_vault_forward(bare: Database) -> None:
    bare.migrate(["CREATE TABLE one (a)"])
    bare.migrate(["CREATE TABLE one (a)", "CREATE TABLE two (b)"])
    assert tables(bare) == {"one", "two"}


def test_a_migration_that_fails_leaves_no_half(bare: Database) -> None:
    code_of(lambda: bare.migrate(["CREATE TABLE one (a)", "CREATE TABLE two (b); nonsense"]))
    assert tables(bare) == {"one"}
    bare.migrate(["CREATE TABLE one (a)", "CREATE TABLE two (b)"])
    assert tables(bare) == {"one", "two"}


def test_a_full_disk_is_a_sentence_and_loses_nothing_stored(vault: Vault) -> None:
    vault.library.add([note("First")])
    pages = vault._database._writer.execute("PRAGMA page_count").fetchone()[0]
    vault._database._writer.execute(f"PRAGMA max_page_count = {pages}")
    large = [note(f"Note {number}", secrets.token_hex(5000)) for number in range(20)]
    assert code_of(lambda: vault.library.add(large)) == "disk-full"
    assert [entry.title for entry in vault.library.page()[0]] == ["First"]
    vault._database._writer.execute("PRAGMA max_page_count = 4294967294")
    assert len(vault.library.add(large).ids) == 20


def test_a_block_that_raises_stores_nothing(vault: Vault) -> None:
    def write_and_fail() -> None:
        with vault._database.write() as connection:
            connection.execute("INSERT INTO setting (key, value) VALUES ('a', '1')")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert vault.settings.get("a") is None


@pytest.fixture
def read_only() -> Iterator[Path]:
    """A folder with a vault that this process may read but not write; root gives its rights up meanwhile."""
    folder = Path(tempfile.mkdtemp())
    with Vault.create(folder / "vault.db", KEY) as vault:
        fill(vault)
    (folder / "vault.db").chmod(0o444)
    folder.chmod(0o555)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    yield folder
    if root:
        os.seteuid(0)
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_a_read_only_folder_is_a_sentence(read_only: Path) -> None:
    assert code_of(lambda: Vault.open(read_only / "vault.db", KEY)) == "read-only"
    assert code_of(lambda: Vault.create(read_only / "other.db", KEY)) == "read-only"


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    assert code_of(lambda: Vault.create(tmp_path / "gone" / "vault.db", KEY)) == "read-only"


def test_a_closed_vault_says_that_it_is_locked(path: Path) -> None:
    vault = Vault.create(path, KEY)
    vault.close()
    vault.close()
    assert code_of(vault.library.counts) == "closed"
    assert code_of(lambda: vault.settings.set("a", 1)) == "closed"


def test_an_unforeseen_error_does_not_quote_what_was_stored(vault: Vault) -> None:
    def fail(connection: Connection) -> None:
        connection.execute(f"SELECT {CANARY}")

    with pytest.raises(VaultError) as caught, vault._database.read() as connection:
        fail(connection)
    assert caught.value.code == "internal"
    assert CANARY not in str(caught.value)


def test_a_vault_killed_while_open_keeps_what_was_committed(path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from storage.vault import Vault\n"
        "vault = Vault.create(Path(sys.argv[1]), bytes(range(32)))\n"
        "vault.settings.set('kept', True)\n"
        "os._exit(1)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    with Vault.open(path, bytes(range(32))) as vault:
        assert vault.settings.get("kept") is True


def test_a_search_answers_while_a_batch_is_being_written(vault: Vault) -> None:
    vault.library.add([note("Garden", "Tomatoes want sun.")])
    found: list[list[tuple[int, float]]] = []
    with vault._database.write() as connection:
        connection.execute("INSERT INTO setting (key, value) VALUES ('a', '1')")
        searching = threading.Thread(target=lambda: found.append(vault.library.match('"tomato"', 5)))
        searching.start()
        searching.join(5)
        assert len(found) == 1
        assert len(found[0]) == 1


def test_adding_and_searching_from_many_threads(vault: Vault) -> None:
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(5):
                vault.library.add([note(f"Note {number} {turn}", f"Tomatoes {number} {turn}.")])
                assert vault.library.match('"tomato"', 100)
                vault.settings.set(f"{number}", turn)
        except BaseException as error:  # noqa: BLE001 - reported below, on the test's own thread
            failures.append(error)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failures == []
    assert vault.library.counts().records == 30
    assert len(vault.library.match('"tomato"', 100)) == 30


def test_the_vectors_are_not_in_clear(path: Path) -> None:
    with Vault.create(path, KEY) as vault:
        vault.library.add([note()])
        (chunk, _), *_ = vault.vectors.pending("m", 1)
        row = np.linspace(0.1, 0.2, 384, dtype=np.float32)
        vault.vectors.store("m", [chunk], row[None])
    assert row.astype("<f2").tobytes()[:64] not in path.read_bytes()
