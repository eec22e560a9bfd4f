"""What skills are installed, byte for byte, what the person agreed to for each, and the catalogs they may come from."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from storage import rows
from storage.database import Connection, Database, VaultError

_SKILL = "name, version, digest, source, signer, permissions, enabled, revoked, installed, changed"
_CATALOG = 'id, address, name, trusted, sequence, "index", fetched, problem, detail'


@dataclass(frozen=True)
class Skill:
    """An installed skill.  Times: seconds since the epoch, UTC.

    `version`: empty for a folder of instructions.  `digest`: SHA-256, hexadecimal, of its files.  `source`: "bundled",
    a catalog's address, or the path it came from.  `signer`: its author's key id, or empty.  `permissions`: those that
    were agreed to.  `enabled`: it may run: the person wants it, and no catalog revoked it.  `revoked`: the reason.
    """

    name: str
    version: str
    digest: str
    source: str
    signer: str
    permissions: tuple[str, ...]
    enabled: bool
    revoked: str
    installed: float
    changed: float


@dataclass(frozen=True)
class Coming:
    """A skill to be installed; the fields are those of Skill.  `archive`: its files, packed."""

    name: str
    version: str
    digest: str
    source: str
    signer: str
    permissions: tuple[str, ...]
    archive: bytes


@dataclass(frozen=True)
class CatalogState:
    """`trusted`: ids of the keys that may sign it.  `index`: the signed file as it was read; None: never.

    `sequence`: the highest that was seen.  `problem`: the code of the last failure, `detail` its English sentence;
    both are empty after a success.
    """

    id: int
    address: str
    name: str
    trusted: tuple[str, ...]
    sequence: int
    index: bytes | None
    fetched: float | None
    problem: str
    detail: str


class Skills:
    """Blocking; any thread.  Errors: VaultError `unknown-skill` or `unknown-catalog` where one is named that is not
    there."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def list(self) -> list[Skill]:
        """By name."""
        with self._database.read() as connection:
            found = connection.execute(f"SELECT {_SKILL} FROM skill ORDER BY name").fetchall()  # noqa: S608
        return [_skill(row) for row in found]

    def find(self, name: str) -> Skill | None:
        """As `get`; None where there is none."""
        with self._database.read() as connection:
            return _found(connection, name)

    def get(self, name: str) -> Skill:
        found = self.find(name)
        if found is None:
            raise _unknown()
        return found

    def archive(self, name: str) -> bytes:
        """Its files, packed."""
        with self._database.read() as connection:
            row = connection.execute("SELECT archive FROM skill WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise _unknown()
        return bytes(row[0])

    def put(self, coming: Coming, before: str | None) -> Skill:
        """Install, or put in the place of the one whose digest is `before` (None: nothing of this name is there).

        What the person switched off stays off.  Errors: VaultError `skill-changed` where something else is installed
        under the name by now.
        """
        now = self._clock()
        with self._database.write() as connection:
            present = _found(connection, coming.name)
            if (present.digest if present else None) != before:
                raise VaultError("skill-changed", "another version of this skill was installed meanwhile")
            connection.execute(
                """INSERT INTO skill (name, version, digest, source, signer, permissions, archive, installed, changed)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)
                    ON CONFLICT (name) DO UPDATE SET version = ?2, digest = ?3, source = ?4, signer = ?5,
                    permissions = ?6, archive = ?7, changed = ?8, revoked = ''""",
                (
                    coming.name,
                    coming.version,
                    coming.digest,
                    rows.clean(coming.source),
                    coming.signer,
                    json.dumps(list(coming.permissions)),
                    coming.archive,
                    now,
                ),
            )
            made = _found(connection, coming.name)
        assert made is not None
        return made

    def remove(self, name: str) -> None:
        """Remove it with all that another skill of the same name must not inherit: what it kept, what it was run for,
        and the person's rules that allow it something."""
        with self._database.write() as connection:
            if not connection.execute("DELETE FROM skill WHERE name = ?", (name,)).rowcount:
                raise _unknown()
            connection.execute("DELETE FROM kept WHERE skill = ?", (name,))
            connection.execute("DELETE FROM fired WHERE skill = ?", (name,))
            connection.execute(
                """DELETE FROM rule WHERE json_extract(rule, '$.effect') = 'allow'
                    AND json_extract(rule, '$.skill') = ?""",
                (name,),
            )
        self._database.checkpoint()

    def set_enabled(self, name: str, enabled: bool) -> None:
        """As the person wants it; a revoked skill stays off all the same."""
        with self._database.write() as connection:
            changed = connection.execute("UPDATE skill SET enabled = ? WHERE name = ?", (int(enabled), name))
            if not changed.rowcount:
                raise _unknown()

    def set_revoked(self, reasons: Mapping[str, str]) -> bool:
        """By name, why a skill is revoked; all others are not.  Whether that changed anything."""
        changed = 0
        with self._database.write() as connection:
            for (name,) in connection.execute("SELECT name FROM skill").fetchall():
                changed += connection.execute(
                    "UPDATE skill SET revoked = ?1 WHERE name = ?2 AND revoked <> ?1",
                    (rows.clean(reasons.get(name, "")), name),
                ).rowcount
        return changed > 0

    # -- catalogs

    def catalogs(self) -> Sequence[CatalogState]:
        """In the order they were added."""
        with self._database.read() as connection:
            found = connection.execute(f"SELECT {_CATALOG} FROM catalog ORDER BY id").fetchall()  # noqa: S608
        return [_catalog(row) for row in found]

    def catalog(self, number: int) -> CatalogState:
        with self._database.read() as connection:
            row = connection.execute(f"SELECT {_CATALOG} FROM catalog WHERE id = ?", (number,)).fetchone()  # noqa: S608
        if row is None:
            raise _unknown_catalog()
        return _catalog(row)

    def add_catalog(self, address: str, trusted: Collection[str]) -> int:
        """A new catalog; its id is never used again.  Errors: VaultError `catalog-there`."""
        with self._database.write() as connection:
            if connection.execute("SELECT 1 FROM catalog WHERE address = ?", (rows.clean(address),)).fetchone():
                raise VaultError("catalog-there", "this catalog is there already")
            return connection.execute(
                "INSERT INTO catalog (address, trusted) VALUES (?, ?)",
                (rows.clean(address), json.dumps(sorted(trusted))),
            ).lastrowid

    def remove_catalog(self, number: int) -> None:
        """What came from it stays installed."""
        with self._database.write() as connection:
            if not connection.execute("DELETE FROM catalog WHERE id = ?", (number,)).rowcount:
                raise _unknown_catalog()

    def read_catalog(self, number: int, index: bytes, name: str, sequence: int, trusted: Collection[str]) -> None:
        """An index that was verified: keep it.  Errors: VaultError `catalog-rollback` where a newer one was read
        meanwhile."""
        with self._database.write() as connection:
            changed = connection.execute(
                """UPDATE catalog SET "index" = ?, name = ?, sequence = ?3, trusted = ?, fetched = ?, problem = '',
                    detail = ''
                    WHERE id = ? AND sequence <= ?3""",
                (index, rows.clean(name), sequence, json.dumps(sorted(trusted)), self._clock(), number),
            )
            if not changed.rowcount:
                raise VaultError("catalog-rollback", "the catalog is older than the one that was seen before")

    def failed_catalog(self, number: int, problem: str, detail: str) -> None:
        """The last index stays.  `problem`: a code, `detail` an English sentence."""
        with self._database.write() as connection:
            changed = connection.execute(
                "UPDATE catalog SET problem = ?, detail = ? WHERE id = ?", (problem, rows.clean(detail), number)
            )
            if not changed.rowcount:
                raise _unknown_catalog()


def _found(connection: Connection, name: str) -> Skill | None:
    row = connection.execute(f"SELECT {_SKILL} FROM skill WHERE name = ?", (name,)).fetchone()  # noqa: S608
    return None if row is None else _skill(row)


def _skill(row: Any) -> Skill:
    name, version, digest, source, signer, permissions, enabled, revoked, installed, changed = row
    may_run = bool(enabled) and not revoked
    granted = tuple(json.loads(permissions))
    return Skill(name, version, digest, source, signer, granted, may_run, revoked, installed, changed)


def _catalog(row: Any) -> CatalogState:
    number, address, name, trusted, sequence, index, *rest = row
    kept = None if index is None else bytes(index)
    return CatalogState(number, address, name, tuple(json.loads(trusted)), sequence, kept, *rest)


def _unknown() -> VaultError:
    return VaultError("unknown-skill", "this skill is not installed")


def _unknown_catalog() -> VaultError:
    return VaultError("unknown-catalog", "there is no such catalog")
