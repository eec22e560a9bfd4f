"""Which embedding model a vault wants, and the change from one to another, which may take hours and many starts.

The setting `embedder` is {"current": id, "next": id or null}, written in one piece, so a killed process finds either
the old state or the new one.  The old model's vectors are dropped after the switch.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import trio

from app.embedder_results import ChangeState, EmbedderChange
from app.open_vault import OpenVault
from app.reembedding import Allowed, Blocking, Replacement, reembed
from app.workers import WorkerFailed
from storage.embedder_store import EmbedderStore, StoredModel

_SETTING = "embedder"
_RERANKER = "reranker"
Adopt = Callable[[OpenVault, Replacement, trio.Nursery], Awaitable[None]]


@dataclass(frozen=True)
class Choice:
    """`current`: the model that search uses, None for the built-in one; `following`: what it is changed to."""

    current: StoredModel | None
    following: StoredModel | None

    @property
    def folder(self) -> str:
        """Empty for the built-in model."""
        return "" if self.current is None else str(self.current.path)

    def uses(self, model: StoredModel) -> bool:
        return model.built_in if self.current is None else self.current.id == model.id

    def goes_to(self, model: StoredModel) -> bool:
        return self.following is not None and self.following.id == model.id


class Changing:
    """Trio thread only."""

    def __init__(
        self,
        store: EmbedderStore,
        blocking: Blocking,
        listener: Callable[[object], None],
        adopt: Adopt,
        allowed: Allowed,
    ) -> None:
        self.state: EmbedderChange | None = None
        self._store = store
        self._blocking = blocking
        self._listener = listener
        self._adopt = adopt
        self._allowed = allowed
        self._current = ""  # the id of the model that search uses
        self._scope = trio.CancelScope()
        self._over = trio.Event()  # no change is being made
        self._over.set()
        self._asked = trio.Event()

    async def choice(self, vault: OpenVault) -> Choice:
        """What the vault wants, of what there is on this machine."""
        return await self._blocking(self._read, vault)  # type: ignore[no-any-return]

    async def use(self, vault: OpenVault, model: StoredModel) -> bool:
        """Change to `model`, or back; True where it is the current one already."""
        choice = await self.choice(vault)
        if choice.following is not None and not choice.goes_to(model):
            await self._cancel(vault, choice)
            choice = await self.choice(vault)  # it may have been made just then
        if not choice.uses(model) and not choice.goes_to(model):
            await self._blocking(self._write, vault, choice.current, model)
        self.state = None
        self._asked.set()
        return choice.uses(model)

    async def use_reranker(self, vault: OpenVault, model: StoredModel) -> None:
        await self._blocking(vault.vault.settings.set, _RERANKER, model.id)

    async def reranker(self, vault: OpenVault) -> StoredModel | None:
        """The one that was chosen, or the first there is."""
        wanted = await self._blocking(vault.vault.settings.get, _RERANKER)
        found = await self._blocking(self._store.rerankers)
        return next((model for model in found if model.id == wanted), next(iter(found), None))

    async def settle(self, vault: OpenVault, model: str) -> None:
        """The change to `model` is made: search uses it from here on, whatever happens."""
        await self._blocking(vault.vault.settings.set, _SETTING, {"current": model, "next": None})
        self._current = model

    async def run(self, vault: OpenVault, current: str, nursery: trio.Nursery) -> None:
        """Make the changes that are asked for, one after the other.  `current`: the model that search uses now."""
        self._current = current
        try:
            await self._tidy(vault)
            while True:
                self._asked = trio.Event()
                choice = await self.choice(vault)
                if choice.following is not None:
                    self._over = trio.Event()
                    with trio.CancelScope() as self._scope:
                        await self._change(vault, choice.following, nursery)
                    self._over.set()
                await self._asked.wait()
        finally:
            self._over.set()

    async def _change(self, vault: OpenVault, model: StoredModel, nursery: trio.Nursery) -> None:
        vectors = vault.vault.vectors
        done = await self._blocking(vectors.count, model.id)
        left = await self._blocking(vectors.pending_count, model.id)
        self._say(model, "loading", done, done + left)

        def report(done: int, total: int) -> None:
            self._say(model, "embedding", done, total)

        try:
            new = await reembed(vault, model, self._blocking, report, self._allowed)
        except WorkerFailed as failure:
            self._say(model, "failed", done, done + left, failure.code)
            return
        old = self._current
        with trio.CancelScope(shield=True):  # from the setting to the processes: all or nothing
            await self._adopt(vault, new, nursery)
        await self._blocking(vectors.forget, old)
        total = await self._blocking(vectors.count, model.id)
        self._say(model, "done", total, total)
        self.state = None

    async def _cancel(self, vault: OpenVault, choice: Choice) -> None:
        """End the change that is under way, and drop what it made."""
        model = choice.following
        assert model is not None
        await self._blocking(self._write, vault, choice.current, None)
        self._scope.cancel()
        await self._over.wait()
        if self._current != model.id:
            await self._blocking(vault.vault.vectors.forget, model.id)
            self._say(model, "cancelled")
            self.state = None

    async def _tidy(self, vault: OpenVault) -> None:
        """Drop the vectors of models that were replaced, if the program ended before it could."""
        choice = await self.choice(vault)
        vectors = vault.vault.vectors
        kept = {self._current, choice.following.id if choice.following else self._current}
        others = set(await self._blocking(vectors.models)) - kept
        if others and not await self._blocking(vectors.pending_count, self._current):
            for model in sorted(others):
                await self._blocking(vectors.forget, model)

    def _say(self, model: StoredModel, state: ChangeState, done: int = 0, total: int = 0, detail: str = "") -> None:
        self.state = EmbedderChange(model.name, state, done, total, detail)
        self._listener(self.state)

    def _read(self, vault: OpenVault) -> Choice:
        wanted = vault.vault.settings.get(_SETTING)
        if not wanted:
            return Choice(None, None)
        known = {model.id: model for model in self._store.embedders()}
        current, following = known.get(wanted["current"] or ""), known.get(wanted["next"] or "")
        return Choice(None if current is None or current.built_in else current, following)

    def _write(self, vault: OpenVault, current: StoredModel | None, following: StoredModel | None) -> None:
        value = {"current": current.id if current else None, "next": following.id if following else None}
        vault.vault.settings.set(_SETTING, value)
