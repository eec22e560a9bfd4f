"""`model`: the bytes of a model by their SHA-256, from up to four peers at once.

spec    {"sha256": text, 64 of 0-9 a-f}
propose "terms": {"size": bytes}
result  {"size": bytes, "sent": bytes that this provider sent}; digests {"model": the same SHA-256}

The awarded peers serve ranges (blob.py) until the initiator says that it has the whole, which it has checked.
"""

from __future__ import annotations

import errno
import hashlib
import logging
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import trio

from agent.models import ModelError
from app.swarm.kinds import blob
from app.swarm.kinds.fetching import Fetching, WrongBytes
from app.swarm.kinds.partial import NoSpace, Partial
from app.swarm.kinds.port import Asked, Awarded, BadTask, Report
from app.swarm_results import TaskProgress
from p2p.content_fields import Price
from p2p.contents import Proposal, Result
from p2p.deciding import Call, CannotWork, Job
from storage.offers import Offer
from storage.tasks import Task, TaskState

if TYPE_CHECKING:
    from app.node import Node
    from p2p.host_stream import Stream

log = logging.getLogger("app")

MIB = 1 << 20
AT_ONCE = 4  # peers that serve one task
MAX_SIZE = 1 << 40  # bytes
OFFERED = "models"  # the offer's setting: names or beginnings of digests, "all" for every one
IDLE = 600.0  # seconds without a request: the initiator is gone
STALLED = 120.0  # seconds without a new piece, after which another size is tried that somebody said
GRACE = 15.0  # seconds for providers to report, once the model is here
RATE = 10_000  # bytes in a millisecond: a guess, which only orders bids
_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass
class _Grant:
    """What one initiator may read, for one conversation."""

    digest: str
    path: Path
    size: int
    sent: int = 0
    ended: trio.Event = field(default_factory=trio.Event)
    asked: trio.Event = field(default_factory=trio.Event)


