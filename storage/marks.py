"""What mail was found to be: labels, a priority, whether it wants an answer.  The person's and their skills', in the
vault alone; a mail server learns nothing of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast, get_args

from storage import rows
from storage.database import Connection, Database, VaultError

Priority = Literal["", "low", "normal", "high"]
PRIORITIES: tuple[Priority, ...] = get_args(Priority)
MAX_LABELS = 20  # of one mail
MAX_LABEL = 60  # characters


@dataclass(frozen=True)
class Mark:
    """`skill`: who said so last, empty for the person.  `answer`: it wants one."""

    labels: tuple[str, ...] = ()
    priority: Priority = ""
    answer: bool = False
    skill: str = ""


class Marks:
    """Blocking; any thread.  Errors: VaultError `unknown-id` for a record that is not there."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def get(self, record: str) -> Mark | None:
        """None where nobody marked it."""
        with self._database.read() as connection:
            return _load(connection, rows.number(connection, record))

    def set(
        self,
        record: str,
        *,
        labels: Sequence[str] | None = None,
        priority: Priority | None = None,
        answer: bool | None = None,
        skill: str = "",
    ) -> tuple[Mark | None, Mark]:
        """Set what is given and leave the rest; returns what was before and what is now.  Errors: `bad-mark`."""
        with self._database.write() as connection:
            number = rows.number(connection, record)
            before = _load(connection, number)
            after = replace(before or Mark(), skill=skill)
            if labels is not None:
                after = replace(after, labels=_checked(labels))
            if priority is not None:
                if priority not in PRIORITIES:
                    raise VaultError("bad-mark", "a priority is low, normal or high")
                after = replace(after, priority=priority)
            if answer is not None:
                after = replace(after, answer=answer)
            self._store(connection, number, after)
        return before, after

    def restore(self, record: str, mark: Mark | None) -> None:
        """Put back what `set` said was before."""
        with self._database.write() as connection:
            number = rows.number(connection, record)
            if mark is None:
                connection.execute("DELETE FROM mark WHERE record = ?", (number,))
            else:
                self._store(connection, number, replace(mark, labels=_checked(mark.labels)))

    def _store(self, connection: Connection, number: int, mark: Mark) -> None:
        connection.execute(
            """INSERT OR REPLACE INTO mark (record, labels, priority, answer, skill, changed)
            VALUES (?, ?, ?, ?, ?, ?)""",
            (
                number,
                json.dumps(list(mark.labels), ensure_ascii=False),
                mark.priority,
                int(mark.answer),
                mark.skill,
                self._clock(),
            ),
        )


def of_row(labels: str, priority: str, answer: int, skill: str) -> Mark:
    """From the columns of a mark."""
    return Mark(tuple(json.loads(labels)), cast(Priority, priority), bool(answer), skill)


def _load(connection: Connection, number: int) -> Mark | None:
    row: Any = connection.execute(
        "SELECT labels, priority, answer, skill FROM mark WHERE record = ?", (number,)
    ).fetchone()
    return None if row is None else of_row(*row)


def _checked(labels: Sequence[str]) -> tuple[str, ...]:
    """Each once, without space around, in the order given."""
    found = tuple(dict.fromkeys(rows.clean(" ".join(label.split())) for label in labels))
    if len(found) > MAX_LABELS or not all(0 < len(one) <= MAX_LABEL and one.isprintable() for one in found):
        raise VaultError("bad-mark", f"a mail has up to {MAX_LABELS} labels of up to {MAX_LABEL} characters")
    return found
