"""One side of a negotiation in a process of its own, that is killed at a step: the program's decisions over a real
vault, messages over a local socket.  The test starts it (see test_negotiation_crash.py) by forking.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

import trio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.swarm.deciding import Announcement, Decisions
from app.swarm.kinds.port import Asked, Report
from p2p import delivery
from p2p.content_fields import FREE
from p2p.contents import CallForProposals, Disclosure, Proposal, Result
from p2p.deciding import Call, Job
from p2p.delivery import NotReached
from p2p.identity import peer_id
from p2p.negotiator import Negotiator
from storage.database import Connection, Database
from storage.offers import Offer
from storage.tasks import FINAL
from storage.vault import Vault

KEY = bytes(range(32))
TASK = "ab" * 16
KIND = "echo"
RESERVED, USED = 100, 7  # of the provider's quota: before the work, and when it is known what it took
SECONDS = 120  # until the bids, and twice and three times as long until award and result


def _host_key(role: str) -> bytes:
    """The same in every process: libp2p's header, seed and public half."""
    private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(role.encode()).digest())
    return bytes.fromhex("08011240") + private.private_bytes_raw() + private.public_key().public_bytes_raw()


HOST_KEYS = {role: _host_key(role) for role in ("initiator", "participant")}
PEERS = {role: peer_id(key) for role, key in HOST_KEYS.items()}


@dataclass(frozen=True)
class Kill:
    """At the transaction of this number, counted from 1: just before it is committed, or just after."""

    number: int
    before: bool


class Echo:
    """Work that says in a file that it was begun: what the world has seen of it."""

    repeatable = False
    name = KIND
    unit = "tokens"
    usual = Offer(KIND, "contacts", 10 * RESERVED)

    async def ask(self, arguments: Mapping[str, Any]) -> Asked:
        return Asked({"size": 5}, arguments, Disclosure.TYPED)

    def amount(self, _spec: Mapping[str, Any]) -> int:
        return RESERVED

    async def propose(self, _call: Call, _offer: Offer) -> Proposal:
        return Proposal(FREE, 1000)

    async def work(self, job: Job, report: Report) -> tuple[Result, int]:
        with Path("worked").open("a", encoding="utf-8") as file:  # noqa: ASYNC230 - one line
            file.write(job.call.conversation + "\n")
        report("hello")
        await trio.lowlevel.checkpoint()
        return Result({"said": job.acceptance.input["say"]}), USED


def vault_of(folder: Path, role: str) -> Vault:
    path = folder / f"{role}.db"
    return Vault.open(path, KEY) if path.exists() else Vault.create(path, KEY)


def run(folder: Path, role: str, kill: Kill | None, pipe: Pipe) -> None:
    """Until killed.  Says how many transactions there were when nothing is left to do on this side, each time."""
    os.chdir(folder)  # sockets have short names
    delivery.FIRST_PAUSE, delivery.LONGEST_PAUSE = 0.05, 0.2
    vault = vault_of(folder, role)
    counted = [0]
    Database.write = _killing(counted, kill)  # type: ignore[method-assign,assignment]
    trio.run(_live, vault, role, counted, pipe)


def _killing(counted: list[int], kill: Kill | None) -> Callable[[Database], Any]:
    write = Database.write

    @contextlib.contextmanager
    def killing(self: Database) -> Iterator[Connection]:
        with write(self) as connection:
            yield connection
            counted[0] += 1
            if kill == Kill(counted[0], before=True):
                os.kill(os.getpid(), signal.SIGKILL)
        if kill == Kill(counted[0], before=False):
            os.kill(os.getpid(), signal.SIGKILL)

    return killing


async def _live(vault: Vault, role: str, counted: list[int], pipe: Pipe) -> None:
    peers = frozenset(PEERS.values())
    news = trio.Event()

    def changed(_event: object) -> None:
        news.set()

    decisions = Decisions(
        {KIND: Echo()}, vault, lambda: peers, trio.to_thread.run_sync, changed, lambda _peer, _code: None
    )
    node = Negotiator(PEERS[role], HOST_KEYS[role], vault.outbox, decisions, trio.to_thread.run_sync)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_serve, node, role, nursery)
        nursery.start_soon(node.run, _ask(role))
        if role == "initiator":
            await _announce(node, decisions, vault)
        said = False
        while True:
            tasks = await trio.to_thread.run_sync(vault.tasks.list)
            left = await trio.to_thread.run_sync(vault.outbox.due, time.time() + 1e6)
            if tasks and not left and not said and all(task.state in FINAL for task in tasks):
                said = True
                pipe.send(counted[0])
            with trio.move_on_after(0.02):  # the outbox tells nobody that it is empty
                await news.wait()
            news = trio.Event()


async def _announce(node: Negotiator, decisions: Decisions, vault: Vault) -> None:
    """Once: a person who is told nothing because of a kill would look whether the task is there, and so does this."""
    if await trio.to_thread.run_sync(vault.tasks.list):
        return
    now, span = node.now(), SECONDS * 1000
    call = CallForProposals({"size": 5}, now + 3 * span, FREE, Disclosure.TYPED)
    peers = (PEERS["participant"],)
    decisions.announcing[TASK] = Announcement({"size": 5}, {"say": "hello"}, "cheapest", peers, "typed")
    await node.announce(TASK, KIND, call, peers, (now + span, now + 2 * span, now + 3 * span))


async def _serve(node: Negotiator, role: str, nursery: trio.Nursery) -> None:
    other = next(peer for name, peer in PEERS.items() if name != role)

    async def answer(stream: trio.SocketStream) -> None:
        with contextlib.suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            async with stream:
                data = await _all(stream)
                if data is not None:
                    await stream.send_all(_framed(await node.receive(other, data)))

    path = Path(f"{role}.socket")
    path.unlink(missing_ok=True)
    socket = trio.socket.socket(trio.socket.AF_UNIX)
    await socket.bind(str(path))
    socket.listen()
    await trio.serve_listeners(answer, [trio.SocketListener(socket)], handler_nursery=nursery)


def _ask(role: str) -> Callable[[str, bytes], Any]:
    async def ask(peer: str, data: bytes) -> bytes:
        other = next(name for name, known in PEERS.items() if known == peer)
        assert other != role
        try:
            async with await trio.open_unix_socket(f"{other}.socket") as stream:
                await stream.send_all(_framed(data))
                answer = await _all(stream)
        except (OSError, trio.BrokenResourceError) as error:
            raise NotReached from error
        if answer is None:
            raise NotReached
        return answer

    return ask


def _framed(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


async def _all(stream: trio.SocketStream) -> bytes | None:
    """One message; None where the other end was gone before it was whole."""
    read = b""
    while len(read) < 4 or len(read) < 4 + int.from_bytes(read[:4], "big"):
        more = await stream.receive_some()
        if not more:
            return None
        read += more
    return read[4:]
