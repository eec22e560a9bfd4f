"""`nuee node`: a node without a window, as a process of its own."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app import headless
from app.actions import offers
from app.views.swarm_setting import ASKED
from tests.paths import ROOT
from tests.unit.swarm_fixtures import PASSPHRASE, alone

PATIENCE = 120  # seconds: on a busy machine


def nuee(home: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "app", "--home", str(home), *arguments]


def environment() -> dict[str, str]:
    return {**os.environ, "NUEE_LANGUAGE": "en", "NUEE_PASSPHRASE": PASSPHRASE}


def said(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        nuee(home, *arguments), cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=PATIENCE,
        check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_a_node_takes_commands_is_there_once_and_ends_when_told_to(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert said(home, "init").returncode == 0
    command = nuee(home, "node", "--listen", "/ip4/127.0.0.1/tcp/0")
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    ) as node:  # fmt: skip
        try:
            assert node.stdout is not None
            assert any("/p2p/" in line for line in node.stdout)

            second = said(home, "node")
            assert (second.returncode, "already runs" in second.stderr) == (1, True)

            quota = said(home, "offers", "set", "inference", "--quota", "7", "--json")
            assert json.loads(quota.stdout)["quota"] == 7
            listed = said(home, "offers", "list")  # in words, from the process that owns the profile
            assert "at most 7 tokens" in listed.stdout
        finally:
            node.send_signal(signal.SIGTERM)
            _, complaints = node.communicate(timeout=PATIENCE)
    assert node.returncode == 0
    assert "Your contacts can run prompts" in complaints  # nobody could be asked
    assert "Traceback" not in complaints


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


async def test_the_first_start_asks_once_what_contacts_may_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with alone(tmp_path) as node:
        monkeypatch.setattr(sys, "stdin", Terminal("no\nyes\n"))
        for _ in range(2):
            await headless._asked_once(node, "en")
        (inference,) = [row for row in await offers.offers(node) if row.kind == "inference"]
        assert inference.audience == "nobody"
        assert node.vault.vault.settings.get(ASKED) is True
        assert sys.stdin.read() == "yes\n"
