"""What this node offers to other programs: each part off until turned on, and only while the vault is open.

`model`: the language model, in the form of OpenAI's API, under /v1.  It sees no vault data.
`mcp`: search, show and ask as tools of an MCP server, under /mcp.  Whoever holds that token reads the vault.
Each has a token of its own; both answer on one port of loopback.
"""

from __future__ import annotations

import functools
import importlib
import json
import logging
import secrets
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Literal

import trio

from app.endpoint import guard, http, replies
from app.endpoint.completions import Completions
from app.endpoint.replies import Refused
from storage.database import VaultError
from storage.settings import Settings

if TYPE_CHECKING:
    from app.node import Node

log = logging.getLogger("app")
Part = Literal["model", "mcp"]
PARTS: tuple[Part, ...] = ("model", "mcp")
PORT = 16833
_ON, _PORT = "offering.on", "offering.port"  # settings: list of parts; number


def parts_on(settings: Settings) -> tuple[Part, ...]:
    chosen = settings.get(_ON, [])
    return tuple(part for part in PARTS if part in chosen)


def turn(settings: Settings, part: Part, on: bool) -> None:
    chosen = set(parts_on(settings)) | {part} if on else set(parts_on(settings)) - {part}
    settings.set(_ON, sorted(chosen))


def port(settings: Settings) -> int:
    chosen = settings.get(_PORT, PORT)
    return chosen if isinstance(chosen, int) and 0 <= chosen < 65536 else PORT


def set_port(settings: Settings, number: int) -> None:
    settings.set(_PORT, number)


def token(settings: Settings, part: Part, *, new: bool = False) -> str:
    """Made when it is first asked for, and kept in the vault."""
    kept = None if new else settings.secret(f"offering:{part}")
    if kept is None:
        kept = f"nuee-{part}-{secrets.token_urlsafe(32)}".encode()
        settings.set_secret(f"offering:{part}", kept)
    return kept.decode()


class Offering:
    """Trio thread only.  `problem`: a code of the catalogue where it should run and cannot."""

    def __init__(self, node: Node, nursery: trio.Nursery) -> None:
        self._node = node
        self._nursery = nursery
        self._changing = trio.Lock()
        self._importing = trio.Lock()
        self._scope: trio.CancelScope | None = None
        self._ended = trio.Event()
        self._ended.set()
        self._tokens: dict[Part, str] = {}
        self.port: int | None = None  # where it answers now
        self.problem = ""

    async def start(self, *, wait: bool = True) -> None:
        """Run what is turned on.  The vault is open.  `wait`: return when it answers, or cannot."""
        up = trio.Event()
        async with self._changing:
            await self._stop()
            settings = self._node.vault.vault.settings
            self._ended = trio.Event()
            self._scope = trio.CancelScope()
            self._nursery.start_soon(self._run, settings, up, self._scope, self._ended)
        if wait:
            await up.wait()

    async def stop(self) -> None:
        """Every connection is closed, and no token is in memory."""
        async with self._changing:
            await self._stop()

    async def _stop(self) -> None:
        self._tokens = {}
        if self._scope is not None:
            self._scope.cancel()
        with trio.CancelScope(shield=True):
            await self._ended.wait()
        self._scope, self.port, self.problem = None, None, ""

    async def _run(self, settings: Settings, up: trio.Event, scope: trio.CancelScope, ended: trio.Event) -> None:
        def started(where: int) -> None:
            self.port = where
            up.set()

        try:
            with scope:
                self._tokens, number = await self._node.blocking(_chosen, settings)
                if self._tokens:
                    async with AsyncExitStack() as stack:
                        await http.serve(await self._app(stack), number, started)
        except* OSError:
            self.problem = "endpoint-port"
        except* Exception as failed:  # noqa: BLE001 - what is offered to others is no reason to end the node
            log.error("what is offered ended with %s", type(failed.exceptions[0]).__name__)  # noqa: TRY400 - no text
        finally:
            self._tokens, self.port = {}, None
            up.set()
            ended.set()

    async def imported(self, module: str) -> Any:
        """A module that needs `mcp`: 0.7 s, for those who use it.  One at a time: two threads that import parts of it
        at once find each other's half done."""
        async with self._importing:
            return await self._node.blocking(importlib.import_module, module)

    async def _app(self, stack: AsyncExitStack) -> http.App:
        completions = Completions(lambda: self._node.llm, self._node.chooser.current)
        mcp: http.App | None = None
        if "mcp" in self._tokens:
            mcp_server = await self.imported("app.endpoint.mcp_server")
            mcp = await stack.enter_async_context(mcp_server.running(self._node))
        return functools.partial(self._answer, completions, mcp)

    async def _answer(
        self, completions: Completions, mcp: http.App | None, scope: http.Scope, receive: Any, send: Any
    ) -> None:
        begun = False

        async def sent(message: http.Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            part: Part = "mcp" if scope["path"] == "/mcp" else "model"
            guard.check(scope["headers"], self.port or 0, self._tokens.get(part, ""))
            if part == "mcp" and mcp is not None:
                await mcp(scope, receive, sent)
            else:
                await _model(completions, scope, receive, sent)
        except Refused as refused:
            if not begun:
                await replies.send_json(sent, replies.error(refused), refused.status)
        except Exception as error:
            if begun or isinstance(error, trio.BrokenResourceError | trio.ClosedResourceError):
                raise
            failed = Refused(500, "internal", f"Something went wrong here ({type(error).__name__}).")
            await replies.send_json(sent, replies.error(failed), 500)


async def _model(completions: Completions, scope: http.Scope, receive: Any, send: replies.Send) -> None:
    path = str(scope["path"])
    match scope["method"], path:
        case "GET", "/v1/models":
            await completions.models(send)
        case "GET", _ if path.startswith("/v1/models/"):
            await completions.model(path.removeprefix("/v1/models/"), send)
        case "POST", "/v1/chat/completions":
            await completions.complete((await receive())["body"], send)
        case _, "/v1/models" | "/v1/chat/completions":
            raise Refused(405, "method_not_allowed", "Models are got, completions are posted.")
        case _:
            raise Refused(404, "not_found", "There are /v1/models and /v1/chat/completions.")


def _chosen(settings: Settings) -> tuple[dict[Part, str], int]:
    try:
        return {part: token(settings, part) for part in parts_on(settings)}, port(settings)
    except (VaultError, json.JSONDecodeError):  # a damaged page there must not keep the vault from opening
        return {}, PORT
