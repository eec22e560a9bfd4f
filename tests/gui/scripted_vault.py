"""The commands on secrets, the proof and backups, with canned results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import trio

from app.backup_results import Exported, Restored
from app.embedder_results import EmbedderRow, EmbedderUsed
from app.privacy_results import NewPhrase
from app.prove_results import Leak, ProofReport
from app.results import CommandFailed, Progress, StateChanged
from tests.gui.scripted_skills import ScriptedSkills

PASSPHRASE = "gravel otter lantern seventeen"
PHRASE = " ".join(f"word{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(24))
ACTS = ("create", "import", "search and ask", "forget", "something new")
PROOF = ProofReport(True, 214, 38_000_000, 61, (), (), (), ACTS, 12, 104.0, "")
LEAK = ProofReport(
    False, 214, 38_000_000, 61, (Leak("/tmp/x/cache.db", "text of a mail", "as it is"),), (), (), (), 12, 104.0, ""
)  # fmt: skip
SEARCH_MODELS = (
    EmbedderRow("all-MiniLM-L6-v2", "ab" * 32, "embedder", 384, 91_000_000, ("en",), False, True, True, 94, 0),
    EmbedderRow("multilingual-e5-small", "cd" * 32, "embedder", 384, 471_000_000, (), True, False, False, 0, 94),
)


class ScriptedVault(ScriptedSkills):
    """Trio thread, but for the attributes that a test sets before."""

    def __init__(self) -> None:
        super().__init__()
        self.state: Any = "absent"
        self.proof = PROOF
        self.search_models = SEARCH_MODELS
        self.proving = trio.Event()  # a proof waits for it

    async def embedders(self, node: object) -> tuple[EmbedderRow, ...]:
        return self.search_models

    async def add_embedder(self, node: object, path: str) -> EmbedderRow:
        self.calls.append(("add_embedder", (path,)))
        raise CommandFailed("unreadable", detail="This is no embedding model.")

    async def use_embedder(self, node: object, name: str) -> EmbedderUsed:
        self.calls.append(("use_embedder", (name,)))
        return EmbedderUsed(name, "cd" * 32, False)

    async def remove_embedder(self, node: object, name: str) -> str:
        self.calls.append(("remove_embedder", (name,)))
        return name

    async def touch(self, node: object) -> None:
        self.calls.append(("touch", ()))

    async def change_passphrase(self, node: object, secret: str, new: str) -> None:
        self.calls.append(("change_passphrase", (secret, new)))
        if secret != PASSPHRASE:
            raise CommandFailed("wrong-secret")

    async def new_recovery_phrase(self, node: object, secret: str) -> NewPhrase:
        self.calls.append(("new_recovery_phrase", (secret,)))
        if secret != PASSPHRASE:
            raise CommandFailed("wrong-secret")
        return NewPhrase(PHRASE)

    async def prove(self, node: object, report: Callable[[object], None]) -> ProofReport:
        self.calls.append(("prove", ()))
        report(Progress("proving", 3, 14, "import"))
        await self.proving.wait()
        return self.proof

    async def export_archive(self, node: object, path: str, secret: str, report: Callable[[object], None]) -> Exported:
        self.calls.append(("export_archive", (path, secret)))
        if secret != PASSPHRASE:
            raise CommandFailed("wrong-secret")
        report(Progress("copying", 1, 2))
        return Exported(path, 4_300_000, 80, 2, False)

    async def export_open(self, node: object, path: str, report: Callable[[object], None]) -> Exported:
        self.calls.append(("export_open", (path,)))
        return Exported(path, 4_300_000, 80, 2, True)

    async def restore_archive(self, node: object, path: str, secret: str, report: Callable[[object], None]) -> Restored:
        self.calls.append(("restore_archive", (path, secret)))
        if secret != PASSPHRASE:
            raise CommandFailed("wrong-secret")
        self.state = "open"
        self.listener(StateChanged("open"))
        return Restored("/home/camille", "2026-05-04T09:30:00+00:00", 80)
