"""One folder of a mail account brought up to date: what is new, what changed, what is gone.

Which messages are stored is told by the ledger alone, so a sync that was cut off at any moment goes on with those it
does not hold; the state beside it only saves asking.  Its keys: `validity`, `next`, `exists`, `modseq`, `since` as the
folder was when last seen whole (`complete`), `seen`: a digest of its flags where the server keeps no modseq, `tries`:
how often a message was not given out, `careful`: fetch one at a time, `held`: see `_is_held`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from urllib.parse import quote

from storage.documents import Extract
from storage.ledger import Item, Ledger
from storage.sources import MAX_MESSAGE, message
from storage.sources.imap_folders import Folder
from storage.sources.imap_session import Facts, Selected, Session
from storage.sources.imap_wire import Stopped, TooMuch
from storage.sync import Report, Stop, SyncFailed

DAY = 86400.0
_BLOCK = 500  # messages whose sizes are asked for at once
_BATCH = 100  # messages stored at once, so lost at most by a kill
_BATCH_BYTES = 4 * 1024 * 1024
_TRIES = 3  # syncs in which a message may stay away before it is given up
_MANY = 20  # messages; what is gone of fewer is believed at once
_FAILED = 1000  # that are named; more of them say nothing new

State = dict[str, Any]


@dataclass
class Tally:
    """What a sync did so far."""

    new: int = 0
    changed: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)

    def fail(self, where: str, reason: str) -> None:
        if len(self.failed) < _FAILED:
            self.failed.append((where, reason))


@dataclass(frozen=True)
class Work:
    """What every folder of a sync shares.  `place`: the account as the beginning of an RFC 5092 address."""

    session: Session
    ledger: Ledger
    place: str
    since: date | None
    clock: Callable[[], float]
    report: Report
    stop: Stop
    tally: Tally
    extract: Extract


class Mailbox:
    """Used once.  Errors: SyncFailed, VaultError, Stopped; what was stored before stays."""

    def __init__(self, work: Work, folder: Folder) -> None:
        self._work = work
        self._session, self._ledger, self._tally = work.session, work.ledger, work.tally
        self._folder = folder
        self._part = folder.name
        self._since = None if work.since is None else work.since.isoformat()

    def sync(self) -> bool:
        """Whether what is gone from the folder is known for sure."""
        selected = self._session.select(self._folder)
        state = self._ledger.state(self._part)
        known = {int(key) for key in self._ledger.known(self._part)}
        if state.get("validity", selected.validity) != selected.validity:
            # RFC 3501 section 2.3.1.1: every UID means another message now.
            if self._is_held(state, len(known), selected.exists):
                self._ledger.set_state(self._part, state)
                return False
            self._ledger.drop_part(self._part)
            state, known = {}, set()
        if state.get("use") != self._folder.use:  # read by whoever wants to know what the person sent
            state["use"] = self._folder.use
            self._ledger.set_state(self._part, state)
        if self._is_unchanged(state, selected):
            return True
        fresh, gone = self._compare(state, selected, known)
        sure = not self._is_held(state, len(known), len(known) - len(gone))
        if sure:
            self._ledger.missing(self._part, map(str, sorted(gone)))
        tries = {uid: count for uid, count in state.get("tries", {}).items() if int(uid) in fresh}
        state |= {"validity": selected.validity, "modseq": selected.modseq, "complete": False, "tries": tries}
        self._ledger.set_state(self._part, state)
        self._fetch(fresh, state)
        if sure and not state["tries"]:
            state |= {"next": selected.next, "exists": selected.exists, "since": self._since}
            state |= {"complete": True, "careful": False}
        self._ledger.set_state(self._part, state)
        return sure

    def _is_unchanged(self, state: State, selected: Selected) -> bool:
        """Nothing came, went or was marked since the folder was last seen whole."""
        now = (selected.next, selected.exists, selected.modseq, self._since)
        then = tuple(state.get(name) for name in ("next", "exists", "modseq", "since"))
        return bool(state.get("complete")) and None not in now[:3] and now == then

    def _compare(self, state: State, selected: Selected, known: set[int]) -> tuple[set[int], set[int]]:
        """Messages to fetch, and known ones that are gone; flags are brought up to date on the way."""
        vanished: list[range] | None = None
        before = state.get("modseq")
        if known and before and selected.modseq:
            flags: dict[int, Any] = {}
            if before != selected.modseq and selected.exists:
                flags, vanished = self._session.changes(before, selected.exists)
            self._set_flags(flags, known)
        if vanished is not None and state.get("complete") and state.get("next") and state.get("since") == self._since:
            fresh = self._session.uids(selected.exists, state["next"], self._work.since)
            return fresh - known, {uid for part in vanished for uid in _within(part, known)}
        there = self._session.uids(selected.exists) if selected.exists else set()
        wanted = there
        if self._work.since is not None and there:
            wanted = there & self._session.uids(selected.exists, since=self._work.since)
        if not selected.modseq:
            self._compare_flags(state, known & there)
        return wanted - known, known - there

    def _compare_flags(self, state: State, uids: set[int]) -> None:
        """Where the server does not tell what changed: all of them, and written only when any did."""
        flags: dict[int, Any] = {}
        for block in _blocks(sorted(uids), 4 * _BLOCK):
            flags |= self._session.flags(block)
        seen = hashlib.sha256(repr(sorted(flags.items())).encode()).hexdigest()
        if seen != state.get("seen"):
            self._set_flags(flags, uids)
            state["seen"] = seen

    def _set_flags(self, flags: dict[int, Any], known: set[int]) -> None:
        for block in _blocks(sorted(flags.keys() & known), 4 * _BLOCK):
            self._tally.changed += self._ledger.set_flags(self._part, [(str(uid), flags[uid]) for uid in block])

    def _is_held(self, state: State, known: int, left: int) -> bool:
        """Whether more than half of the folder is gone, which is rarely meant: a server restored from an old copy, a
        mailbox moved elsewhere.  It is believed when it is still so in the third sync, a day after the first."""
        if known < _MANY or 2 * left >= known:
            state.pop("held", None)
            return False
        now = self._work.clock()
        held = state.get("held") or {"since": now, "times": 0}
        held["times"] += 1
        if held["times"] >= 3 and now - held["since"] >= DAY:
            state.pop("held", None)
            return False
        state["held"] = held
        self._tally.fail(
            self._part,
            f"{known - left} of {known} messages are gone from the server at once. "
            "They are kept here until it is still so in a day.",
        )
        return True

    def _fetch(self, uids: set[int], state: State) -> None:
        """Newest first: that is what a person looks for while the rest is still coming."""
        order, done = sorted(uids, reverse=True), 0
        for block in _blocks(order, _BLOCK):
            facts = self._session.facts(block)
            large = [uid for uid in block if uid in facts and facts[uid].size > MAX_MESSAGE]
            self._give_up(large, f"The message is larger than {MAX_MESSAGE // 1024**2} MiB.", state)
            self._stayed_away([uid for uid in block if uid not in facts], state)
            fitting = [uid for uid in block if uid in facts and facts[uid].size <= MAX_MESSAGE]
            for batch in _batches(fitting, facts, 1 if state.get("careful") else _BATCH):
                if self._work.stop():
                    raise Stopped
                self._work.report(done, len(order), self._part)
                self._store(batch, facts, state)
                done += len(batch)
        self._work.report(len(order), len(order), self._part)

    def _store(self, batch: Sequence[int], facts: dict[int, Facts], state: State) -> None:
        try:
            bodies = self._session.bodies(batch, sum(facts[uid].size for uid in batch))
        except TooMuch as error:
            # The connection is lost with it.  Told apart one by one, it costs the next syncs one message only.
            if len(batch) > 1:
                self._ledger.set_state(self._part, state | {"careful": True})
                raise
            self._stayed_away(batch, state)
            self._ledger.set_state(self._part, state)
            raise SyncFailed(
                "source-broken", f"The mail server sends more than the size of {self._address(batch[0])}."
            ) from error
        except SyncFailed as refusal:
            if refusal.code != "source-refused":
                raise
            if len(batch) > 1:
                for uid in batch:
                    self._store([uid], facts, state)
                return
            bodies = {}
        items = [self._item(uid, bodies[uid], facts[uid]) for uid in batch if uid in bodies]
        for item in items:
            state["tries"].pop(item.key, None)
        self._tally.new += self._ledger.store(self._part, items, state).new
        self._stayed_away([uid for uid in batch if uid not in bodies], state)

    def _item(self, uid: int, raw: bytes, facts: Facts) -> Item:
        """RFC 5092 addresses say where a record comes from."""
        origin = self._address(uid)
        record = None
        if not raw.strip():
            self._tally.fail(origin, "The message is empty.")
        elif len(raw) > MAX_MESSAGE:
            self._tally.fail(origin, f"The message is larger than {MAX_MESSAGE // 1024**2} MiB.")
        else:
            try:
                # Line ends as in a Maildir: they count in a text attachment's size, and would make it another mail.
                plain = raw.replace(b"\r\n", b"\n")
                record = message.parse(
                    plain, origin, self._folder.path(), stored=facts.arrived, extract=self._work.extract
                )
                record = replace(record, raw=raw, flags=facts.flags)
            except Exception as error:  # noqa: BLE001 (a fault of ours in one message must cost that message only)
                self._tally.fail(origin, f"Reading it failed unexpectedly ({type(error).__name__}).")
        return Item(str(uid), "", record)

    def _stayed_away(self, uids: Iterable[int], state: State) -> None:
        """Deleted in the meantime, or damaged on the server: the next syncs will tell."""
        for uid in uids:
            count = state["tries"].get(str(uid), 0) + 1
            state["tries"][str(uid)] = count
            if count >= _TRIES:
                self._give_up([uid], "The mail server does not give this message out.", state)

    def _give_up(self, uids: Sequence[int], reason: str, state: State) -> None:
        """Noted as read, with nothing in it, so that it is not asked for again."""
        for uid in uids:
            self._tally.fail(self._address(uid), reason)
            state["tries"].pop(str(uid), None)
        if uids:
            self._ledger.store(self._part, [Item(str(uid), "", None) for uid in uids], state)

    def _address(self, uid: int) -> str:
        return f"{self._work.place}/{quote(self._part, safe='')};UID={uid}"


def _blocks(uids: Sequence[int], count: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(uids), count):
        yield uids[start : start + count]


def _batches(uids: Sequence[int], facts: dict[int, Facts], most: int) -> Iterator[Sequence[int]]:
    """Bounded in number and in bytes; one that is larger alone goes alone."""
    batch: list[int] = []
    size = 0
    for uid in uids:
        if batch and (len(batch) >= most or size + facts[uid].size > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(uid)
        size += facts[uid].size
    if batch:
        yield batch


def _within(part: range, known: set[int]) -> Iterable[int]:
    """A server may name a range far longer than the folder."""
    return (uid for uid in part if uid in known) if len(part) < len(known) else (uid for uid in known if uid in part)
