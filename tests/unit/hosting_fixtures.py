"""A real vault and the real sandbox around a skill, with host functions whose effects are counted."""

from __future__ import annotations

import atexit
import functools
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar, cast

import trio

from agent.taint import Provenance
from app import services
from app.catalogs import bundled
from app.functions.port import Answer, Context, FunctionFailed, Undo
from app.functions.table import COMPLETIONS
from app.hosting.host import SkillHost
from app.node import Node
from app.surroundings import Surroundings
from app.workers import WorkerProcess
from skills import archive
from skills.manifest import validate_files
from storage.records import Record
from storage.skill_store import Coming
from storage.vault import Vault
from tests.unit.vault_fixtures import KEY

T = TypeVar("T")
FULL = ("mail.read", "mail.label", "mail.send:to=anyone", "keep")
NOW = 1_800_000_000.0


class _Shared:
    """One worker process for all tests: nothing a run does outlives the run, and starting one takes half a second."""

    def __init__(self) -> None:
        self._worker: WorkerProcess | None = None

    @property
    def alive(self) -> bool:
        return True

    def submit(self, op: str, args: Mapping[str, Any], listener: Callable[[dict[str, Any]], None]) -> int:
        if self._worker is None or not self._worker.alive:
            self._worker = services.start("skills")
            atexit.register(self._worker.kill)
        return self._worker.submit(op, args, listener)

    def kill(self) -> None:
        """It stays for the next test."""


SHARED = _Shared()


class House:
    """What a host wants of its node, over a real vault: no windows, no models."""

    def __init__(self, vault: Vault, nursery: trio.Nursery, clock: Callable[[], float]) -> None:
        self.vault = SimpleNamespace(vault=vault)
        self.store = vault
        self.nursery = nursery
        self.keeping = trio.Lock()
        self.forgets = 0
        self.language = "en"
        self.state = "open"
        self.airplane = False
        self.events: list[object] = []
        self.listener = self.events.append
        self.surroundings = replace(Surroundings(), now=clock)
        self.sent: list[dict[str, Any]] = []
        self.contexts: list[Context] = []
        table = {"mail.get": get, "mail.send": send, "mail.label": label}
        self.host = SkillHost(cast(Node, self), table, start=lambda: SHARED, completions=COMPLETIONS)

    async def blocking(self, function: Callable[..., T], /, *args: Any, **named: Any) -> T:
        return await trio.to_thread.run_sync(functools.partial(function, *args, **named))

    def install(
        self,
        program: str,
        name: str = "helper",
        permissions: tuple[str, ...] = FULL,
        more: str = "",
        before: Mapping[str, str] | None = None,
    ) -> None:
        """A skill whose entry "go" is the function `go`."""
        packed, coming = made(program, name, permissions, more, before)
        found = self.store.skills.find(name)
        self.store.skills.put(replace(coming, archive=packed), found.digest if found else None)

    def add(self, *records: Record) -> list[str]:
        self.store.library.add(records)
        return [record.id() for record in records]


def program(*lines: str, takes: str = "record") -> str:
    """The entry `go`, which takes the language and, unless it is asked otherwise, a record."""
    given = f"language, {takes}" if takes else "language"
    return "\n".join([f"def go({given}):", *(f"    {line}" for line in lines)]) + "\n"


async def get(node: Any, context: Context, arguments: Mapping[str, Any]) -> Answer:
    if arguments.get("id") == "missing":
        raise FunctionFailed("LookupError", "unknown-id", "There is no such mail.")
    stored = node.store.library.get(arguments["id"])
    one = stored.record
    return Answer({"text": one.body}, (Provenance("mail", stored.id, one.title, one.sender),))


async def send(node: Any, context: Context, arguments: Mapping[str, Any]) -> Answer:
    node.sent.append(dict(arguments))
    node.contexts.append(context)
    return Answer({"sent": True}, did={"to": ", ".join(arguments["to"])})


async def label(node: Any, context: Context, arguments: Mapping[str, Any]) -> Answer:
    did = {"title": str(arguments["labels"])}
    return Answer(None, did=did, records=(str(arguments["id"]),), undo=Undo("mail.label", dict(arguments)))


def made(
    program: str, name: str, permissions: tuple[str, ...], more: str = "", before: Mapping[str, str] | None = None
) -> tuple[bytes, Coming]:
    """`before`: files of the program before main.py."""
    others = {path: text.encode() for path, text in (before or {}).items()}
    joined = f"program = {[*others, 'main.py']}\n" if others else ""
    lines = "\n".join(f'  "{one}",' for one in permissions)
    files = {
        "SKILL.md": f"---\nname: {name}\ndescription: Helps with this test.\n---\nHelps.\n".encode(),
        "skill.toml": (
            f'version = "1.0.0"\n{joined}permissions = [\n{lines}\n]\n[entry]\ngo = "main.py:go"\n{more}'
        ).encode(),
        "main.py": program.encode(),
        **others,
    }
    report = validate_files(files, name)
    assert report.manifest is not None, report.problems
    packed = archive.pack(files)
    return packed, Coming(name, "1.0.0", report.manifest.digest, "/skills", "", permissions, packed)


@asynccontextmanager
async def house(path: Path, clock: Callable[[], float] | None = None) -> AsyncIterator[House]:
    """Opened, as the node opens it, and closed; without the bundled skills, which would act too."""
    vault = Vault.open(path, KEY) if path.exists() else Vault.create(path, KEY)
    with vault:
        async with trio.open_nursery() as nursery:
            vault.settings.set(bundled._SETTLED, bundled._fingerprint(bundled.folder()))
            one = House(vault, nursery, clock or Surroundings().now)
            await one.host.attach(vault)
            try:
                yield one
            finally:
                await one.host.detach()
                nursery.cancel_scope.cancel()
