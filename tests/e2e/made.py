"""Profiles that are made once for a file of tests and copied for each, and files imported without their vectors: a test
that claims nothing of how a vault is made, or of meaning, does not wait for either."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.paths import ROOT

_IMPORT = """
import json, os, sys
from pathlib import Path

import trio

from app import commands
from app.node import open_node
from app.results import as_json


async def main():
    async with open_node(Path(os.environ["NUEE_HOME"])) as node:
        await commands.unlock(node, os.environ["NUEE_PASSPHRASE"])
        print(json.dumps(as_json(await commands.import_paths(node, sys.argv[1:]))))


trio.run(main)
"""


def copied(home: Path, to: Path) -> Path:
    """The profile at `home`, which nobody has open, once more."""
    shutil.copytree(home, to)
    return to


def import_words(home: Path, passphrase: str, *paths: Path) -> dict[str, Any]:
    """As `nuee import --json`, without waiting until all can be found by meaning."""
    environment = {**os.environ, "NUEE_HOME": str(home), "NUEE_PASSPHRASE": passphrase, "NUEE_LANGUAGE": "en"}
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT, *map(str, paths)],
        capture_output=True,
        text=True,
        env=environment,
        cwd=ROOT,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report