class ModelTask:
    """See `Kind`, `Initiating` and `Serving`.  `report` hears how far what comes here is."""

    name = "model"
    unit = "mib"
    repeatable = True
    usual: Offer | None = None
    protocol = blob.PROTOCOL

    def __init__(self, node: Node, report: Callable[[TaskProgress], None]) -> None:
        self._node = node
        self._report = report
        self._grants: dict[tuple[str, str], _Grant] = {}
        self._fetched: set[str] = set()  # digests that come in just now
        self._why: dict[str, str] = {}  # by task

    async def ask(self, arguments: Mapping[str, Any]) -> Asked:
        digest = str(arguments.get("sha256", "")).strip().lower()
        if not _HEX.fullmatch(digest):
            raise BadTask("task-model-digest")
        if self._node.models.holds(digest) is not None:
            raise BadTask("task-model-here")
        return Asked({"sha256": digest}, wanted=AT_ONCE)

    def amount(self, spec: Mapping[str, Any]) -> int:
        """All of it: less is counted in the end where others sent a part."""
        size = self._node.models.holds(_digest(spec))
        return -(-size // MIB) if size else 0

    # As a provider

    async def propose(self, call: Call, offer: Offer) -> Proposal:
        digest = _digest(call.content.spec)
        size = await self._node.blocking(self._offered, digest, offer)
        if size is None:
            raise BadTask("not-offered")
        price = Price(offer.price, "credit" if offer.price else "none")
        return Proposal(price, eta=size // RATE, terms={"size": size})

    def _offered(self, digest: str, offer: Offer | None) -> int | None:
        """The size of a model that the person offers; None for others, in a worker thread."""
        if offer is None or offer.audience == "nobody":
            return None
        try:
            found = self._node.models.find(digest)
        except ModelError:
            return None
        return found.size if named(digest, found.name, offer) else None

    async def work(self, job: Job, report: Report) -> tuple[Result, int]:  # noqa: ARG002 - the port's signature
        digest = _digest(job.call.content.spec)
        offer = await self._node.blocking(self._node.vault.vault.offers.get, self.name)
        if await self._node.blocking(self._offered, digest, offer) is None:
            raise CannotWork("not-offered")
        try:
            found = await self._node.blocking(self._node.models.verify, digest)
        except ModelError as failed:
            raise CannotWork("error") from failed
        grant = _Grant(digest, found.path, found.size)
        name = (job.call.peer, job.call.conversation)
        self._grants[name] = grant
        try:
            await _until_ended(grant)
        finally:
            del self._grants[name]
        result = Result({"size": grant.size, "sent": grant.sent}, {"model": bytes.fromhex(digest)})
        return result, -(-grant.sent // MIB)

    async def serve(self, peer_id: str, stream: Stream) -> None:
        while True:
            try:
                wanted = await blob.next_range(stream)
            except blob.BlobRefused as garbled:
                await blob.answer(stream, "refused", garbled.code)
                return
            grant = self._grants.get((peer_id, wanted.conversation))
            await self._answer(stream, wanted, grant)

    async def _answer(self, stream: Stream, wanted: blob.Range, grant: _Grant | None) -> None:
        if grant is None or grant.digest != wanted.digest:
            await blob.answer(stream, "refused", "not-now")
            return
        grant.asked.set()
        if wanted.what == "end":
            grant.ended.set()
            await blob.answer(stream, "ok")
            return
        if not 0 < wanted.count <= blob.MAX_RANGE or wanted.offset + wanted.count > grant.size:
            await blob.answer(stream, "refused", "range")
            return
        if wanted.what == "bytes" and grant.sent + wanted.count > 2 * grant.size:
            await blob.answer(stream, "refused", "too-much")
            return
        try:
            data = await self._node.blocking(_read, grant.path, wanted.offset, wanted.count)
        except OSError:  # removed, or its disk is gone
            await blob.answer(stream, "refused", "not-now")
            return
        if wanted.what == "digest":
            await blob.answer(stream, "ok", hashlib.sha256(data).digest())
            return
        grant.sent += len(data)
        await blob.answer(stream, "ok", then=data)

    # As the initiator

    def choose(
        self,
        task: Task,  # noqa: ARG002 - the port's signature
        bids: Sequence[tuple[str, Proposal]],  # noqa: ARG002
    ) -> tuple[tuple[str, ...], Mapping[str, Any]] | None:
        """As the person's policy says."""
        return None

    async def gather(self, task: Task, awarded: Sequence[Awarded]) -> None:
        digest = _digest(task.spec["spec"])
        claims = _claims(awarded)
        if digest in self._fetched:
            raise self._failed(task.id, "busy")
        self._fetched.add(digest)
        try:
            await self._believed(task.id, digest, claims)
        finally:
            self._fetched.discard(digest)
        await trio.sleep(GRACE)
        raise CannotWork("lost")  # who has not reported by now will not: the task ends, with the model here

    async def _believed(self, task: str, digest: str, claims: dict[int, tuple[str, ...]]) -> None:
        """Take the peers at their word on the size, one after the other, until one is true; the digest is the judge.

        While there is another word left, one that brings nothing for `STALLED` is left for the next.
        """
        said, left = dict(claims), list(claims)
        while True:
            size = left.pop(0)
            others = tuple(peer for other, peers in said.items() if other != size for peer in peers)
            partial = Partial(self._node.models.root, digest, size)
            with trio.CancelScope() as scope:
                patience = (lambda: trio.current_time() + STALLED) if left else (lambda: math.inf)
                try:
                    await self._fetch(task, digest, partial, (said[size], others), (scope, patience))
                except CannotWork:
                    if not left:
                        raise
                    continue
            if not scope.cancelled_caught:
                return
            left.append(size)

    async def _fetch(
        self,
        task: str,
        digest: str,
        partial: Partial,
        peers: tuple[tuple[str, ...], tuple[str, ...]],
        limit: tuple[trio.CancelScope, Callable[[], float]],
    ) -> None:
        """`peers`: whom it is fetched from, and who says that it is of another size.  `limit`: until there is news."""
        scope, patience = limit
        serving, others = peers

        def report(done: int, total: int) -> None:
            scope.deadline = patience()
            self._report(TaskProgress(task, done, total))

        try:
            if self._node.models.holds(digest) is None:
                await self._node.blocking(partial.open)
            fetching = Fetching(partial, task, digest, self._stream, self._node.blocking, report)
            if self._node.models.holds(digest) is None:
                self._blame(task, (*await fetching.run(serving), *others))
                scope.deadline = math.inf
                await self._node.blocking(self._node.models.adopt, partial.path, digest)
                await self._node.blocking(partial.forget_log)
        except NoSpace as full:
            raise self._failed(task, "no-space") from full
        except OSError as error:
            no_space = error.errno in (errno.ENOSPC, errno.EDQUOT)
            raise self._failed(task, "no-space" if no_space else "disk") from error
        except WrongBytes as wrong:
            self._blame(task, wrong.peers)
            raise CannotWork("wrong-bytes") from wrong
        except ModelError as no:
            await self._node.blocking(partial.remove)
            raise self._failed(task, "not-a-model") from no
        async with trio.open_nursery() as nursery:
            for peer in (*serving, *others):
                nursery.start_soon(fetching.end, peer)

    async def ended(self, task: Task, awarded: Sequence[Awarded]) -> None:  # noqa: ARG002 - the port's signature
        """What was called off leaves nothing behind; what failed or ran out of time is gone on with another time."""
        digest = _digest(task.spec["spec"])
        same = await self._node.blocking(self._node.vault.vault.tasks.of_kind, self.name, "initiator")
        newest = next((one.id for one in same if one.spec.get("spec") == task.spec["spec"]), "")
        if task.state == "cancelled" and task.id == newest and digest not in self._fetched:
            await self._node.blocking(Partial(self._node.models.root, digest, 0).remove)

    def verdict(
        self,
        task: str,
        spec: Mapping[str, Any],
        outcome: TaskState,
        ends: Sequence[str],  # noqa: ARG002 - the port's signature
    ) -> tuple[TaskState, str]:
        """It is done where the model is here, whoever was lost on the way."""
        why = self._why.get(task, "")
        if outcome == "refused":
            return outcome, ""
        if self._node.models.holds(_digest(spec)) is not None:
            return "done", why
        return ("failed", why or "stopped") if why or outcome == "done" else (outcome, "")

    async def _stream(self, peer: str) -> Stream:
        await self._node.swarm.reach(peer, ())
        return await self._node.swarm.host.open_stream(peer, blob.PROTOCOL)

    def _failed(self, task: str, code: str) -> CannotWork:
        self._why[task] = code
        return CannotWork(code)

    def _blame(self, task: str, peers: Sequence[str]) -> None:
        """Who sent a wrong byte is named, to the person and to what keeps breakers of the protocol out."""
        if not peers:
            return
        self._why[task] = f"wrong-bytes {' '.join(peers)}"
        for peer in peers:
            log.warning("a peer sent bytes that are not the model's: %s", peer)
            self._node.swarm.misbehaved(peer, "wrong-bytes")


async def _until_ended(grant: _Grant) -> None:
    """Errors: CannotWork("idle")."""
    async with trio.open_nursery() as nursery:

        async def watch() -> None:
            while True:
                grant.asked = trio.Event()
                with trio.move_on_after(IDLE) as waited:
                    await grant.asked.wait()
                if waited.cancelled_caught:
                    nursery.cancel_scope.cancel()
                    return

        nursery.start_soon(watch)
        await grant.ended.wait()
        nursery.cancel_scope.cancel()
    if not grant.ended.is_set():
        raise CannotWork("idle")


def named(digest: str, name: str, offer: Offer) -> bool:
    """Whether an offer that somebody may use names this model."""
    return any(
        one == "all" or one.casefold() == name.casefold() or (len(one) >= 4 and digest.startswith(one))
        for one in offer.settings.get(OFFERED, ())
    )


def _digest(spec: Mapping[str, Any]) -> str:
    """Errors: BadTask."""
    digest = spec.get("sha256")
    if set(spec) != {"sha256"} or not isinstance(digest, str) or not _HEX.fullmatch(digest):
        raise BadTask("spec")
    return digest


def _claims(awarded: Sequence[Awarded]) -> dict[int, tuple[str, ...]]:
    """Who says what of the size: what most of them say first, then the smaller.  Errors: CannotWork("spec")."""
    found: dict[int, tuple[str, ...]] = {}
    for one in awarded:
        size = one.proposal.terms.get("size")
        if type(size) is int and 0 < size <= MAX_SIZE:
            found[size] = (*found.get(size, ()), one.peer)
    if not found:
        raise CannotWork("spec")
    return dict(sorted(found.items(), key=lambda claim: (-len(claim[1]), claim[0])))


def _read(path: Path, offset: int, count: int) -> bytes:
    with path.open("rb") as stream:
        stream.seek(offset)
        data = stream.read(count)
    if len(data) < count:
        raise OSError(errno.EIO, "the file is shorter than it was")
    return data
