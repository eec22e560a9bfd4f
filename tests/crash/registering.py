"""A process that begins a chain of its own and registers an agent there, and ends itself at one of its writes.

`python -m tests.crash.registering FOLDER [WRITE [WHEN]]`: at the given write to the vault (from 1, counted from the
moment that it is open) it is killed, "before" the commit or "after" it.  Without one it prints how many it made.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trio

from app.actions import chain as chains
from storage.database import Connection, Database
from tests.unit.chains_fixtures import REGISTER, profile

KEY = "me/register"


class Writes:
    """Counts them, and kills this process at one."""

    def __init__(self, last: int, when: str) -> None:
        self.made = 0
        self._last, self._when = last, when
        self._whole = Database.write

    def count(self) -> None:
        whole = self._whole

        @contextmanager
        def counted(database: Database) -> Iterator[Connection]:
            with whole(database) as connection:
                yield connection
                self.made += 1
                self._die("before")
            self._die("after")

        Database.write = counted  # type: ignore[method-assign, assignment]

    def _die(self, when: str) -> None:
        if (self.made, when) == (self._last, self._when):
            os.kill(os.getpid(), signal.SIGKILL)


async def register(folder: Path, writes: Writes) -> None:
    async with profile(folder) as node:
        writes.count()
        await chains.use_chain(node, "rehearsal")
        await node.chains.call(KEY, REGISTER)
        sys.stdout.write(f"{writes.made}\n")


if __name__ == "__main__":
    given = sys.argv[2:]
    trio.run(register, Path(sys.argv[1]), Writes(int(given[0]), given[1]) if given else Writes(0, ""))
