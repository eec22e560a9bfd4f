"""`nuee chain …` as people read it."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from app import cli, requests
from app.actions import chain_cli
from app.node import Node
from app.printing import PRINTERS
from tests.unit.chains_fixtures import profile

LANGUAGES = ("en", "fr")
ROW = {
    "name": "base", "kind": "rpc", "chain_id": 8453, "network": "Base", "genesis": "0xab", "endpoints": ["https://a.example"],
    "used": True, "real_value": True,
}  # fmt: skip
STATUS: dict[str, Any] = {
    "row": ROW, "head": 7, "confirmations": 12, "address": "0x11", "dialect": "prose", "on": False, "jobs": 2,
    "contracts": [{"role": "token", "address": "0x22", "code": "other", "known": False}],
    "pending": [{"key": "a/fund", "state": "sent", "nonce": 3, "problem": "", "task": "a"}],
    "wrong": [["https://b.example", "chain 5, 0xcd"]], "problem": "", "hosting": True,
    "kept": 12 * 2**20, "most": 256 * 2**20,
}  # fmt: skip


def printed(name: str, result: dict[str, Any], language: str = "en") -> str:
    out = StringIO()
    PRINTERS[name](result, language, out, "")
    return out.getvalue()


async def said(node: Node, *words: str, language: str = "en") -> str:
    """What the command prints."""
    options = cli.parser(language).parse_args(["chain", *words])
    asked = chain_cli.request(options, language)
    assert asked is not None
    name, args = asked
    return printed(name, await requests.run(node, name, args, lambda _event: None), language)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_without_a_chain_it_is_said_how_to_begin(tmp_path: Path, language: str) -> None:
    async with profile(tmp_path) as node:
        for words in (["status"], ["list"]):
            assert "nuee chain use rehearsal" in await said(node, *words, language=language)


async def test_the_rehearsal_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        assert "worth nothing" in await said(node, "use", "rehearsal")
        status = await said(node, "status")
        assert status.count("the contract of this release") == 7
        assert "NO CONTRACT" not in status
        assert "10\u202f000\u00a0NREH" in await said(node, "balance")
        assert (await said(node, "balance", "0x" + "11" * 20)).count(" 0\u00a0") == 2
        assert (await said(node, "list")).startswith("* rehearsal")
        assert "nuee chain join" in await said(node, "host", "on")
        assert "may use the chain" in await said(node, "status")
        assert "cannot use" in await said(node, "host", "off")
        assert "No chain" in await said(node, "use", "none")
        assert "rehearsal" in await said(node, "remove", "rehearsal")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_status_tells_everything_that_is_wrong(language: str) -> None:
    shown = printed("chain-status", STATUS, language)
    for part in (
        "8453",
        "12.0\u00a0MiB" if language == "en" else "12,0\u00a0Mio",
        "0xab",
        "https://a.example",
        "0x11",
        "0x22",
        "a/fund (#3)",
        "https://b.example",
        "chain 5, 0xcd",
    ):
        assert part in shown


def test_money_that_may_be_lost_is_written_in_capitals() -> None:
    assert "MAY COST MONEY" in printed("chain-status", STATUS)
    assert "MAY COST MONEY" not in printed("chain-status", {**STATUS, "row": {**ROW, "real_value": False}})


def test_what_an_endpoint_says_of_itself_turns_nothing_around() -> None:
    shown = printed("chain-status", {**STATUS, "wrong": [["https://b.example/\u202e", "x\ny"]]})
    assert "\u202e" not in shown
    assert "x y" in shown


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["embedded", "peer", "rpc"])
@pytest.mark.parametrize("on", [True, False])
def test_each_kind_of_chain_is_told_when_it_is_used(kind: str, on: bool, language: str) -> None:
    used = {"name": "mine", "kind": kind, "network": "Base", "real_value": True, "on": on, "proof": False}
    assert "mine" in printed("chain-use", used, language)
