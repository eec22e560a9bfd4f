"""`nuee settings`, and agreeing to an MCP server's tools, over a real vault."""

from __future__ import annotations

import io
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from app import cli, requests
from app.actions import interop
from app.actions.settings_cli import PRINTERS
from app.interop_results import McpServerView
from app.mcp import known
from app.mcp.known import McpTool, Server
from app.node import Node
from app.personal import KEYS
from app.results import CommandFailed
from tests.unit.hosting_fixtures import House, house

READ, WIPE = McpTool("read", "", "Reads.", "{}"), McpTool("wipe", "", "Wipes everything.", "{}")


def prepared(one: House, path: Path) -> Node:

    one.presence = SimpleNamespace(busy=nullcontext)  # type: ignore[attr-defined]
    one.profile = SimpleNamespace(home=path)  # type: ignore[attr-defined]
    return cast(Node, one)


async def typed(node: Node, *words: str) -> tuple[dict[str, Any], str]:
    name, args = cli.request(cli.parser("en").parse_args(["settings", *words]), "en")
    result = await requests.run(node, name, args, lambda _: None)
    out = io.StringIO()
    PRINTERS[name](result, "en", out, "")
    return result["settings"], out.getvalue()


async def test_what_is_set_is_what_is_read_and_kept(tmp_path: Path) -> None:
    async with house(tmp_path / "vault.db") as one:
        node = prepared(one, tmp_path)
        await typed(node, "set", "my_addresses", "Ada@Example.org,", "ada@b.net")
        assert (await typed(node, "get", "my_addresses"))[1] == "ada@example.org, ada@b.net\n"
        assert one.store.settings.get("my_addresses") == ["ada@example.org", "ada@b.net"]


async def test_all_of_them_are_listed_with_what_counts_where_nothing_was_set(tmp_path: Path) -> None:
    async with house(tmp_path / "vault.db") as one:
        found, printed = await typed(prepared(one, tmp_path))
        assert tuple(found) == KEYS
        assert all(f"{key} = " in printed for key in KEYS)
        assert (found["approval_days"], found["spend_day"], found["language"]) == (7, "0", "system")


async def test_a_setting_of_the_program_itself_is_nobodys_to_set(tmp_path: Path) -> None:
    async with house(tmp_path / "vault.db") as one:
        node = prepared(one, tmp_path)
        for words in (("set", "mcp.servers", "{}"), ("get", "authentication.servers")):
            with pytest.raises(CommandFailed) as caught:
                await typed(node, *words)
            assert caught.value.key == "setting-unknown"


async def test_a_value_that_cannot_be_meant_changes_nothing(tmp_path: Path) -> None:
    async with house(tmp_path / "vault.db") as one:
        node = prepared(one, tmp_path)
        await typed(node, "set", "spend_day", "5")
        with pytest.raises(CommandFailed):
            await typed(node, "set", "spend_day", "lots")
        assert one.store.settings.get("spend_day") == "5"


async def test_only_the_tools_that_were_shown_are_agreed_to(tmp_path: Path) -> None:
    async with house(tmp_path / "vault.db") as one:
        settings = one.store.settings
        known.save(settings, Server("files", ("npx",), tools=(READ, WIPE), secrets={"KEY": "hush"}))
        softer = McpTool("wipe", "", "Wipes what you name.", "{}")
        server = known.server(settings, "files")
        shown = interop._view(server, known.differences(server.tools, (softer,)))
        assert isinstance(shown, McpServerView)
        await interop.agree_mcp(cast(Node, one), shown)
        kept = known.server(settings, "files")
        assert (kept.tools, kept.secrets, kept.command) == ((softer,), {"KEY": "hush"}, ("npx",))
