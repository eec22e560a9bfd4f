"""Everything in open formats: complete, readable by other programs, and importable again."""

from __future__ import annotations

import hashlib
import json
import mailbox
from collections.abc import Iterator
from pathlib import Path

import pytest

from p2p.receipts import verified
from storage import open_export, sources
from storage.archive import ArchiveError
from storage.importer import import_paths
from storage.receipts import Said
from storage.records import Record
from storage.vault import Vault
from tests.paths import ROOT
from tests.unit.receipt_fixtures import receipt

SAMPLE = ROOT / "app" / "sample"


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with Vault.create(tmp_path / "vault.nuee", bytes(32)) as vault:
        import_paths(vault, [SAMPLE / "mail", SAMPLE / "notes"], sources.read)
        yield vault


def test_importing_it_again_gives_the_same_records(vault: Vault, tmp_path: Path) -> None:
    open_export.write(vault, tmp_path / "out")
    with Vault.create(tmp_path / "other.nuee", bytes(32)) as other:
        import_paths(other, [tmp_path / "out" / "mail", tmp_path / "out" / "notes"], sources.read)
        ids = [{line.id for line in one.library.page(limit=1000)[0]} for one in (vault, other)]
    assert ids[0] == ids[1]


def test_another_program_reads_the_mail(vault: Vault, tmp_path: Path) -> None:
    open_export.write(vault, tmp_path / "out")
    boxes = [mailbox.mbox(path, create=False) for path in (tmp_path / "out" / "mail").rglob("*.mbox")]
    found = sorted(str(message["Message-ID"]).strip("<>") for box in boxes for message in box)
    for box in boxes:
        box.close()
    with vault.read() as connection:
        stored = connection.execute("SELECT external_id FROM record WHERE kind = 'mail' ORDER BY 1").fetchall()
    assert found == [name for (name,) in stored]


def test_every_record_is_listed_with_its_file(vault: Vault, tmp_path: Path) -> None:
    written = open_export.write(vault, tmp_path / "out")
    lines = [json.loads(line) for line in (tmp_path / "out" / "records.jsonl").read_text("utf-8").splitlines()]
    assert len(lines) == written.records == vault.library.counts().records
    assert all((tmp_path / "out" / line["file"]).is_file() for line in lines)


def test_the_sums_are_those_of_the_files(vault: Vault, tmp_path: Path) -> None:
    open_export.write(vault, tmp_path / "out")
    for line in (tmp_path / "out" / "SHA256SUMS").read_text("utf-8").splitlines():
        digest, name = line.split("  ", 1)
        assert hashlib.sha256((tmp_path / "out" / name).read_bytes()).hexdigest() == digest


def test_a_line_that_begins_with_from_stays_one_message(vault: Vault, tmp_path: Path) -> None:
    raw = b"Message-ID: <f@example.org>\n\nHello\n\nFrom here on it rains.\n"
    record = Record("mail", "", "Hello\n\nFrom here on it rains.", external_id="f@example.org", folder="x", raw=raw)
    vault.library.add([record])
    open_export.write(vault, tmp_path / "out")
    (again,) = sources.read(tmp_path / "out" / "mail" / "x.mbox")
    assert isinstance(again, Record)
    assert "From here on it rains." in again.body


def test_names_that_leave_the_folder_stay_in_it(vault: Vault, tmp_path: Path) -> None:
    vault.library.add([Record("mail", "", "a", folder="../../evil"), Record("note", "../../evil", "b")])
    open_export.write(vault, tmp_path / "out")
    assert [path for path in tmp_path.iterdir() if "evil" in path.name] == []


def test_two_notes_of_one_name_are_two_files(vault: Vault, tmp_path: Path) -> None:
    vault.library.add([Record("note", "Same", "a"), Record("note", "same", "b")])
    open_export.write(vault, tmp_path / "out")
    assert {path.name for path in (tmp_path / "out" / "notes").glob("[Ss]ame*")} == {"Same.md", "same (2).md"}


def test_no_password_is_in_it(vault: Vault, tmp_path: Path) -> None:
    vault.sources.add("imap", "Work", {"host": "mail.example.org"}, {"password": "hunter2"})
    open_export.write(vault, tmp_path / "out")
    assert not any(b"hunter2" in path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file())


def test_nothing_is_left_of_a_cancelled_export(vault: Vault, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError):
        open_export.write(vault, tmp_path / "out", cancelled=lambda: True)
    assert not (tmp_path / "out").exists()


def test_a_folder_with_something_in_it_is_left_alone(vault: Vault, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(ArchiveError) as caught:
        open_export.write(vault, tmp_path)
    assert caught.value.code == "archive-exists"
    assert (tmp_path / "mine").read_text() == "precious"


def test_receipts_can_be_verified_as_they_lie_there(vault: Vault, tmp_path: Path) -> None:
    made = receipt()
    said = vault.receipts.said("ab" * 16, "initiator", "", [Said("bob", True, "accept-proposal", "propose", b"yes")])
    number = vault.outbox.begin("ab" * 16, "initiator", "", "inference", b"", within=[said])
    vault.outbox.step(number, b"", outcome="done")
    vault.receipts.keep(vault.receipts.due()[0], made.name, "done", ("", ""), made.data)
    open_export.write(vault, tmp_path / "out")
    (file,) = (tmp_path / "out" / "receipts").iterdir()
    assert verified(file.read_bytes()).name == made.name
    assert file.suffix == ".nuee-receipt"
