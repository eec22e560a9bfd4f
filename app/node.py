"""The composition root: vault, agent and workers of one profile, in one trio nursery.  No Qt here.

A node is absent (no vault yet), locked or open.  Everything that holds plaintext (vault connection, index worker,
embedding worker, model worker, key holder) exists only while it is open; locking ends those processes.  It locks itself
when nobody is there any more and after the machine slept (see `app.presence`).
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Literal, TypeVar

import trio

from agent.llama_client import LlamaClient
from agent.llm import LlmFailed
from agent.models import ModelError, ModelFile, ModelStore
from app import online, preferences, services
from app.chain.chains import Chains
from app.chooser import ModelChooser
from app.embedding import Embedding
from app.endpoint.offering import Offering
from app.functions.table import COMPLETIONS, TABLE
from app.hosting.host import SkillHost
from app.open_vault import OpenVault
from app.presence import Presence
from app.profile import Profile, ownership
from app.results import CommandFailed, Created, EngineRestarted, StateChanged
from app.routing import Routing
from app.schedule import Schedule
from app.stoppable import Flag, stoppable
from app.surroundings import Surroundings
from app.swarm.swarm import Swarm
from app.syncing import Syncing
from app.texts import system_language
from app.workers import WorkerFailed, WorkerProcess
from installer import places
from storage.vault import VaultError

State = Literal["absent", "locked", "open"]
Listener = Callable[[object], None]
T = TypeVar("T")

BLOCKING_THREADS = 8


class Node:
    """One profile at work.  Trio thread only."""

    def __init__(
        self, profile: Profile, listener: Listener, nursery: trio.Nursery, surroundings: Surroundings | None = None
    ) -> None:
        self.profile = profile
        self.surroundings = surroundings or Surroundings()
        self.listener = listener
        self.nursery = nursery
        self._limiter = trio.CapacityLimiter(BLOCKING_THREADS)
        self._changing = trio.Lock()  # one of create, unlock, lock, forget, new passphrase at a time
        self.keeping = trio.Lock()  # held while an answer is stored, or records are forgotten
        self.forgets = 0  # how often: an answer that was begun before may hold what is forgotten
        self._open: OpenVault | None = None
        self._keyholder: WorkerProcess | None = None
        self.models = ModelStore(places.models())
        self.chooser = ModelChooser(self.models)
        self.embedding = Embedding(self.blocking, listener, nursery)
        self.syncing = Syncing(nursery, listener, self._arrived, self.surroundings)
        self.schedule = Schedule(nursery, self.syncing, lambda: self.airplane, self.embedding.hold, self.surroundings)
        self.airplane = online.marked(profile)  # trio thread sets it, any thread reads it; see app.online
        self.llm = self._new_llm()
        self.skills = SkillHost(self, TABLE, completions=COMPLETIONS)
        self.routing = Routing(self)
        self.offering = Offering(self, nursery)
        self.swarm = Swarm(self, nursery)
        self.chains = Chains(self, nursery)
        self.presence = Presence(lambda: self._open is not None, self._lock_after, self._lock_itself)

    @property
    def state(self) -> State:
        if self._open is not None:
            return "open"
        return "locked" if self.profile.exists else "absent"

    @property
    def language(self) -> str:
        """The interface's language: chosen, else the system's."""
        chosen = str(preferences.read(self.profile.home)["language"])
        return system_language() if chosen == "system" else chosen

    @property
    def vault(self) -> OpenVault:
        """The open vault.  Errors: CommandFailed("locked" | "absent")."""
        if self._open is None:
            raise CommandFailed(self.state)
        return self._open

    async def blocking(self, function: Callable[..., T], /, *args: Any, **named: Any) -> T:
        """Run blocking code in a worker thread; a cancelled caller waits for it, so that nothing is half done."""
        return await trio.to_thread.run_sync(functools.partial(function, *args, **named), limiter=self._limiter)

    async def interruptible(self, work: Callable[[], T], flag: Flag) -> T:
        """As `blocking`, for work that polls `flag`, which is set when the caller is cancelled."""
        return await stoppable(work, flag, self._limiter, grace=math.inf)

    async def create(self, passphrase: str) -> Created:
        """Make key file and vault, and open them.  Errors: CommandFailed("exists", …), KeyFileError, VaultError."""
        async with self._changing:
            if self.profile.exists:
                raise CommandFailed("exists", path=str(self.profile.home))
            self.profile.prepare()
            reply = await self._ask_keyholder("create", passphrase=passphrase)
            try:
                await self._enter(reply["vault_key"], create=True)
            except BaseException:
                self.profile.key_file.unlink(missing_ok=True)  # a key to nothing would block the next attempt
                raise
        return Created(str(self.profile.home), reply["phrase"])

    async def unlock(self, secret: str) -> None:
        """Open the vault with passphrase or recovery phrase.  No harm if it is open.  Errors: as the key file's."""
        async with self._changing:
            if self._open is not None:
                return
            if not self.profile.exists:
                raise CommandFailed("absent")
            reply = await self._ask_keyholder("open", secret=secret)
            await self._enter(reply["vault_key"], create=False)

    async def prove_secret(self, secret: str) -> bytes:
        """The vault key, once more, for whoever shows before a consequential act that they know how to open it.

        Errors: KeyFileError `wrong-secret`, ….
        """
        keeper = services.start("keyholder")
        try:
            call = functools.partial(keeper.call, "open", path=str(self.profile.key_file), secret=secret)
            return bytes((await self.blocking(call))["vault_key"])
        finally:
            keeper.kill()

    async def ask_wallet(self, op: str, /, **args: Any) -> dict[str, Any]:
        """What the wallet in the key-holder answers (app.wallet_service); `secret` goes with what takes one.

        Errors: CommandFailed("locked" | "absent"); WorkerFailed with the wallet's code and values.
        """
        _ = self.vault
        if self._keyholder is None:
            raise CommandFailed("locked")
        paths = {"path": str(self.profile.wallet), "key_path": str(self.profile.key_file)}
        return await self.blocking(functools.partial(self._keyholder.call, op, **paths, **args))

    async def adopt(self, key_file: Path, secret: str, settle: Callable[[bytes], None]) -> None:
        """Open the profile that `settle` puts in place, once `secret` has opened `key_file`.  Errors: as unlock's.

        `settle` gets the vault key and checks with it before it moves anything (worker thread).
        """
        async with self._changing:
            if self.profile.exists:
                raise CommandFailed("exists", path=str(self.profile.home))
            reply = await self._ask_keyholder("open", secret=secret, path=str(key_file))
            try:
                await self.blocking(settle, reply["vault_key"])
                await self._enter(reply["vault_key"], create=False)
            except BaseException:
                self._end_keyholder()
                raise

    async def lock(self) -> None:
        """Close the vault and end every process that held plaintext."""
        async with self._changing:
            with trio.CancelScope(shield=True):
                await self._leave()
            if self.embedding.eager:
                self.embedding.start()  # a fresh process, so that the next unlock finds it warm

    @asynccontextmanager
    async def quiet(self) -> AsyncIterator[OpenVault]:
        """The open vault with nobody else at it; the workers that knew its text or vectors are new ones afterwards.

        Errors: CommandFailed("locked" | "absent").
        """
        async with self._changing, self.keeping:
            vault = self.vault
            self.forgets += 1
            async with self.embedding.halted():
                await self.llm.aclose()
                await self.skills.rest()
                try:
                    yield vault
                finally:
                    await self.blocking(vault.renew_index)

    async def rewrap(self, op: str, **args: str) -> dict[str, Any]:
        """Have the key file changed, by a key holder that ends with the answer; the vault stays as it is, open or not.

        Errors: CommandFailed("absent"), and as the key file's.
        """
        async with self._changing:
            if not self.profile.exists:
                raise CommandFailed("absent")
            keyholder = services.start("keyholder")
            try:
                return await self.blocking(keyholder.call, op, path=str(self.profile.key_file), **args)
            finally:
                with trio.CancelScope(shield=True):
                    await self.blocking(keyholder.kill)

    async def close(self) -> None:
        with trio.CancelScope(shield=True):
            await self._leave()

    async def _ask_keyholder(self, op: str, **args: str) -> dict[str, Any]:
        self._keyholder = self._keyholder or services.start("keyholder")
        call = functools.partial(self._keyholder.call, op, **{"path": str(self.profile.key_file), **args})
        try:
            return await self.blocking(call)
        except BaseException:
            self._end_keyholder()
            raise

    async def _lock_after(self) -> object:
        """As set; None where nothing is, or where it cannot be read just now."""
        with suppress(CommandFailed, VaultError):
            return await self.blocking(self.vault.vault.settings.get, "lock_after_minutes")
        return None

    async def _lock_itself(self) -> None:
        with suppress(VaultError):  # a full disk: the journal stays beside the vault, and the next opening takes it in
            await self.lock()

    async def _enter(self, key: bytes, *, create: bool) -> None:
        opening = functools.partial(OpenVault.open, self.profile.vault, key, create=create)
        vault = await self.blocking(opening)
        try:
            await self.blocking(vault.ensure_host_key, self._bind)
            self.chooser.selected = await self.blocking(vault.vault.settings.get, "model")
            self.airplane = await self.blocking(online.stored, vault.vault, self.profile)
        except BaseException:
            await self.blocking(vault.close)
            raise
        self._open = vault
        self.embedding.attach(vault)
        self.presence.touch()
        self.syncing.attach(vault.vault, vault.documents.extract)
        self.schedule.attach(vault.vault)
        await self.skills.attach(vault.vault)
        self.chains.attach()
        self.nursery.start_soon(self.routing.warm)
        self.nursery.start_soon(self.swarm.settle)
        self.listener(StateChanged("open"))
        await self.offering.start(wait=False)

    def _arrived(self) -> None:
        """A source brought something in."""
        self.embedding.nudge()
        self.skills.triggers.nudge()

    def _bind(self, peer_id: str) -> bytes:
        if self._keyholder is None:
            raise WorkerFailed("locked", "the key holder is not running")
        return bytes(self._keyholder.call("bind", peer_id=peer_id, created=int(time.time()))["binding"])

    async def _leave(self) -> None:
        await self.offering.stop()
        await self.swarm.detach()
        vault, self._open = self._open, None
        await self.chains.detach()
        await self.schedule.detach()
        await self.syncing.leave()
        await self.skills.detach()
        await self.embedding.detach()
        await self.llm.aclose()
        self.llm = self._new_llm()
        self._end_keyholder()
        if vault is not None:
            try:
                await self.blocking(vault.close)
            finally:
                self.listener(StateChanged("locked"))

    def _end_keyholder(self) -> None:
        if self._keyholder is not None:
            self._keyholder.kill()
            self._keyholder = None

    def _new_llm(self) -> LlamaClient:
        return LlamaClient(
            start=functools.partial(services.start, "llama"),
            model=self._answering,
            verify=self._verify,
            on_restart=lambda: self.listener(EngineRestarted()),
        )

    def _answering(self) -> ModelFile:
        try:
            return self.chooser.current()
        except CommandFailed as none:
            raise LlmFailed(none.key, "There is no language model.") from none

    def _verify(self, model: ModelFile) -> None:
        try:
            self.models.verify(model.digest)
        except ModelError as damaged:
            raise LlmFailed(damaged.code, str(damaged)) from damaged


@asynccontextmanager
async def open_node(
    home: Path, listener: Listener | None = None, surroundings: Surroundings | None = None
) -> AsyncIterator[Node]:
    """Own the profile at `home` and run its node.  Errors: profile.InUse, CommandFailed."""
    profile = Profile(home)
    with ownership(profile):
        async with trio.open_nursery() as nursery:
            node = Node(profile, listener or (lambda _event: None), nursery, surroundings)
            nursery.start_soon(node.presence.watch)
            try:
                yield node
            finally:
                await node.close()
                node.embedding.stop()
                nursery.cancel_scope.cancel()
