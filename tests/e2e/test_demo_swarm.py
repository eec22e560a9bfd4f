"""`nuee demo swarm`: what a newcomer sees first of two agents that agree."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from installer import places
from tests.paths import ROOT

pytestmark = pytest.mark.skipif(not places.models().exists(), reason="the default models are not installed")
PATIENCE = 120  # seconds: on a busy machine


def nuee(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "app", *arguments]


def environment(folder: Path) -> dict[str, str]:
    """`folder`: where what is thrown away is made."""
    return {**os.environ, "NUEE_LANGUAGE": "en", "TMPDIR": str(folder)}


def answered(folder: Path, *arguments: str) -> Any:
    """What the command says."""
    done = subprocess.run(
        nuee(*arguments, "--json"), cwd=ROOT, env=environment(folder), capture_output=True, text=True, timeout=PATIENCE,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@contextmanager
def demo(folder: Path) -> Iterator[tuple[subprocess.Popen[str], list[Path]]]:
    """Running without windows, and the two profiles that it tells of."""
    command = nuee("demo", "swarm", "--no-windows")
    with subprocess.Popen(command, cwd=ROOT, env=environment(folder), stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            said = ""
            for line in running.stdout:
                said += line
                if line.startswith("Stop"):
                    break
            yield running, [Path(home) for home in re.findall(r"--home (\S+)", said)]
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(PATIENCE)


def test_two_agents_agree_by_the_command_that_the_demo_names_and_nothing_stays_of_them(tmp_path: Path) -> None:
    with demo(tmp_path) as (running, [ada, bob]):
        asking = ("task", "announce", "inference", "--prompt", "Say hello.", "--max-tokens", "8", "--wait")
        done = answered(tmp_path, *asking, "--home", str(ada))
        [theirs] = answered(tmp_path, "task", "list", "--home", str(bob))["tasks"]
    assert done["state"] == "done"
    assert done["result"]["text"]
    assert theirs["role"] == "participant"
    assert running.returncode == 0
    assert list(tmp_path.glob("nuee-demo-*")) == []
