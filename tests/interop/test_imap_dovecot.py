"""A mailbox on a real Dovecot comes into the vault, whatever happens to server, network and program."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.records import Record
from storage.sources import message
from storage.sources.imap import driver
from storage.sync import SyncFailed
from storage.vault import Vault
from tests.interop.imap_fixtures import (
    KEY,
    Mail,
    box_fixture,
    corpus,
    mail,
    serve,
    server_fixture,
    users_fixture,
    vault_fixture,
)
from tests.paths import ROOT
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy

__all__ = ["box_fixture", "server_fixture", "users_fixture", "vault_fixture"]


FIRST = 1_500_000_000


def fill(box: Mail, count: int, size: int = 3000, folder: str = "INBOX") -> None:
    for number in range(count):
        box.server.deliver(box.user, folder, f"{1_700_000_000 + number}.M{number}.host", mail(f"m{number}", "x" * size))


def distinct(messages: list[bytes]) -> set[tuple[str, bytes]]:
    """Without a date of its own a message takes the one when it was delivered."""
    records: list[Record] = [message.parse(raw, "", stored=FIRST + number) for number, raw in enumerate(messages)]
    return {(record.external_id, record.digest()) for record in records}


def test_the_first_sync_brings_every_message_once(box: Mail) -> None:
    messages = corpus()
    for number, raw in enumerate(messages):
        box.server.deliver(box.user, "INBOX" if number % 3 else "Sent", f"{FIRST + number}.M{number}.host", raw)
    synced = box.sync()
    with box.vault.read() as connection:
        stored = set(connection.execute("SELECT external_id, digest FROM record").fetchall())
    assert synced.failed == ()
    assert stored == distinct(messages)
    assert synced.new == len(stored)
    keys = len(box.ledger.known("INBOX")) + len(box.ledger.known("Sent"))
    assert keys == len(messages)


def test_the_original_is_kept_as_the_server_sent_it(box: Mail) -> None:
    box.server.deliver(box.user, "INBOX", "1700000000.M1.host", mail("one"))
    box.sync()
    (line,), _ = box.vault.library.page()
    assert box.vault.library.original(line.id).replace(b"\r\n", b"\n") == mail("one").replace(b"\r\n", b"\n")


def test_nothing_is_marked_as_read(box: Mail) -> None:
    box.append("one")
    box.sync()
    with box.client() as client:
        assert b"\\Seen" not in client.get_flags([1])[1]


def test_a_record_says_where_it_comes_from(box: Mail) -> None:
    box.append("one", folder="Éléments reçus/2019")
    box.vault.sources.edit(box.source, "Mail", {**box.account.config, "folders": ["Éléments reçus/2019"]})
    box.sync()
    record = box.record("one")
    assert record.folder == "Éléments reçus/2019"
    assert record.origin.startswith(f"imap://{box.user.replace('@', '%40')}@localhost/")
    assert record.origin.endswith(";UID=1")


def test_check_names_the_folders_that_can_be_read_and_proposes_the_useful_ones(box: Mail) -> None:
    for folder in ("Sent", "Drafts", "Junk", "Trash", "Archive", "Projets été", "A & B"):
        box.server.maildir(box.user, folder if folder.isascii() and "&" not in folder else "Other")
    with box.client() as client:
        client.create_folder("Projets été")
        client.create_folder("A & B")
    survey = box.driver().survey(box.account)
    assert {"INBOX", "Projets été", "A & B", "Trash"} <= set(survey.folders)
    assert survey.folders == driver().check(box.account)
    assert survey.proposed == ("INBOX", "Sent", "Archive")


def test_only_mail_since_the_chosen_day_comes(box: Mail) -> None:
    with box.client() as client:
        for day in (1, 15):
            client.append("INBOX", mail(f"d{day}"), msg_time=datetime(2026, 3, day, 12, tzinfo=UTC))
    box.vault.sources.edit(box.source, "Mail", {**box.account.config, "since": "2026-03-10"})
    assert box.sync().new == 1
    assert box.titles() == ["d15"]
    box.vault.sources.edit(box.source, "Mail", {**box.account.config, "since": None})
    assert box.sync().new == 1
    assert box.titles() == ["d1", "d15"]


def test_a_folder_that_is_not_there_costs_that_folder_only(box: Mail) -> None:
    box.append("one")
    box.vault.sources.edit(box.source, "Mail", {**box.account.config, "folders": ["INBOX", "Nowhere"]})
    synced = box.sync()
    assert synced.new == 1
    assert synced.failed == (("Nowhere", "The mail server does not have this folder any more."),)


def test_when_none_of_the_folders_is_there_it_fails(box: Mail) -> None:
    box.vault.sources.edit(box.source, "Mail", {**box.account.config, "folders": ["Nowhere"]})
    with pytest.raises(SyncFailed) as failure:
        box.sync()
    assert failure.value.code == "source-gone"


def test_a_folder_that_is_not_chosen_any_more_is_let_go(box: Mail) -> None:
    box.append("one")
    box.append("two", folder="Archive")
    box.sync()
    box.vault.sources.edit(box.source, "Mail", {**box.account.config, "folders": ["INBOX"]})
    box.sync()
    assert box.ledger.parts() == ["INBOX"]
    box.now += 8 * 86400
    assert box.sync().gone == 1
    assert box.titles() == ["one"]


def test_the_same_mail_in_two_accounts_is_one_record(box: Mail, server: Dovecot, users: Iterator[str]) -> None:
    other = Mail(server, next(users), box.vault, server.port)
    box.append("both", "mine")
    other.append("both", "theirs")
    assert (box.sync().new, other.sync().new) == (2, 1)
    assert box.titles() == ["both", "mine", "theirs"]


def test_a_full_mailbox_is_still_read(vault: Vault) -> None:
    for server in serve():
        server.add_user("full@example.org", quota="10K")
        box = Mail(server, "full@example.org", vault, server.port)
        box.append("one")
        with box.client() as client, pytest.raises(client.Error, match="OVERQUOTA"):
            client.append("INBOX", mail("two", "x" * 100_000))
        assert box.sync().new == 1


def test_stopping_ends_a_sync_at_once_and_the_next_one_goes_on(box: Mail) -> None:
    fill(box, 250)
    stopped = threading.Event()
    box.stop = stopped.is_set
    ends: list[float] = []

    def stop_soon(done: int, *_: object) -> None:
        if done >= 100 and not ends:
            ends.append(time.monotonic() + 0.3)
            threading.Timer(0.3, stopped.set).start()

    with Proxy(box.port, rate=200_000) as slow:
        box.vault.sources.edit(box.source, "Mail", {**box.account.config, "port": slow.port})
        first = box.sync(stop_soon)
        assert time.monotonic() - ends[0] < 1.5
        assert 0 < first.new < 250
        stopped.clear()
        box.vault.sources.edit(box.source, "Mail", {**box.account.config, "port": box.port})
    assert first.new + box.sync().new == 250


def test_a_slow_line_brings_everything(box: Mail) -> None:
    fill(box, 20, size=10_000)
    with Proxy(box.port, rate=100_000) as slow:
        box.vault.sources.edit(box.source, "Mail", {**box.account.config, "port": slow.port})
        assert box.sync().new == 20


def test_a_line_that_is_cut_again_and_again_brings_everything_once(box: Mail) -> None:
    fill(box, 400)
    codes: list[str] = []
    while box.vault.library.counts().records < 400:
        assert len(codes) < 20
        with Proxy(box.port, cut_after=600_000) as cut:
            box.vault.sources.edit(box.source, "Mail", {**box.account.config, "port": cut.port})
            try:
                box.sync()
            except SyncFailed as failure:
                codes.append(failure.code)
    assert set(codes) == {"source-unreachable"}
    assert box.vault.library.counts().records == len(set(box.titles())) == 400


def test_a_server_that_is_killed_while_it_answers_costs_nothing(vault: Vault) -> None:
    for server in serve():
        box = Mail(server, "user0@example.org", vault, server.port)
        fill(box, 300)
        killed: list[int] = []

        def kill(done: int, *_: object, server: Dovecot = server, killed: list[int] = killed) -> None:
            if done >= 100 and not killed:
                killed.append(done)
                server.kill()

        with pytest.raises(SyncFailed) as failure:
            box.sync(kill)
        assert failure.value.code == "source-unreachable"
        assert 100 <= vault.library.counts().records < 300
        with pytest.raises(SyncFailed) as refused:
            box.sync()
        assert refused.value.code == "source-unreachable"
        server.start()
        box.sync()
        assert vault.library.counts().records == len(set(box.titles())) == 300


def test_a_sync_that_is_killed_loses_nothing_it_stored(box: Mail, tmp_path: Path) -> None:
    fill(box, 300)
    path, source = box.vault.path, box.source
    box.vault.close()
    command = [sys.executable, "-m", "tests.interop.sync_once", str(path), str(source)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(KEY.hex() + "\n")
        child.stdin.flush()
        told = 0
        for line in child.stdout:
            told = int(line)
            if told >= 100:
                child.kill()
                break
    with Vault.open(path, KEY) as vault:
        kept = vault.library.counts().records
        assert told <= kept < 300
        again = Mail.__new__(Mail)
        again.__dict__.update(box.__dict__, vault=vault)
        assert again.sync().new == 300 - kept
        assert len(set(again.titles())) == 300
