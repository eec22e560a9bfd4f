"""The chain in use, while the vault is open: asked on worker threads, signed for by the key-holder, seen to the end.

What was begun goes on after a restart without anybody asking, as soon as the vault is open.  In airplane mode nothing
is asked of a chain elsewhere; the one in the process works.  Locking ends everything.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import trio

from app import online
from app.chain.carrying import Carrying
from app.chain.delegated import Delegated
from app.chain.hosting import Hosting
from app.chain.linking import Link, Ways, link
from app.chain.port import Call, Connected
from app.chain.rehearsal import Rehearsal
from app.chain.signing import Signing
from app.errors import code
from app.results import CommandFailed
from app.wallet_results import TransactionChanged
from app.workers import WorkerFailed
from p2p.chain import ChainError, Mined
from p2p.sender import Entry
from p2p.wallet_requests import Request, Signed, Transaction, WalletRefused
from storage.chains import ChainRow
from storage.vault import VaultError

if TYPE_CHECKING:
    from app.node import Node

log = logging.getLogger("app")
T = TypeVar("T")

AGAIN = 10.0  # seconds until what could not be looked after is tried again
PASSING = (CommandFailed, ChainError, VaultError, WorkerFailed, WalletRefused, OSError)  # what may be otherwise later
THREADS = 4  # a chain that does not answer keeps nobody else waiting
# Typed here: libp2p brings type stubs of an older trio, which know no `abandon_on_cancel`.
_thread: Callable[..., Awaitable[Any]] = trio.to_thread.run_sync


class Chains:
    """A ChainPort.  Trio thread only.  `changed`: called when another chain is in use, or none."""

    def __init__(self, node: Node, nursery: trio.Nursery) -> None:
        self._node = node
        self._nursery = nursery
        self._limiter = trio.CapacityLimiter(THREADS)
        self._opening = trio.Lock()  # one link is made, or closed, at a time
        self._link: Link | None = None
        self._rehearsal: Rehearsal | None = None
        self._scope: trio.CancelScope | None = None
        self._ended = trio.Event()
        self._nudge = trio.Event()
        self._news = trio.Event()
        self.signing = Signing(node)
        self.delegated = Delegated(node)
        self.carrying = Carrying(node)
        self.hosting = Hosting(node)

    def attach(self) -> None:
        """The vault is open."""
        self._rehearsal = Rehearsal(self._node.vault.vault, self._node.surroundings.now)
        self._scope = trio.CancelScope()
        self._ended = trio.Event()
        self._nursery.start_soon(self._run, self._scope, self._ended)

    async def detach(self) -> None:
        """The vault is about to be closed."""
        if self._scope is None:
            return
        self._scope.cancel()
        await self._ended.wait()
        self._scope = None
        self._rehearsal = None
        await self.reopen()

    async def connected(self) -> Connected:
        """As ChainPort has it; so are `ask` and `call`."""
        found = await self._linked()
        await self._in(found, found.connected.chain.identity)  # once; then it is known
        return found.connected

    async def ask(self, question: Callable[..., T], /, *args: Any) -> T:
        return await self._in(await self._linked(), question, *args)

    async def call(self, key: str, call: Call) -> Mined:
        found = await self._linked()
        entry = await self._node.blocking(found.sender.outcome, key)
        if entry is None:
            await self._submit(found, key, await self.signing.fresh(_request(found, call)))
        else:
            await self._used(entry.request)  # where a crash came between
        while True:
            news = self._news
            _ = self._node.vault
            entry = await self._node.blocking(found.sender.outcome, key)
            if entry is not None and entry.sending.ended:
                return _came_of(entry)
            await self._same(entry)
            await news.wait()

    async def begin(self, key: str, request: Transaction) -> Entry:
        """Have a request signed and sent as somebody else made it; how it stands then.  Errors: as `call`'s."""
        found = await self._linked()
        if await self._node.blocking(found.sender.outcome, key) is None:
            await self._submit(found, key, request)
        entry = await self._node.blocking(found.sender.outcome, key)
        assert entry is not None
        return entry

    async def sign(self, request: Request) -> Signed:
        """A bid or an agent's wallet: what is signed and not sent.  Errors: as Signing.signed's."""
        return await self.signing.signed(request)

    async def used(self) -> ChainRow:
        """What the vault says of the chain in use.  Errors: CommandFailed("chain-none" | "airplane" | "locked")."""
        row = await self._node.blocking(self._node.vault.vault.chains.used)
        if row is None:
            raise CommandFailed("chain-none")
        if row.kind != "embedded":
            online.network_allowed(self._node)
        return row

    @property
    def wrong(self) -> tuple[tuple[str, str], ...]:
        """The endpoints of the chain in use that are not asked, and what they showed."""
        return () if self._link is None else tuple(self._link.connected.chain.wrong.items())

    @property
    def rehearsal(self) -> Rehearsal:
        """Errors: CommandFailed("locked" | "absent")."""
        _ = self._node.vault
        assert self._rehearsal is not None
        return self._rehearsal

    @property
    def ways(self) -> Ways:
        """Errors: CommandFailed("locked" | "absent")."""
        return Ways(self.rehearsal, self.carrying.carry, self._allowed)

    async def thread(self, function: Callable[..., T], /, *args: Any, abandon: bool = False) -> T:
        """Run blocking code about a chain.  `abandon`: where cancelled nobody waits for it."""
        found: T = await _thread(function, *args, limiter=self._limiter, abandon_on_cancel=abandon)
        return found

    async def reopen(self) -> None:
        """Another chain is in use, or what is known of this one has changed: the next question opens it anew."""
        async with self._opening:
            if self._link is not None:
                self._link.closed = True
                self._link = None
        await self.carrying.close()
        self._wake()

    def _wake(self) -> None:
        self._nudge.set()
        self._nudge = trio.Event()

    async def _linked(self) -> Link:
        row = await self.used()
        async with self._opening:
            if self._link is None or self._link.row != row or self._link.closed:
                self._link = await self._made(row)
            return self._link

    async def _made(self, row: ChainRow) -> Link:
        address = await self.signing.address()
        if row.kind == "embedded":
            row = await self.thread(self.rehearsal.begin, address)  # what a crash left undone
            await self.signing.introduce(row.chain_id, row.contracts)
        made: Link

        def sign(request: Transaction, approval: str) -> Signed:
            """On the worker thread of a Sender."""
            if made.closed:
                raise CommandFailed("locked")
            return trio.from_thread.run(self.signing.signed, request, approval)

        clock, vault = self._node.surroundings.now, self._node.vault.vault
        made = await self.thread(link, self.ways, row, vault, sign, address, clock, self._teller())
        return made

    def _teller(self) -> Callable[[Entry], None]:
        """What says on the trio thread, asked from any, that a transaction stands otherwise."""
        token = trio.lowlevel.current_trio_token()

        def told(entry: Entry) -> None:
            event = TransactionChanged(entry.request.task, entry.sending.state)
            with suppress(trio.RunFinishedError):  # nobody is there any more to be told
                token.run_sync_soon(self._node.listener, event)

        return told

    async def _in(self, found: Link, work: Callable[..., T], /, *args: Any) -> T:
        """Errors: those of `work`; CommandFailed("airplane")."""
        if found.row.kind != "embedded":
            online.network_allowed(self._node)
        elsewhere = found.row.kind != "embedded"
        try:
            return await self.thread(work, *args, abandon=elsewhere)
        finally:
            rehearsal = self._rehearsal
            if not elsewhere and self._link is found and rehearsal and rehearsal.stale(found.connected.chain):
                self._link = None  # it could not keep its block, and is opened again as it was

    async def _submit(self, found: Link, key: str, request: Transaction) -> None:
        token = trio.lowlevel.current_trio_token()

        def submit() -> None:
            try:
                found.sender.submit(key, request)
            finally:
                with suppress(trio.RunFinishedError):  # nobody waits for it any more, and it goes on all the same
                    token.run_sync_soon(self._wake)

        await self._in(found, submit)
        await self._used(request)

    async def _used(self, request: Transaction) -> None:
        """The yes of the person is gone with it."""
        with suppress(VaultError):  # the wallet itself takes no yes twice
            await self.signing.used(request)

    async def _same(self, entry: Entry | None) -> None:
        """Errors: CommandFailed("chain-changed") for what goes on at another chain than the one in use."""
        row = await self.used()
        if entry is not None and (entry.lane.chain_id, entry.lane.genesis) != (row.chain_id, row.genesis):
            raise CommandFailed("chain-changed", name=row.name)

    async def _run(self, scope: trio.CancelScope, ended: trio.Event) -> None:
        try:
            with scope:
                while True:
                    nudge = self._nudge
                    wait = await self._round()
                    self._news.set()
                    self._news = trio.Event()
                    with trio.move_on_after(wait):
                        await nudge.wait()
        finally:
            self._news.set()
            self._news = trio.Event()
            ended.set()

    async def _round(self) -> float:
        """Look after what goes on, once.  The seconds until it is to be done again."""
        try:
            if not await self._node.blocking(self._unfinished):
                return math.inf
            found = await self._linked()
            when = await self._in(found, found.sender.advance)
        except Exception as error:  # noqa: BLE001 - a chain is no reason to end the node
            log.info("what was sent to the chain waits: %s (%s)", code(error), type(error).__name__)
            return AGAIN
        return math.inf if when is None else max(0.0, when - self._node.surroundings.now())

    def _unfinished(self) -> int:
        chains = self._node.vault.vault.chains
        row = chains.used()
        return 0 if row is None else chains.unfinished(row.chain_id, row.genesis)[0]

    def _allowed(self) -> None:
        """Any thread.  Errors: CommandFailed("airplane" | "locked")."""
        if self._rehearsal is None:
            raise CommandFailed("locked")
        online.network_allowed(self._node)


def _request(found: Link, call: Call) -> Transaction:
    """Nonce, gas and fees are the Sender's.  Errors: WalletRefused for a contract that this chain has not."""
    at = found.connected
    contract = at.contracts.get(call.role)
    if contract is None:
        raise WalletRefused("wallet-contract", "The wallet does not know this contract.", contract=call.role)
    return Transaction(
        at.account, at.identity.chain_id, 0, contract, call.role, call.signature, call.args, 1, 0, 0, call.token,
        call.task, call.peer,
    )  # fmt: skip


def _came_of(entry: Entry) -> Mined:
    match entry.sending.state:
        case "final" if entry.mined is not None:
            return entry.mined
        case "displaced":
            raise ChainError("chain-displaced", "Another transaction of this account took its place.")
        case _:
            raise ChainError("chain-reverted", "The contract refuses this call.")
