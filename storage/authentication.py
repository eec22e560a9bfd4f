"""Whose word counts about the sender of a mail: the account's own server, known from the mails it brought.

A sender can write any result into a mail, also in the name of the server that will receive it; that server puts its own
on top of it, and must take away what bears its name (RFC 8601 section 5).  So a claim counts if its server is the one
that stands on top in most of the newest mails of the same source, or was set for it.
"""

from __future__ import annotations

import json
import threading
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from storage.database import Connection
from storage.records import Claim, Hit, StoredRecord, Verdict
from storage.sources import authentication

SETTING = "authentication.servers"  # {source id, or "" for mail imported by hand: [names of its servers]}
LEARNED_FROM = 200  # newest mails of a source that came through a server
MINIMUM = 5  # of them, before anything is learned
SHARE = 1 / 2  # of them that a server must stand on top of
SHARE_BY_HAND = 1 / 4  # imported by hand: mail of several accounts may lie together
_HEADER_BYTES = 256 * 1024  # of an original, looked at for its header


@dataclass(frozen=True)
class _Learned:
    servers: frozenset[str]
    highest: int  # record number at the time


class Servers:
    """Which servers count for each source.  Any thread; within a read of the caller's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._learned: dict[int | None, _Learned] = {}

    def judged(self, connection: Connection, hits: Sequence[Hit]) -> list[Hit]:
        """The same hits with their `authentication`."""
        found = self._verdicts(connection, {hit.id for hit in hits if hit.kind == "mail"})
        return [replace(hit, authentication=found.get(hit.id, ("", ""))[0]) for hit in hits]

    def judge(self, connection: Connection, stored: StoredRecord) -> StoredRecord:
        if stored.record.kind != "mail":
            return stored
        verdict, server = self._verdicts(connection, {stored.id}).get(stored.id, ("none", ""))
        return replace(stored, authentication=verdict, authenticated_by=server)

    def counted(self, connection: Connection, source: int | None) -> frozenset[str]:
        """The organisations whose results count for a source; None: mail imported by hand."""
        row = connection.execute("SELECT value FROM setting WHERE key = ?", (SETTING,)).fetchone()
        chosen = json.loads(row[0]).get("" if source is None else str(source)) if row else None
        if chosen:
            return frozenset(map(authentication.organisation, chosen))
        (highest,) = connection.execute("SELECT coalesce(max(number), 0) FROM record").fetchone()
        with self._lock:
            known = self._learned.get(source)
        if known is None or highest > 1.1 * known.highest + 20 or highest < known.highest or not known.servers:
            known = _Learned(_learn(connection, source), highest)
            with self._lock:
                self._learned[source] = known
        return known.servers

    def _verdicts(self, connection: Connection, ids: Iterable[str]) -> dict[str, tuple[Verdict, str]]:
        found = connection.execute(
            """SELECT r.id, r.source, r.number, a.verdict, a.server, a.received FROM json_each(?) wanted
            JOIN record r ON r.id = wanted.value LEFT JOIN authentication a ON a.record = r.number""",
            (json.dumps(sorted(ids)),),
        ).fetchall()
        trusted = {source: self.counted(connection, source) for source in {row[1] for row in found}}
        verdicts: dict[str, tuple[Verdict, str]] = {}
        for name, source, *kept in found:
            claim = _claim(connection, *kept)
            counts = bool(claim.server) and claim.server in trusted[source]
            verdicts[name] = (claim.verdict, claim.server) if counts else ("none", "")
        return verdicts


def _learn(connection: Connection, source: int | None) -> frozenset[str]:
    found = connection.execute(
        """SELECT n.number, a.verdict, a.server, a.received
        FROM (SELECT number FROM record INDEXED BY record_filter WHERE kind = 'mail' AND source IS ?
            ORDER BY date DESC LIMIT ?) n LEFT JOIN authentication a ON a.record = n.number""",
        (source, 2 * LEARNED_FROM),  # half of them may be the person's own
    )
    claims = [claim for row in found.fetchall() if (claim := _claim(connection, *row)).received][:LEARNED_FROM]
    if len(claims) < MINIMUM:
        return frozenset()
    share = SHARE_BY_HAND if source is None else SHARE
    counted = Counter(claim.server for claim in claims if claim.server)
    return frozenset(server for server, times in counted.items() if times > share * len(claims))


def _claim(connection: Connection, number: int, verdict: Verdict | None, server: str, received: int) -> Claim:
    """As it was kept; of mail from before it was kept, as its original says."""
    if verdict is not None:
        return Claim(verdict, server, bool(received))
    row = connection.execute("SELECT bytes FROM original WHERE record = ?", (number,)).fetchone()
    if row is None:
        return Claim()
    return authentication.claim(zlib.decompressobj().decompress(row[0], _HEADER_BYTES))
