"""The disk is full while two nodes negotiate, and has room again: nothing is lost, nothing is done twice."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio

from storage.database import Connection, Database, VaultError
from tests.protocol.negotiator_fixtures import TASK, Party, Wire, call, deadlines

FULL_FOR = 3  # transactions that cannot be kept


class Disk:
    """Full from its `full_from`-th transaction on, for `FULL_FOR` of them; None: it has room."""

    def __init__(self) -> None:
        self.full_from: int | None = None
        self.count = 0
        self.refused = 0

    def take(self) -> None:
        if self.full_from is None:
            return
        self.count += 1
        if self.full_from <= self.count < self.full_from + FULL_FOR:
            self.refused += 1
            raise VaultError("disk-full", "the disk is full")


@pytest.fixture(name="disk")
def disk_fixture(monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk, write = Disk(), Database.write

    @contextlib.contextmanager
    def writing(self: Database) -> Iterator[Connection]:
        with write(self) as connection:
            yield connection
            disk.take()

    monkeypatch.setattr(Database, "write", writing)
    monkeypatch.setattr("p2p.delivery.FIRST_PAUSE", 0.02)
    monkeypatch.setattr("p2p.negotiator.RETRY", 0.02)
    return disk


@pytest.mark.parametrize("number", range(1, 13))
async def test_a_task_goes_on_when_there_is_room_again(tmp_path: Path, disk: Disk, number: int) -> None:
    wire = Wire()
    alice, bob = Party(tmp_path, wire), Party(tmp_path, wire)
    async with bob.open(), alice.open() as node:
        await node.announce(TASK, "echo", call(), (bob.id,), deadlines())
        disk.full_from = number
        with trio.fail_after(60):
            while not alice.deciding.changes[-1].outcome:
                await alice.deciding.news.wait()
        ended = alice.deciding.changes[-1]
        other = [change.outcome for change in bob.deciding.changes]
    begun = bob.deciding.worked
    assert (ended.outcome, begun) in (("done", [TASK]), ("failed", [])), "it is done, or was never begun"
    assert other[-1] == ended.outcome


async def test_a_task_that_cannot_be_kept_is_not_announced(tmp_path: Path, disk: Disk) -> None:
    wire = Wire()
    alice, bob = Party(tmp_path, wire), Party(tmp_path, wire)
    async with bob.open(), alice.open() as node:
        disk.full_from = 1
        with pytest.raises(VaultError, match="full"):
            await node.announce(TASK, "echo", call(), (bob.id,), deadlines())
        disk.full_from = None
        await node.announce(TASK, "echo", call(), (bob.id,), deadlines())
        await alice.deciding.until("done")
    assert bob.deciding.worked == [TASK]
