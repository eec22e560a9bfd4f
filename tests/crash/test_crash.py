"""Killed at any moment: nothing acknowledged is lost, nothing is stored twice, the vault opens each time."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import keys
from storage.vault import Vault
from tests.crash.child import FIRST, SECOND, opened
from tests.crash.killing import Moments, agrees, is_sound, run
from tests.servers import dovecot
from tests.vectors import make

BOUNDED, WHOLE = 3, 34  # kills of each act: 6 acts, so that the whole campaign is beyond 200
pytestmark = pytest.mark.timeout(1800)
rounds = pytest.mark.parametrize("wanted", [BOUNDED, pytest.param(WHOLE, marks=pytest.mark.campaign)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "profile"
    folder.mkdir()
    secrets, _phrase = keys.create(folder / "key.nuee", FIRST)
    Vault.create(folder / "vault.nuee", bytes(secrets.vault_key)).close()
    return folder


@pytest.fixture
def moments() -> Moments:
    return Moments(random.Random(20261121))


def write_mailbox(folder: Path, number: int, count: int = 300) -> list[str]:
    names = [f"{number}-{n}@example.org" for n in range(count)]
    with (folder / "in.mbox").open("w", encoding="utf-8") as file:
        for n, name in enumerate(names):
            file.write(
                f"From x Mon Jan  5 10:00:00 2026\nFrom: A <a@example.org>\nSubject: Mail {number} {n}\n"
                f"Message-ID: <{name}>\nDate: Mon, 5 Jan 2026 10:00:00 +0000\n\nText {n} of {number}.\n\n"
            )
    return names


def message_ids(folder: Path) -> list[str]:
    with opened(folder) as vault, vault.read() as connection:
        return [name for (name,) in connection.execute("SELECT external_id FROM record WHERE kind = 'mail'")]


@rounds
def test_an_import_loses_nothing_and_goes_on(folder: Path, moments: Moments, wanted: int) -> None:
    number = 0
    while moments.kills < wanted:
        number += 1
        names = write_mailbox(folder, number)
        stored: set[str] = set()
        finished = False
        while not finished:
            result = moments.kill(folder, "take_in")
            stored |= set(result.words("stored"))
            finished = result.finished
            is_sound(folder)
            assert stored <= set(message_ids(folder))
        assert set(names) <= set(message_ids(folder))


@rounds
def test_embedding_loses_nothing(folder: Path, moments: Moments, wanted: int) -> None:
    number = 0
    embedded: set[str] = set()
    while moments.kills < wanted:
        number += 1
        write_mailbox(folder, number, 120)
        run(folder, "take_in")
        embedded |= set(moments.kill(folder, "embed").words("embedded"))
        is_sound(folder)
        with opened(folder) as vault, vault.read() as connection:
            there = {str(chunk) for (chunk,) in connection.execute("SELECT chunk FROM embedded")}
        assert embedded <= there


@rounds
def test_a_sync_of_notes_ends_where_the_folder_is(folder: Path, moments: Moments, wanted: int) -> None:
    notes = folder / "notes"
    notes.mkdir()
    turn = 0
    while moments.kills < wanted:
        turn += 1
        for n in range(150):
            (notes / f"{n}.md").write_text(f"# Note {n}\n\nVersion {turn if n % 3 == 0 else 0}.\n", "utf-8")
        while not moments.kill(folder, "sync").finished:
            is_sound(folder)
        is_sound(folder)
        with opened(folder) as vault, vault.read() as connection:
            bodies = sorted(body for (body,) in connection.execute("SELECT body FROM record WHERE kind = 'note'"))
        assert bodies == sorted(path.read_text("utf-8").strip("\n") for path in notes.iterdir())


@pytest.fixture
def account(folder: Path) -> Iterator[dovecot.Dovecot]:
    if why := dovecot.missing():
        pytest.skip(why)
    with dovecot.Dovecot() as server:
        server.add_user("ada")
        config = {
            "host": "127.0.0.1",
            "port": server.port,
            "security": "tls",
            "user": "ada",
            "folders": ["INBOX"],
            "ca_file": str(server.authority.file),
        }
        (folder / "imap.json").write_text(json.dumps({"config": config, "password": dovecot.PASSWORD}), "utf-8")
        yield server


@rounds
def test_a_sync_of_mail_loses_nothing(folder: Path, account: dovecot.Dovecot, moments: Moments, wanted: int) -> None:
    turn = 0
    delivered: set[str] = set()
    while moments.kills < wanted:
        turn += 1
        for n in range(60):
            name = f"{turn}-{n}@example.org"
            text = f"Message-ID: <{name}>\r\nSubject: Mail {turn} {n}\r\nFrom: b@example.org\r\n\r\nText {n}.\r\n"
            account.deliver("ada", "INBOX", f"{turn}.{n}.host", text.encode())
            delivered.add(name)
        while not moments.kill(folder, "fetch").finished:
            is_sound(folder)
        is_sound(folder)
        assert set(message_ids(folder)) == delivered


@rounds
def test_what_was_forgotten_stays_so(folder: Path, moments: Moments, wanted: int) -> None:
    gone: set[str] = set()
    number = 0
    while moments.kills < wanted:
        with opened(folder) as vault:
            few = vault.library.counts().records < 10
        if few:
            number += 1
            write_mailbox(folder, number, 60)
            run(folder, "take_in")
        gone |= set(moments.kill(folder, "forget").words("forgotten"))
        is_sound(folder)
        with opened(folder) as vault:
            assert gone.isdisjoint(line.id for line in vault.library.page(limit=1000)[0])


@rounds
def test_the_old_or_the_new_passphrase_opens(folder: Path, moments: Moments, wanted: int) -> None:
    second = False
    while moments.kills < wanted:
        result = moments.kill(folder, "change")
        opens = []
        for passphrase in (FIRST, SECOND):
            try:
                keys.open_file(folder / "key.nuee", passphrase).wipe()
                opens.append(passphrase)
            except keys.KeyFileError as error:
                opens += [] if error.code == "wrong-secret" else [error.code]
        assert len(opens) == 1
        if result.words("changed"):
            assert opens == [FIRST if second else SECOND]
        second = opens == [SECOND]


@rounds
def test_a_migration_is_done_or_not_begun(tmp_path: Path, moments: Moments, wanted: int) -> None:
    release = make.HERE / "0001"
    expected = json.loads((release / "contents.json").read_text("utf-8"))
    key = bytes(keys.open_file(release / "keys.json", make.PASSPHRASE).vault_key)
    turn = 0
    while moments.kills < wanted:
        turn += 1
        folder = tmp_path / str(turn)
        shutil.copytree(release, folder)
        (folder / "passphrase").write_text(make.PASSPHRASE, "utf-8")
        moments.kill(folder, "migrate")
        with Vault.open(folder / "vault.db", key) as vault:
            vault.check()
            agrees(vault)
            found = make.read(vault)
        assert {record["id"] for record in found["records"]} == {record["id"] for record in expected["records"]}
        shutil.rmtree(folder)
