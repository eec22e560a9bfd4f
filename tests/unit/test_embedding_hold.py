"""On a low battery embedding waits, unless somebody waits for it."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio.testing

from app import commands
from app.node import open_node
from installer import places

PASSPHRASE = "gravel otter lantern seventeen"
pytestmark = pytest.mark.skipif(not places.models().exists(), reason="the default models are not installed")


@pytest.mark.timeout(120)
async def test_held_embedding_waits_until_a_command_asks_for_it(home: Path, tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text("# Quince\n\nThe jam is ready.\n")
    async with open_node(home) as node:
        await commands.create(node, PASSPHRASE)
        assert await node.embedding.ready()
        await commands.embed_all(node)
        node.embedding.hold(True)
        await commands.import_paths(node, [str(tmp_path / "note.md")])
        await trio.testing.wait_all_tasks_blocked(0.3)  # an idle machine embeds a note in less
        assert (await commands.status(node)).embedded == 0
        await commands.embed_all(node)
        assert (await commands.status(node)).embedded == 1
