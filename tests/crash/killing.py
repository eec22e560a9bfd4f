"""Starting a child, killing it at a random moment, and what must hold of the vault afterwards."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from storage.vault import Vault
from tests.crash import child
from tests.crash.child import MODEL, opened
from tests.crash.forking import FORKING


@dataclass
class Killed:
    """`lines`: what was acknowledged, as words.  `seconds`: from "ready" to the end."""

    lines: list[list[str]]
    seconds: float
    finished: bool

    def words(self, first: str) -> list[str]:
        return [word for line in self.lines if line[0] == first for word in line[1:]]


def run(folder: Path, act: str, kill_after: float | None = None) -> Killed:
    """Run the act; kill it so many seconds after it said that it is ready."""
    errors = folder.with_suffix(".stderr")
    ours, theirs = FORKING.Pipe(duplex=False)
    process = FORKING.Process(target=child.run, args=(folder, act, theirs, errors))
    process.start()
    theirs.close()
    lines: list[list[str]] = []
    with open(ours.fileno(), encoding="utf-8", closefd=False) as said:
        first = said.readline()
        begun = time.monotonic()
        reader = threading.Thread(target=lambda: lines.extend(line.split() for line in said))
        reader.start()
        if kill_after is not None:
            process.join(kill_after)
            process.kill()
        process.join(120)
        reader.join()
    seconds, status = time.monotonic() - begun, process.exitcode
    process.close()
    ours.close()
    assert first == "ready\n", first + errors.read_text("utf-8")
    assert status in (0, -9), errors.read_text("utf-8")
    return Killed(lines, seconds, status == 0)


@dataclass
class Moments:
    """Random moments within an act, whose length is learnt from the runs that were not killed in time."""

    chance: random.Random
    length: dict[str, float] = field(default_factory=dict)
    kills: int = 0

    def kill(self, folder: Path, act: str) -> Killed:
        result = run(folder, act, self.chance.uniform(0, self.length.get(act, 0.2)))
        if result.finished:
            self.length[act] = max(result.seconds, 0.002)
        else:
            self.kills += 1
            self.length[act] = 1.5 * self.length.get(act, 0.2)  # a busy machine: later, so that it gets anywhere
        return result


def is_sound(folder: Path) -> None:
    """The vault opens, is whole, holds nothing twice, and its parts agree with each other."""
    with opened(folder) as vault:
        vault.check()
        agrees(vault)


def agrees(vault: Vault) -> None:
    with vault.read() as connection:

        def rows(sql: str) -> list[tuple[int, ...]]:
            return list(connection.execute(sql).fetchall())

        assert rows("SELECT external_id, digest FROM record GROUP BY 1, 2 HAVING count(*) > 1") == []
        assert rows("SELECT number FROM record WHERE number NOT IN (SELECT record FROM chunk)") == []
        assert rows("SELECT id FROM chunk WHERE record NOT IN (SELECT number FROM record)") == []
        assert rows("SELECT id FROM chunk EXCEPT SELECT rowid FROM chunk_terms") == []
        assert rows("SELECT rowid FROM chunk_terms EXCEPT SELECT id FROM chunk") == []
        assert rows("SELECT chunk FROM embedded WHERE chunk NOT IN (SELECT id FROM chunk)") == []
        assert rows("SELECT source, part, key FROM source_item WHERE source NOT IN (SELECT id FROM source)") == []
        embedded = {number for (number,) in rows(f"SELECT chunk FROM embedded WHERE model = '{MODEL}'")}
    in_blocks: list[int] = []
    for ids, matrix, dimensions in vault.vectors.blocks(MODEL):
        numbers = [int.from_bytes(ids[at : at + 8], "little") for at in range(0, len(ids), 8)]
        assert len(matrix) == len(numbers) * dimensions * 2
        in_blocks += numbers
    assert sorted(in_blocks) == sorted(embedded)
