"""What skills keep for themselves between runs; what was read before it was written follows it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from storage import gaps, rows
from storage.database import Connection, Database, VaultError
from storage.gaps import Traces

MAX_KEYS = 200  # of one skill
MAX_KEY = 200  # characters
MAX_VALUE = 64 * 1024  # bytes of JSON


class Kept:
    """Blocking; any thread.  Errors: VaultError `kept-too-much` where a skill would keep more than it may."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def get(self, skill: str, key: str) -> tuple[Any, dict[str, Any]] | None:
        """The value, and what it rests on as it was set; None where nothing is kept."""
        with self._database.read() as connection:
            row = connection.execute("SELECT value, taint FROM kept WHERE skill = ? AND key = ?", (skill, key))
            found = row.fetchone()
        return None if found is None else (json.loads(found[0]), json.loads(found[1]))

    def set(self, skill: str, key: str, value: Any, taint: Mapping[str, Any]) -> None:
        """`value` is JSON; None removes it.  `taint`: as `agent.taint.Taint.to_plain` gives it."""
        text = rows.clean(json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")))
        with self._database.write() as connection:
            if value is None:
                connection.execute("DELETE FROM kept WHERE skill = ? AND key = ?", (skill, key))
                return
            (others,) = connection.execute(
                "SELECT count(*) FROM kept WHERE skill = ? AND key <> ?", (skill, key)
            ).fetchone()
            if others >= MAX_KEYS or len(key) > MAX_KEY or len(text.encode()) > MAX_VALUE:
                raise VaultError("kept-too-much", "a skill keeps at most 200 values of 64 KiB")
            connection.execute(
                "INSERT OR REPLACE INTO kept (skill, key, value, taint, changed) VALUES (?, ?, ?, ?, ?)",
                (skill, key, text, rows.clean(json.dumps(dict(taint), ensure_ascii=False)), self._clock()),
            )

    def keys(self, skill: str) -> list[str]:
        with self._database.read() as connection:
            found = connection.execute("SELECT key FROM kept WHERE skill = ? ORDER BY key", (skill,))
            return [key for (key,) in found]

    def taint(self, skill: str) -> list[dict[str, Any]]:
        """What all of a skill's values rest on: their keys may say something of it too."""
        with self._database.read() as connection:
            found = connection.execute("SELECT DISTINCT taint FROM kept WHERE skill = ?", (skill,))
            return [json.loads(taint) for (taint,) in found]

    def clear(self, skill: str) -> None:
        """The skill was removed."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM kept WHERE skill = ?", (skill,))
        self._database.checkpoint()


def said(connection: Connection) -> Iterator[str]:
    """Every text in which something of a record may stand."""
    for key, value, taint in connection.execute("SELECT key, value, taint FROM kept").fetchall():
        yield key
        yield from gaps.strings(json.loads(value))
        yield from gaps.strings(json.loads(taint))


def forget(connection: Connection, names: Collection[str], traces: Traces) -> None:
    """Within a write, before the records go: what was made from them goes whole, and so does what repeats them: half a
    value would not be what the skill wrote."""
    for skill, key, value, taint in connection.execute("SELECT skill, key, value, taint FROM kept").fetchall():
        rests = json.loads(taint)
        made = any(source[1] in names for source in rests.get("sources", ()))
        if made or any(
            gaps.without_runs(text, traces) != text for text in gaps.strings([key, json.loads(value), rests])
        ):
            connection.execute("DELETE FROM kept WHERE skill = ? AND key = ?", (skill, key))
