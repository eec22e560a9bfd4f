"""What a command imports before it does anything: everybody waits for that, at each command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app import commands
from app.node import open_node

# Each takes 0.02 to 0.1 s, and only some commands need it.
LATER = {
    "chromadb",
    "charset_normalizer",
    "feedparser",
    "httpx",
    "icalendar",
    "inscriptis",
    "llama_cpp",
    "lxml",
    "mcp",
    "numpy",
    "pydantic_monty",
    "pypdfium2",
    "PySide6",
    "rapidfuzz",
    "recurring_ical_events",
    "sentence_transformers",
    "snowballstemmer",
    "torch",
    "vobject",
    "vyper",
}
# Modules of the program itself that a worker has no part in.
OF_THE_NODE = frozenset({"app.node", "app.cli", "app.oneshot", "trio", "storage.vault"})


def _imported(statement: str) -> set[str]:
    asked = f"import json, sys; {statement}; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, timeout=120, check=True)
    return set(json.loads(done.stdout))


def test_a_command_starts_without_what_only_some_commands_need() -> None:
    assert not _imported("import app.oneshot") & LATER


@pytest.mark.parametrize("worker", ["keyholder", "llama", "skills"])
def test_a_worker_imports_nothing_of_the_node(worker: str) -> None:
    assert not _imported(f"from app import services; services._SERVICES['{worker}']()") & OF_THE_NODE


async def test_an_open_vault_starts_no_embedder_until_there_is_something_to_embed(home: Path, tmp_path: Path) -> None:
    (tmp_path / "jam.md").write_text("# Quince\n\nThe jam is ready.\n", "utf-8")
    async with open_node(home) as node:
        await commands.create(node, "a passphrase of this test")
        before = node.embedding.state
        await commands.import_paths(node, [str(tmp_path / "jam.md")])
        assert (before, node.embedding.state) == ("off", "starting")


async def test_whoever_keeps_the_profile_has_the_embedder_up_with_each_vault(home: Path) -> None:
    async with open_node(home) as node:
        node.embedding.eager = True
        await commands.create(node, "a passphrase of this test")
        assert node.embedding.state != "off"
