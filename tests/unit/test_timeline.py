"""What came in, by the person's own days."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from storage.ledger import Item, Ledger
from storage.library import Library
from storage.records import Record
from storage.timeline import arrivals
from storage.vault import Vault
from tests.unit.vault_fixtures import path_fixture, vault_fixture  # noqa: F401


@pytest.fixture(autouse=True)
def _paris() -> Iterator[None]:
    """A zone with summer time, where midnight is not midnight UTC."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Europe/Paris"
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


def at(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def note(title: str, date: float | None = None) -> Record:
    return Record("note", title, f"About {title}.", date=date)


def by_hand(vault: Vault, moment: str, *records: Record) -> None:
    Library(vault._database, vault.vectors, lambda: at(moment)).add(records)


def by_source(vault: Vault, source: int, moment: str, *records: Record) -> None:
    ledger = Ledger(vault._database, vault.vectors, source, lambda: at(moment))
    ledger.store("", [Item(record.title, "1", record) for record in records])


def test_each_day_is_told_by_source_and_kind_with_its_last_few(vault: Vault) -> None:
    source = vault.sources.add("notes", "My notes", {}, {})
    by_source(
        vault, source, "2026-03-02 10:00", *(note(f"n{number}", at("2026-01-01") + number) for number in range(5))
    )
    by_hand(vault, "2026-03-02 11:00", Record("mail", "Quince", "Ripe.", date=1.0))
    found = arrivals(vault, 7)
    assert [(one.day, one.source, one.name, one.kind, one.count) for one in found] == [
        ("2026-03-02", source, "My notes", "note", 5),
        ("2026-03-02", 0, "", "mail", 1),
    ]
    assert [line.title for line in found[0].latest] == ["n4", "n3", "n2"]


def test_a_day_ends_at_local_midnight(vault: Vault) -> None:
    by_hand(vault, "2026-03-02 23:59", note("late"))
    by_hand(vault, "2026-03-03 00:01", note("early"))
    assert [(one.day, one.latest[0].title) for one in arrivals(vault, 7)] == [
        ("2026-03-03", "early"),
        ("2026-03-02", "late"),
    ]


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_a_day_of_23_or_25_hours_is_one_day(vault: Vault, day: str) -> None:
    by_hand(vault, f"{day} 00:30", note("first"))
    by_hand(vault, f"{day} 23:30", note("last"))
    assert [(one.day, one.count) for one in arrivals(vault, 7)] == [(day, 2)]


def test_only_as_many_days_as_asked_and_then_the_ones_before(vault: Vault) -> None:
    for number, day in enumerate(("2026-01-05", "2026-02-05", "2026-03-05")):
        by_hand(vault, f"{day} 12:00", note(f"n{number}"))
    first = arrivals(vault, 2)
    assert [one.day for one in first] == ["2026-03-05", "2026-02-05"]
    assert [one.day for one in arrivals(vault, 2, before=first[-1].day)] == ["2026-01-05"]


def test_an_event_far_ahead_is_not_forever_the_newest(vault: Vault) -> None:
    ahead = Record("event", "In ten years", "", date=at("2036-01-01"), ends=at("2036-01-02"))
    soon = Record("event", "Yesterday", "", date=at("2026-03-01"), ends=at("2026-03-02"))
    by_hand(vault, "2026-03-02 10:00", ahead)
    by_hand(vault, "2026-03-02 11:00", Record("event", "New", "", date=at("2027-01-01"), ends=at("2027-01-02")))
    by_hand(vault, "2026-03-02 11:30", soon)
    (one,) = arrivals(vault, 1)
    assert [line.title for line in one.latest] == ["New", "In ten years", "Yesterday"]


def test_an_empty_vault_has_no_days(vault: Vault) -> None:
    assert arrivals(vault, 7) == []


def test_a_source_that_was_removed_leaves_its_records_as_imported(vault: Vault) -> None:
    source = vault.sources.add("notes", "My notes", {}, {})
    by_source(vault, source, "2026-03-02 10:00", note("kept"))
    vault.sources.remove(source, keep=True)
    assert [(one.source, one.name) for one in arrivals(vault, 1)] == [(0, "")]


def test_what_is_no_day_is_refused(vault: Vault, tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        arrivals(vault, 1, before="yesterday")
