"""What a call that pays on the chain in use names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.actions.chain import use_chain
from app.results import CommandFailed
from app.swarm.pricing import WINDOW, Judged, _terms, _windows
from p2p.settlement_terms import MOST_WINDOW, SETTLE_MARGIN
from p2p.wallet_requests import NOBODY
from tests.unit.chains_fixtures import profile


async def test_a_kernel_of_the_printed_form_gets_no_hook_of_ours(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        await use_chain(node, "rehearsal")
        at = await node.chains.connected()
        prose = await node.chains.ask(_terms, at, "", (60, 60), 2e9)
        printed = await node.chains.ask(_terms, replace(at, dialect="printed"), "", (60, 60), 2e9)
    assert prose.hook == at.contracts["hook"]
    assert printed.hook == NOBODY
    assert "hook" not in printed.code


async def test_the_job_ends_after_the_windows_that_the_client_chose(tmp_path: Path) -> None:
    arbiter = "0x" + "4f" * 20
    async with profile(tmp_path) as node:
        await use_chain(node, "rehearsal")
        at = await node.chains.connected()
        brief = await node.chains.ask(_terms, at, arbiter, (60, 120), 2e9)
        long = await node.chains.ask(_terms, at, arbiter, (MOST_WINDOW, 120), 2e9)
    assert (brief.dispute_window, brief.arbitration_window) == (60, 120)
    assert brief.needed == 180 + SETTLE_MARGIN
    assert long.expires - brief.expires == MOST_WINDOW - 60


def test_nobody_who_says_nothing_of_windows_has_less_than_a_day() -> None:
    assert _windows(Judged("0x" + "4f" * 20)) == (WINDOW, WINDOW) == (86_400, 86_400)


@pytest.mark.parametrize("windows", [(59, 0), (0, 59), (MOST_WINDOW + 1, 0), (0, MOST_WINDOW + 1), (-60, 0)])
def test_a_window_that_no_provider_takes_is_refused_before_anything_is_created(windows: tuple[int, int]) -> None:
    with pytest.raises(CommandFailed) as failed:
        _windows(Judged("0x" + "4f" * 20, *windows))
    assert failed.value.key == "settle-windows"


def test_a_window_without_somebody_who_decides_is_said() -> None:
    with pytest.raises(CommandFailed) as failed:
        _windows(Judged("", 3_600))
    assert failed.value.key == "settle-windows-alone"
