"""An import that was interrupted goes on where it stopped: nothing lost, nothing twice, nothing read again."""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from storage import progress
from storage.importer import Report, import_paths
from storage.progress import Mark, Resumed
from storage.records import Record
from storage.sources import Item, count, message, resumable
from storage.vault import Vault, VaultError
from tests.paths import ROOT
from tests.unit.vault_fixtures import KEY, note, path_fixture, vault_fixture  # noqa: F401

TOTAL = 400


def messages(first: int, last: int) -> bytes:
    return b"".join(
        b"From a@example.org Sat Mar 14 10:00:00 2026\nFrom: a@example.org\nSubject: %d\nMessage-ID: <%d@x>\n\n"
        b"The garden, number %d.\n\n" % (number, number, number)
        for number in range(first, last)
    )


@pytest.fixture
def box(tmp_path: Path) -> Path:
    file = tmp_path / "box.mbox"
    file.write_bytes(messages(0, TOTAL))
    return file


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The origins of all messages that are parsed from now on."""
    seen: list[str] = []
    real = message.parse

    def counting(raw: bytes, origin: str, *rest: object, **named: object) -> Record:
        seen.append(origin)
        return real(raw, origin, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(message, "parse", counting)
    return seen


def reader(vault: Vault) -> Callable[[Path], Iterator[Item]]:
    return functools.partial(resumable, marks=vault.library.import_mark)


def bring_in(vault: Vault, path: Path, stop_after: int | None = None) -> tuple[Report, list[tuple[int, int | None]]]:
    shown: list[tuple[int, int | None]] = []
    report = import_paths(
        vault,
        [path],
        reader(vault),
        lambda done, total, _item: shown.append((done, total)),
        lambda: stop_after is not None and len(shown) >= stop_after,
        count,
    )
    return report, shown


def titles(vault: Vault) -> set[int]:
    return {int(entry.title) for entry in vault.library.page(limit=10_000)[0]}


def test_a_cancelled_import_of_a_mailbox_goes_on_where_it_stopped(vault: Vault, box: Path, parsed: list[str]) -> None:
    bring_in(vault, box, stop_after=150)
    parsed.clear()
    report, _ = bring_in(vault, box)
    assert (report.imported, report.duplicates) == (TOTAL - 150, 0)
    assert parsed == [f"{box}#{number}" for number in range(151, TOTAL + 1)]
    assert titles(vault) == set(range(TOTAL))


def test_progress_shows_where_it_goes_on(vault: Vault, box: Path) -> None:
    bring_in(vault, box, stop_after=150)
    _, shown = bring_in(vault, box)
    assert (shown[0], shown[-1]) == ((150, TOTAL), (TOTAL, TOTAL))


def test_nothing_is_remembered_of_an_import_that_ended(vault: Vault, box: Path, parsed: list[str]) -> None:
    bring_in(vault, box, stop_after=150)
    assert vault.library.import_mark(str(box)) is not None
    bring_in(vault, box)
    assert vault.library.import_mark(str(box)) is None
    parsed.clear()
    report, _ = bring_in(vault, box)
    assert (len(parsed), report.duplicates) == (TOTAL, TOTAL)


@pytest.mark.parametrize("change", ["grown", "touched", "rewritten"])
def test_a_mailbox_that_changed_is_read_from_its_beginning(
    vault: Vault, box: Path, parsed: list[str], change: str
) -> None:
    bring_in(vault, box, stop_after=150)
    status = box.stat()
    if change == "grown":
        box.write_bytes(messages(0, TOTAL + 1))
    elif change == "touched":
        os.utime(box, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    else:
        box.write_bytes(messages(0, TOTAL).replace(b"garden", b"Garden"))
        os.utime(box, ns=(status.st_atime_ns, status.st_mtime_ns))
    parsed.clear()
    bring_in(vault, box)
    assert parsed[0] == f"{box}#1"


def test_position_and_records_are_stored_together_or_not_at_all(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object) -> None:
        raise VaultError("io", "the disk reported an error")

    monkeypatch.setattr(progress, "save", fail)
    with pytest.raises(VaultError):
        vault.library.add([note("a")], [Mark("/box", "f", 10, 1)])
    assert vault.library.counts().records == 0
    monkeypatch.undo()
    vault.library.add([note("a")], [Mark("/box", "f", 10, 1)])
    assert vault.library.import_mark("/box") == Mark("/box", "f", 10, 1)


def test_a_folder_of_many_files_goes_on_after_the_last_one_done(
    vault: Vault, tmp_path: Path, parsed: list[str]
) -> None:
    folder = tmp_path / "mail"
    folder.mkdir()
    for number in range(200):
        (folder / f"{number:03d}.eml").write_bytes(messages(number, number + 1).partition(b"\n")[2])
    bring_in(vault, folder, stop_after=120)
    parsed.clear()
    report, shown = bring_in(vault, folder)
    assert len(parsed) == 80
    assert titles(vault) == set(range(200))
    assert report.imported == 80
    assert shown[-1] == (200, 200)


def test_a_folder_where_an_earlier_file_changed_is_read_from_its_beginning(
    vault: Vault, tmp_path: Path, parsed: list[str]
) -> None:
    folder = tmp_path / "mail"
    folder.mkdir()
    for number in range(100):
        (folder / f"{number:03d}.eml").write_bytes(messages(number, number + 1).partition(b"\n")[2])
    bring_in(vault, folder, stop_after=90)
    (folder / "005.eml").write_bytes(messages(555, 556).partition(b"\n")[2])
    parsed.clear()
    bring_in(vault, folder)
    assert len(parsed) == 100
    assert 555 in titles(vault)


def test_a_mailbox_within_a_folder_goes_on_within(vault: Vault, tmp_path: Path, parsed: list[str]) -> None:
    folder = tmp_path / "mail"
    folder.mkdir()
    (folder / "a.mbox").write_bytes(messages(0, 100))
    (folder / "b.mbox").write_bytes(messages(100, 300))
    bring_in(vault, folder, stop_after=170)
    parsed.clear()
    report, shown = bring_in(vault, folder)
    assert (report.imported, report.duplicates, len(parsed)) == (130, 0, 130)
    assert shown[-1] == (300, 300)
    assert titles(vault) == set(range(300))


def test_a_mailbox_within_an_archive_goes_on_within(vault: Vault, tmp_path: Path, parsed: list[str]) -> None:
    file = tmp_path / "takeout-1.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Takeout/Mail/All.mbox", messages(0, 300))
    bring_in(vault, file, stop_after=170)
    parsed.clear()
    report, _ = bring_in(vault, file)
    assert (report.imported, report.duplicates, len(parsed)) == (130, 0, 130)
    assert titles(vault) == set(range(300))


def test_reading_without_marks_yields_records_that_marks_follow(box: Path) -> None:
    first, after, *_ = resumable(box)
    assert isinstance(first, Record)
    assert isinstance(after, Mark)
    assert not any(isinstance(item, Resumed) for item in resumable(box))


CHILD = """
import functools, sys
from pathlib import Path
from storage.importer import import_paths
from storage.sources import resumable
from storage.vault import Vault
vault = Vault.open(Path(sys.argv[1]), bytes.fromhex(sys.stdin.readline()))
def progress(done, total, item):
    print(done, flush=True)
import_paths(vault, [Path(sys.argv[2])], functools.partial(resumable, marks=vault.library.import_mark), progress)
"""


@pytest.mark.parametrize("kill_at", [70, 200, 333])
def test_a_process_that_was_killed_loses_nothing_and_reads_nothing_twice(
    path: Path, box: Path, parsed: list[str], kill_at: int
) -> None:
    Vault.create(path, KEY).close()
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path), str(box)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(KEY.hex().encode() + b"\n")
    child.stdin.flush()
    while int(child.stdout.readline()) < kill_at:
        pass
    child.send_signal(signal.SIGKILL)
    child.wait(10)
    child.stdin.close()
    child.stdout.close()
    with Vault.open(path, KEY) as vault:
        mark = vault.library.import_mark(str(box))
        stored = vault.library.counts().records
        assert mark is not None
        assert mark.number == stored > 0
        report, _ = bring_in(vault, box)
        assert (report.imported, report.duplicates) == (TOTAL - stored, 0)
        assert len(parsed) == TOTAL - stored
        assert titles(vault) == set(range(TOTAL))
        assert vault.library.counts().records == TOTAL
