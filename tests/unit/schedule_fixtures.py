"""A schedule over a real vault, with a clock that tests turn and a driver that really reads a folder."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import trio
import trio.testing

from app.power import Power
from app.schedule import Schedule
from app.source_results import SourceChanged
from app.surroundings import Surroundings
from app.syncing import Syncing
from storage.ledger import Item, Ledger
from storage.records import Record
from storage.source_store import Source
from storage.sources import read
from storage.sync import Account, Driver, Report, SourceKind, Stop, Synced, SyncFailed
from storage.vault import Vault

KEY = bytes(range(32))
BEGINNING = 1_700_000_000.0
PATIENCE = 20.0  # real seconds that a test waits for a thread


class FolderDriver:
    """Reads the folder `path`: file by file into the ledger.  Thread-safe as far as the tests look into it.

    `broken`: what a sync of that kind raises.  `gate`: where set, a sync waits there, deaf to `stop` if `deaf`.
    """

    def __init__(self) -> None:
        self.began: list[int] = []  # ids of sources, one for each sync
        self.now: dict[str, int] = {}  # syncs that run, by server
        self.most: dict[str, int] = {}  # the most that ran at a time
        self.broken: dict[int, BaseException] = {}
        self.gate: threading.Event | None = None
        self.deaf = False
        self.hanging: threading.Event | None = None  # a check waits for it
        self.again: float | None = None
        self.watching: dict[int, Callable[[], None]] = {}
        self.watches = 0
        self.watch_fails = False
        self._lock = threading.Lock()

    def check(self, account: Account) -> tuple[str, ...]:
        self._fail(account)
        if self.hanging is not None:
            self.hanging.wait(PATIENCE)
        if not Path(str(account.config["path"])).is_dir():
            raise SyncFailed("source-gone", "The folder is not there.")
        return ()

    def sync(self, account: Account, ledger: Ledger, report: Report, stop: Stop) -> Synced:
        server = str(account.config.get("host", ""))
        with self._lock:
            self.began.append(account.id)
            for key in (server, "all"):
                self.now[key] = self.now.get(key, 0) + 1
                self.most[key] = max(self.most.get(key, 0), self.now[key])
        try:
            if self.gate is not None:
                _wait(self.gate, (lambda: False) if self.deaf else stop)
            self._fail(account)
            return self._read(account, ledger, report)
        finally:
            with self._lock:
                for key in (server, "all"):
                    self.now[key] -= 1

    def watch(self, account: Account, changed: Callable[[], None], stop: Stop) -> None:
        self.watches += 1
        if self.watch_fails:
            raise SyncFailed("source-unreachable", "The connection was lost.")
        self.watching[account.id] = changed
        try:
            _wait(threading.Event(), stop)
        finally:
            del self.watching[account.id]

    def _fail(self, account: Account) -> None:
        account.secret("password")
        if account.id in self.broken:
            raise self.broken[account.id]

    def _read(self, account: Account, ledger: Ledger, report: Report) -> Synced:
        known = ledger.known("")
        items = []
        for record in read(Path(str(account.config["path"]))):
            assert isinstance(record, Record)
            version = record.digest().hex()
            if known.get(record.origin) != version:
                items.append(Item(record.origin, version, record))
        kept = ledger.store("", items)
        report(len(items), len(items), "")
        return Synced(kept.new, kept.changed, again=self.again)


def _wait(event: threading.Event, stop: Stop) -> None:
    deadline = time.monotonic() + PATIENCE
    while not event.wait(0.005) and not stop() and time.monotonic() < deadline:
        pass


async def until(happened: Callable[[], bool]) -> None:
    """Wait for threads, in real time; a turned clock stands still meanwhile."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        await trio.to_thread.run_sync(time.sleep, 0.003)


class World:
    """A vault with its schedule.  `clock` stands still until a test turns it."""

    def __init__(self, folder: Path, vault: Vault, nursery: trio.Nursery, clock: trio.testing.MockClock) -> None:
        self.folder = folder
        self.vault = vault
        self.clock = clock
        self.driver = FolderDriver()
        self.power = Power(networks=frozenset({"192.0.2.1"}))
        self.slow: threading.Event | None = None  # the schedule's look waits for it, between reading and acting
        self.looking = threading.Event()
        self.airplane = False
        self.held: list[bool] = []
        self.events: list[object] = []
        self.nudges = 0
        self.numbers: list[int] = []
        around = Surroundings(self.now, lambda: 0.5, self._power, self._driver)
        self.syncing = Syncing(nursery, self.events.append, self._nudge, around)
        self.schedule = Schedule(nursery, self.syncing, lambda: self.airplane, self.held.append, around)

    def now(self) -> float:
        return BEGINNING + self.clock.current_time()

    def _power(self) -> Power:
        """Asked when the sources have been read, in the schedule's look at them."""
        if self.slow is not None:
            self.looking.set()
            self.slow.wait(PATIENCE)
        return self.power

    def _driver(self, _kind: str) -> Driver:
        return self.driver

    def _nudge(self) -> None:
        self.nudges += 1

    def open(self) -> None:
        self.syncing.attach(self.vault)
        self.schedule.attach(self.vault)

    async def lock(self) -> None:
        """As the node does it."""
        await self.schedule.detach()
        await self.syncing.leave()
        self.vault.close()

    def add(self, name: str = "notes", kind: SourceKind = "feed", host: str = "") -> int:
        """A source over a folder with one note; a feed unless said otherwise, which is not watched."""
        path = self.folder / name
        path.mkdir()
        (path / "first.md").write_text(f"# First of {name}\n\nThe quince is ripe.\n")
        config = {"path": str(path), **({"host": host} if host else {})}
        number = self.vault.sources.add(kind, name, config, {"password": "hunter2hunter2"})
        self.numbers.append(number)
        self.schedule.nudge(number)
        return number

    def note(self, name: str, file: str, text: str) -> None:
        (self.folder / name / file).write_text(text)

    def source(self, number: int) -> Source:
        return self.vault.sources.get(number)

    def titles(self) -> set[str]:
        return {entry.title for entry in self.vault.library.page()[0]}

    def ended(self) -> int:
        """How many syncs have ended: each is told of at its beginning and at its end."""
        return sum(isinstance(event, SourceChanged) for event in self.events) // 2

    async def turn(self, seconds: float) -> None:
        """Let time pass, and the schedule look around and do what it finds, until nothing more happens."""
        self.clock.jump(seconds)
        await self.settle()

    async def settle(self) -> None:
        """The schedule has looked at the sources as they are now, and no sync runs that nothing holds up."""
        while True:
            before = len(self.driver.began)
            for _ in range(2):  # a look that was under way may not have seen what the test just did
                seen = self.schedule.conditions
                self.schedule.nudge()
                await until(lambda seen=seen: self.schedule.conditions is not seen)  # type: ignore[misc]
                await trio.testing.wait_all_tasks_blocked()
            if self.driver.gate is None:
                await until(lambda: not any(map(self.syncing.running, self.numbers)))
            if len(self.driver.began) == before:
                return


@asynccontextmanager
async def world(folder: Path, clock: trio.testing.MockClock) -> AsyncIterator[World]:
    """An open vault with a schedule that runs."""
    with Vault.create(folder / "vault.nuee", KEY) as vault:
        async with trio.open_nursery() as nursery:
            made = World(folder, vault, nursery, clock)
            made.open()
            made.schedule.start()
            yield made
            if made.driver.gate is not None:
                made.driver.gate.set()
            await made.lock()
            nursery.cancel_scope.cancel()


def low(world: World) -> Power:
    return replace(world.power, plugged=False, percent=12.0)
