"""What a chain tells of work that was paid for and of what was said of it, kept so that it is read once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from storage.database import Database

MOST = 50_000  # jobs, and entries of feedback, of one contract: the newest
_FORGET = (
    """DELETE FROM paid_job WHERE chain = ?1 AND block < (SELECT block FROM paid_job WHERE chain = ?1
    ORDER BY block DESC LIMIT 1 OFFSET ?2)""",
    """DELETE FROM given_feedback WHERE chain = ?1 AND block < (SELECT block FROM given_feedback WHERE chain = ?1
    ORDER BY block DESC LIMIT 1 OFFSET ?2)""",
)


@dataclass(frozen=True)
class JobRow:
    """A job that was paid out.  Addresses in lower case; `paid_in`: hash of the transaction."""

    job: int
    client: str
    provider: str
    amount: int
    paid_in: str


@dataclass(frozen=True)
class GivenRow:
    """An entry that stands.  `value`: 0 to 1; `paid_in`, `receipt`: what it claims, "" for nothing."""

    agent: int
    rater: str
    value: float
    paid_in: str
    receipt: str


@dataclass(frozen=True)
class Page:
    """What was read from some blocks.  `funded`: job, client, block; `paid`: job, provider, amount, transaction, block;
    `given`: agent, rater, number, value, transaction, receipt, block; `revoked`: agent, rater, number."""

    funded: Sequence[tuple[int, str, int]] = ()
    paid: Sequence[tuple[int, str, int, str, int]] = ()
    given: Sequence[tuple[int, str, int, float, str, str, int]] = ()
    revoked: Sequence[tuple[int, str, int]] = ()


class PaidWork:
    """Blocking; any thread.  `chain`: names chain and contract.  Errors: VaultError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read_until(self, chain: str) -> tuple[int, int] | None:
        """The block from which on it was read, and the next to be read; None where nothing was."""
        with self._database.read() as connection:
            row = connection.execute("SELECT first, next FROM read_until WHERE chain = ?", (chain,)).fetchone()
        return None if row is None else (int(row[0]), int(row[1]))

    def keep(self, chain: str, page: Page, first: int, after: int) -> None:
        """What the blocks before `after` say; the same again changes nothing.  `first`: where reading began."""
        with self._database.write() as connection:
            connection.executemany(
                """INSERT INTO paid_job (chain, job, client, block) VALUES (?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET client = excluded.client""",
                [(chain, *one) for one in page.funded],
            )
            connection.executemany(
                """INSERT INTO paid_job (chain, job, provider, amount, paid_in, block) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET provider = excluded.provider, amount = excluded.amount,
                paid_in = excluded.paid_in""",
                [(chain, job, provider, str(amount), paid_in, at) for job, provider, amount, paid_in, at in page.paid],
            )
            connection.executemany(
                "INSERT OR IGNORE INTO given_feedback (chain, agent, rater, number, value, paid_in, receipt, block)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [(chain, *one) for one in page.given],
            )
            connection.executemany(
                "UPDATE given_feedback SET revoked = 1 WHERE chain = ? AND agent = ? AND rater = ? AND number = ?",
                [(chain, *one) for one in page.revoked],
            )
            for forget in _FORGET:
                connection.execute(forget, (chain, MOST))
            connection.execute("INSERT OR REPLACE INTO read_until VALUES (?, ?, ?)", (chain, first, after))

    def jobs(self, chain: str) -> list[JobRow]:
        """Those that were paid out, and whose client is known."""
        with self._database.read() as connection:
            found = connection.execute(
                """SELECT job, client, provider, amount, paid_in FROM paid_job
                WHERE chain = ? AND client <> '' AND provider <> '' ORDER BY job""",
                (chain,),
            ).fetchall()
        return [JobRow(job, client, provider, int(amount), paid_in) for job, client, provider, amount, paid_in in found]

    def given(self, chain: str) -> list[GivenRow]:
        """What was not taken back."""
        with self._database.read() as connection:
            found = connection.execute(
                """SELECT agent, rater, value, paid_in, receipt FROM given_feedback WHERE chain = ? AND NOT revoked
                ORDER BY agent, rater, number""",
                (chain,),
            ).fetchall()
        return [GivenRow(*row) for row in found]
