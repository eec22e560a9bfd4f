"""`nuee chain dev` in a process of its own: a chain with contracts, coins and tokens, kept for the next time."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.actions import chain as chains
from app.chain.anvil import AnvilMissing, anvil_binary
from app.chain.dev import joining_command
from app.chain.rehearsal import COINS, TOKENS
from p2p.chain import Chain
from p2p.endpoints import http_endpoint
from tests.paths import ROOT
from tests.unit.anvil_fixtures import NOT_HERE
from tests.unit.chains_fixtures import PASSPHRASE, profile

OTHER = "0x" + "11" * 20
pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent to a process as a signal"),
]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def dev(home: Path, port: int) -> Iterator[list[str]]:
    """What it printed, once the chain is there; Ctrl-C at the end."""
    try:
        anvil_binary()
    except AnvilMissing as error:
        if error.code in NOT_HERE:
            pytest.skip(f"anvil cannot be had here: {error}")
        raise
    command = [sys.executable, "-m", "app", "--home", str(home), "chain", "dev", "--port", str(port), "--for", OTHER]
    environment = {**os.environ, "NUEE_PASSPHRASE": PASSPHRASE}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line.strip())
            if line.startswith("nuee chain add"):
                break
        try:
            yield lines
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(120) == 0


async def test_it_is_furnished_for_two_profiles_and_the_same_one_the_next_time(tmp_path: Path) -> None:
    home, port = tmp_path / "home", free_port()
    async with profile(home):
        pass
    url = f"http://127.0.0.1:{port}"
    with dev(home, port) as lines:
        first = Chain([http_endpoint(url)]).identity()
        given = Chain([http_endpoint(url)]).balance(OTHER)
    async with profile(home) as node:
        row = await node.chains.used()
        assert (row.name, row.genesis, row.endpoints) == ("dev", first.genesis, (url,))
        assert lines[-1] == joining_command(row)
        assert given == COINS
        status = await chains.chain_status(node)
        assert status.problem  # the chain has ended with the command
    with dev(home, port):
        chain = Chain([http_endpoint(url)])
        (tokens,) = chain.read(row.contracts["token"], "balanceOf(address)", ["uint256"], OTHER)
        again = chain.identity()
    assert again == first
    assert tokens == TOKENS


async def test_a_second_profile_joins_it_with_what_is_printed(tmp_path: Path) -> None:
    from app import cli, requests
    from app.actions import chain_cli

    home, port = tmp_path / "home", free_port()
    async with profile(home):
        pass
    with dev(home, port) as lines:
        async with profile(tmp_path / "second") as node:
            adding = lines[-1].partition(" && ")[0].split()[1:]
            asked = chain_cli.request(cli.parser("en").parse_args(adding), "en")
            assert asked is not None
            await requests.run(node, *asked, lambda _event: None)
            await chains.use_chain(node, "dev")
            status = await chains.chain_status(node)
    assert {one.code for one in status.contracts} == {"ours"}
    assert status.on
