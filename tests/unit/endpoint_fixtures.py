"""An offering over a real vault, with a scripted model, and raw requests to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import trio

from agent.llm import Llm
from agent.models import ModelFile
from app.endpoint import offering
from app.endpoint.offering import Offering, Part
from app.node import Node
from storage.vault import Vault
from tests.fakes import ScriptedLlm

MODEL = ModelFile("0" * 64, "Scripted", Path("scripted.gguf"), 1, 1, 8192, 1, "llama", "Q4_1", 1, ())


@dataclass
class Offered:
    offering: Offering
    vault: Vault
    port: int
    token: str = field(repr=False)

    async def raw(self, request: bytes) -> bytes:
        """The whole answer, until the connection ends."""
        stream = await trio.open_tcp_stream("127.0.0.1", self.port)
        async with stream:
            await stream.send_all(request)
            return b"".join([part async for part in stream])

    async def get(self, path: str = "/v1/models", *, host: str = "", token: str | None = None, more: str = "") -> bytes:
        head = f"GET {path} HTTP/1.1\r\nHost: {host or f'127.0.0.1:{self.port}'}\r\n"
        bearer = f"Authorization: Bearer {self.token if token is None else token}\r\n"
        return await self.raw(f"{head}{bearer}{more}Connection: close\r\n\r\n".encode())


@asynccontextmanager
async def offered(vault: Vault, llm: Llm | None = None, part: Part = "model") -> AsyncIterator[Offered]:
    """With one part turned on, at a free port."""
    offering.turn(vault.settings, part, True)
    offering.set_port(vault.settings, 0)
    node = SimpleNamespace(
        vault=SimpleNamespace(vault=vault),
        llm=llm or ScriptedLlm([]),
        chooser=SimpleNamespace(current=lambda: MODEL),
        blocking=_blocking,
    )
    async with trio.open_nursery() as nursery:
        one = Offering(cast(Node, node), nursery)
        await one.start()
        assert one.port
        yield Offered(one, vault, one.port, offering.token(vault.settings, part))
        await one.stop()


async def _blocking(function: Callable[..., Any], *args: Any) -> Any:
    return await trio.to_thread.run_sync(function, *args)
