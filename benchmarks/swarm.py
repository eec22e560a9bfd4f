"""`python -m benchmarks swarm`: what negotiating costs beside bare questions to the same peers, on loopback.

Real libp2p hosts, all in one process, and a real vault for each: a round is announced, proposed for by everybody, and
awarded when the one who was chosen has stored the acceptance.  Beside it as many bare requests at once over the same
connections.  Goal: with 20 participants, at most twice the time of the bare requests.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
import trio

from benchmarks.fetching import fetched
from p2p import identity
from p2p.acl import ACL_PROTOCOL, Message
from p2p.contents import Acceptance, CallForProposals, Done, Proposal, Refusal, Result
from p2p.contractnet_terms import Bid
from p2p.deciding import Bidding, Call, Change, Job
from p2p.delivery import PATIENCE
from p2p.host_limits import Limits
from p2p.negotiator import Negotiator
from p2p.node import Host, Stream
from storage.outbox import Write
from storage.vault import Vault

GOAL = 2.0
SIZES = (1, 5, 20, 50)
ROUNDS = 5
BARE = "/benchmark/bare/1.0.0"
BULK = "/benchmark/bulk/1.0.0"
MIB = 1024 * 1024
_LIMITS = Limits(connections=256, connections_per_address=128, handshakes_per_address=128)


class Always:
    """Proposes to whatever is called for, takes the first bid, and does nothing as its work."""

    def __init__(self) -> None:
        self.accepted = trio.Event()
        self.ended = trio.Event()

    async def bid(self, call: Call) -> Bidding | Refusal | None:
        return Bidding(Proposal(), call.reply_by + 60_000)

    async def award(
        self, conversation: str, kind: str, bids: Sequence[Bid]
    ) -> tuple[tuple[str, ...], Acceptance] | None:
        return (bids[0].peer,), Acceptance({"say": "hello"})

    async def work(self, job: Job) -> Result | Done:
        self.accepted.set()
        return Done()

    def record(self, change: Change) -> Sequence[Write]:
        return ()

    def changed(self, change: Change) -> None:
        if change.outcome:
            self.ended.set()

    def misbehaved(self, peer: str, code: str) -> None:
        raise AssertionError(code)

    async def request(self, message: Message) -> Sequence[Write]:
        return ()

    def undelivered(self, payload: bytes, code: str) -> Sequence[Write]:
        return ()

    def delivered(self, payload: bytes) -> Sequence[Write]:
        return ()


class Party:
    def __init__(self, host: Host, negotiator: Negotiator, deciding: Always) -> None:
        self.host, self.negotiator, self.deciding = host, negotiator, deciding


@asynccontextmanager
async def party(folder: Path) -> AsyncIterator[Party]:
    key = identity.new_host_key()
    vault = Vault.create(folder / f"{identity.peer_id(key)}.db", os.urandom(32))
    deciding = Always()
    negotiator = Negotiator(identity.peer_id(key), key, vault.outbox, deciding, trio.to_thread.run_sync)
    host = Host(key, ["/ip4/127.0.0.1/tcp/0"], limits=_LIMITS)

    async def bare(_peer: str, data: bytes) -> bytes:
        return data[:64]

    async def bulk(_peer: str, stream: Stream) -> None:
        wanted = int.from_bytes(await stream.read_exactly(8), "big")
        await stream.write(bytes(wanted))

    host.serve(ACL_PROTOCOL, negotiator.receive)
    host.serve(BARE, bare)
    host.serve_stream(BULK, bulk)
    try:
        async with host, trio.open_nursery() as nursery:

            async def ask(peer: str, data: bytes) -> bytes:
                return await host.request(peer, ACL_PROTOCOL, data)

            nursery.start_soon(negotiator.run, ask)
            yield Party(host, negotiator, deciding)
            nursery.cancel_scope.cancel()
    finally:
        vault.close()


async def measured(size: int, folder: Path) -> dict[str, Any]:
    """One initiator and `size` participants."""
    memory = _memory()
    async with AsyncExitStack() as stack:
        initiator = await stack.enter_async_context(party(folder))
        others = [await stack.enter_async_context(party(folder)) for _ in range(size)]
        for other in others:
            await initiator.host.connect(other.host.addresses[0])
        grown = _memory() - memory
        first, _ = await _round(initiator, others)  # opens the streams that later ones use
        rounds, bare, sent = [], [], 0
        for _ in range(ROUNDS):
            bare.append(await _bare(initiator, others))
            rounds.append(await _round(initiator, others))
            sent += 3 * size + 1  # call, proposal, award or rejection; the result
    award, beside = statistics.median(award for award, _ in rounds), statistics.median(bare)
    return {
        "participants": size,
        "round_ms": round(award * 1000, 1),
        "bare_ms": round(beside * 1000, 1),
        "ratio": round(award / beside, 2),
        "first_ms": round(first * 1000, 1),
        "all_ended_ms": round(statistics.median(ended for _, ended in rounds) * 1000, 1),
        "messages_per_second": round(sent / sum(ended for _, ended in rounds)),
        "kib_per_peer": round(grown / (size + 1) / 1024),
    }


async def _round(initiator: Party, others: Sequence[Party]) -> tuple[float, float]:
    """Seconds from the call to the stored acceptance, and until it has ended for everybody: nothing is left to do."""
    for one in (initiator, *others):
        one.deciding.accepted, one.deciding.ended = trio.Event(), trio.Event()
    now = initiator.negotiator.now()
    call = CallForProposals({"size": 100}, now + 120_000)
    peers = tuple(one.host.peer_id for one in others)
    start = time.perf_counter()
    await initiator.negotiator.announce(
        os.urandom(16).hex(), "benchmark", call, peers, (now + 60_000, now + 90_000, now + 120_000)
    )
    async with trio.open_nursery() as nursery:
        for one in others:
            nursery.start_soon(_first, one.deciding.accepted, nursery)
    awarded = time.perf_counter() - start
    with trio.fail_after(60):
        for one in (initiator, *others):
            await one.deciding.ended.wait()
    ended = time.perf_counter() - start
    await trio.sleep(PATIENCE + 0.1)  # what was acknowledged is crossed off meanwhile: not beside what is measured next
    return awarded, ended


async def _first(event: trio.Event, nursery: trio.Nursery) -> None:
    await event.wait()
    nursery.cancel_scope.cancel()


async def _bare(initiator: Party, others: Sequence[Party]) -> float:
    data = bytes(600)
    start = time.perf_counter()
    async with trio.open_nursery() as nursery:
        for one in others:
            nursery.start_soon(initiator.host.request, one.host.peer_id, BARE, data)
    return time.perf_counter() - start


async def noticed(folder: Path) -> float:
    """Seconds until a peer that is frozen (SIGSTOP) counts as gone."""
    gone = trio.Event()
    host = Host(
        identity.new_host_key(), [], on_event=lambda kind, _peer: gone.set() if kind == "disconnected" else None
    )
    child = subprocess.Popen(  # noqa: ASYNC220 - before anything is timed
        [sys.executable, "-m", "benchmarks.frozen"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout is not None
        address = await trio.to_thread.run_sync(child.stdout.readline)
        async with host:
            await host.connect(address.strip())
            child.send_signal(signal.SIGSTOP)
            start = time.perf_counter()
            with trio.fail_after(120):
                await gone.wait()
            return time.perf_counter() - start
    finally:
        child.kill()
        child.wait()


async def bulk(folder: Path, size: int = 64 * MIB) -> float:
    """MiB a second over one stream."""
    async with party(folder) as one, party(folder) as two:
        await one.host.connect(two.host.addresses[0])
        start = time.perf_counter()
        async with await one.host.open_stream(two.host.peer_id, BULK) as stream:
            await stream.write(size.to_bytes(8, "big"))
            left = size
            while left:
                left -= len(await stream.read_some())
        return size / MIB / (time.perf_counter() - start)


def _memory() -> int:
    gc.collect()
    return int(psutil.Process().memory_info().rss)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks swarm")
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SIZES))
    sizes = parser.parse_args(arguments).sizes
    rows = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(trio.run(measured, size, Path(folder)))
        print(
            "{participants:4} participants   round {round_ms:8.1f} ms   bare {bare_ms:8.1f} ms   {ratio:5.2f} x   "
            "first {first_ms:8.1f} ms   all ended {all_ended_ms:8.1f} ms   "
            "{messages_per_second:5} messages/s   {kib_per_peer:6} KiB a peer".format(**rows[-1])
        )
    with tempfile.TemporaryDirectory() as folder:
        rate = trio.run(bulk, Path(folder))
        dead = trio.run(noticed, Path(folder))
    models = {}
    for providers in (1, 2):
        with tempfile.TemporaryDirectory() as folder:
            models[providers] = round(trio.run(fetched, Path(folder), providers), 1)
    print(f"one bare stream {rate:.0f} MiB/s; a frozen peer is noticed after {dead:.1f} s")
    print(f"a model, the whole task counted: from one contact {models[1]} MiB/s, from two {models[2]} MiB/s")
    for row in rows:
        if row["participants"] == 20:
            met = "met" if row["ratio"] <= GOAL else "missed"
            print(f"goal: a round with 20 within {GOAL} x the bare requests: {met}")
    print(
        json.dumps({"rounds": rows, "stream_mib_s": round(rate, 1), "model_mib_s": models, "noticed_s": round(dead, 1)})
    )
    return 0
