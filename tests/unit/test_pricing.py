"""What a call that pays on the chain in use names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from app.actions.chain import use_chain
from app.swarm.pricing import _terms
from p2p.wallet_requests import NOBODY
from tests.unit.chains_fixtures import profile


async def test_a_kernel_of_the_printed_form_gets_no_hook_of_ours(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        await use_chain(node, "rehearsal")
        at = await node.chains.connected()
        prose = await node.chains.ask(_terms, at, "", 2e9)
        printed = await node.chains.ask(_terms, replace(at, dialect="printed"), "", 2e9)
    assert prose.hook == at.contracts["hook"]
    assert printed.hook == NOBODY
    assert "hook" not in printed.code
