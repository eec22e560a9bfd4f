"""Importing: batches, progress, cancel, and what happens to what cannot be read."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import rows
from storage.importer import BATCH_RECORDS, Report, import_paths
from storage.records import Broken, Record
from storage.vault import Vault, VaultError
from tests.unit.vault_fixtures import note, path_fixture, vault_fixture  # noqa: F401


@pytest.fixture
def box(tmp_path: Path) -> Path:
    folder = tmp_path / "box"
    folder.mkdir()
    return folder


def notes(count: int, start: int = 0) -> list[Record]:
    return [note(f"Note {number}", f"Text {number}.", origin=f"box#{number}") for number in range(start, start + count)]


def test_everything_read_is_in_the_vault(vault: Vault, box: Path) -> None:
    count = 2 * BATCH_RECORDS + 3
    report = import_paths(vault, [box], lambda _: iter(notes(count)))
    assert (report.imported, report.duplicates, report.failed, report.cancelled) == (count, 0, (), False)
    assert report.seconds > 0
    assert vault.library.counts().records == count


def test_a_second_import_finds_only_duplicates(vault: Vault, box: Path) -> None:
    import_paths(vault, [box], lambda _: iter(notes(5)))
    report = import_paths(vault, [box], lambda _: iter(notes(6)))
    assert (report.imported, report.duplicates) == (1, 5)


def test_a_broken_message_never_stops_the_rest(vault: Vault, box: Path) -> None:
    def read(_: Path) -> Iterator[Record | Broken]:
        yield from notes(2)
        yield Broken("box#2", "It has no end.")
        yield from notes(2, start=3)

    report = import_paths(vault, [box], read)
    assert report.imported == 4
    assert report.failed == (("box#2", "It has no end."),)


def test_failures_are_listed_in_the_vault(vault: Vault, box: Path) -> None:
    import_paths(vault, [box], lambda _: iter([Broken("box#0", "It has no end.")]))
    assert [(one.path, one.reason) for one in vault.library.failures()] == [("box#0", "It has no end.")]


def test_a_path_that_is_not_there_is_a_failure_and_the_next_is_read(vault: Vault, box: Path) -> None:
    report = import_paths(vault, [box / "absent", box], lambda _: iter(notes(1)))
    assert report.imported == 1
    assert report.failed == ((str(box / "absent"), "There is no such file or folder."),)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PermissionError(13, "Permission denied"), "It cannot be read: Permission denied."),
        (RuntimeError("private text of a mail"), "It cannot be read (RuntimeError)."),
    ],
)
def test_a_source_that_fails_keeps_what_it_read_and_the_next_is_read(
    vault: Vault, box: Path, error: Exception, reason: str
) -> None:
    def read(path: Path) -> Iterator[Record | Broken]:
        if path == box:
            yield from notes(1)
            raise error
        yield from notes(1, start=1)

    report = import_paths(vault, [box, box.parent], read)
    assert report.imported == 2
    assert report.failed == ((str(box), reason),)


def test_a_record_that_cannot_be_stored_does_not_take_its_batch_with_it(
    vault: Vault, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = rows.prepare

    def fail_on_one(record: Record) -> rows.Prepared:
        if record.title == "Note 3":
            raise RecursionError
        return prepare(record)

    monkeypatch.setattr(rows, "prepare", fail_on_one)
    report = import_paths(vault, [box], lambda _: iter(notes(6)))
    assert report.imported == 5
    assert report.failed == (("box#3", "It cannot be stored (RecursionError)."),)


def test_progress_counts_to_the_total_and_names_the_item(vault: Vault, box: Path) -> None:
    seen: list[tuple[int, int | None, str]] = []
    import_paths(vault, [box], lambda _: iter(notes(3)), lambda *progress: seen.append(progress), count=lambda _: 3)
    assert seen == [(1, 3, "box#0"), (2, 3, "box#1"), (3, 3, "box#2")]


def test_the_total_is_unknown_when_one_path_cannot_tell(vault: Vault, box: Path) -> None:
    totals: set[int | None] = set()
    import_paths(
        vault,
        [box, box.parent],
        lambda _: iter(notes(1)),
        lambda _done, total, _item: totals.add(total),
        count=lambda path: 1 if path == box else None,
    )
    assert totals == {None}


def cancelled_after(vault: Vault, box: Path, count: int, total: int) -> tuple[Report, list[str]]:
    closed: list[str] = []
    done: list[int] = []

    def read(_: Path) -> Iterator[Record | Broken]:
        try:
            yield from notes(total)
        finally:
            closed.append("closed")

    report = import_paths(
        vault, [box, box], read, lambda *progress: done.append(progress[0]), lambda: len(done) >= count
    )
    return report, closed


def test_cancel_keeps_what_was_imported_and_reads_no_further(vault: Vault, box: Path) -> None:
    report, closed = cancelled_after(vault, box, 70, 200)
    assert (report.imported, report.cancelled) == (70, True)
    assert vault.library.counts().records == 70
    assert closed == ["closed"]


def test_importing_again_after_cancel_continues(vault: Vault, box: Path) -> None:
    cancelled_after(vault, box, 70, 200)
    report = import_paths(vault, [box], lambda _: iter(notes(200)))
    assert (report.imported, report.duplicates) == (130, 70)


def test_at_most_one_batch_is_held(vault: Vault, box: Path) -> None:
    ahead: list[int] = []

    def read(_: Path) -> Iterator[Record | Broken]:
        for number, record in enumerate(notes(5 * BATCH_RECORDS)):
            ahead.append(number - vault.library.counts().records)
            yield record

    import_paths(vault, [box], read)
    assert max(ahead) <= BATCH_RECORDS


def test_large_records_are_stored_before_they_pile_up(vault: Vault, box: Path) -> None:
    ahead: list[int] = []

    def read(_: Path) -> Iterator[Record | Broken]:
        for number in range(6):
            ahead.append(number - vault.library.counts().records)
            yield note(f"Large {number}", "Text.", raw=bytes(700_000))

    import_paths(vault, [box], read)
    assert max(ahead) <= 2


def test_a_full_disk_ends_the_import_and_keeps_what_was_stored(vault: Vault, box: Path) -> None:
    def read(_: Path) -> Iterator[Record | Broken]:
        yield from notes(BATCH_RECORDS)
        writer = vault._database._writer
        writer.execute(f"PRAGMA max_page_count = {writer.execute('PRAGMA page_count').fetchone()[0]}")
        yield note("Large", "Text.", raw=secrets.token_bytes(2_000_000))

    with pytest.raises(VaultError) as caught:
        import_paths(vault, [box], read)
    assert caught.value.code == "disk-full"
    assert vault.library.counts().records == BATCH_RECORDS


def test_a_search_answers_during_an_import(vault: Vault, box: Path) -> None:
    vault.library.add([note("Garden", "Tomatoes want sun.")])
    paused, go_on = threading.Event(), threading.Event()

    def read(_: Path) -> Iterator[Record | Broken]:
        yield from notes(BATCH_RECORDS + 1)
        paused.set()
        assert go_on.wait(10)

    importing = threading.Thread(target=import_paths, args=(vault, [box], read))
    importing.start()
    assert paused.wait(10)
    assert len(vault.library.match('"tomato"', 5)) == 1
    assert vault.library.counts().records == BATCH_RECORDS + 1
    go_on.set()
    importing.join(10)
    assert vault.library.counts().records == BATCH_RECORDS + 2
