"""Skills at the command line: real processes, a catalog served on loopback, a terminal where one is asked."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.paths import ROOT
from tests.unit.catalog_fixtures import KEEPER
from tests.unit.skill_fixtures import Publisher

COMMAND = [sys.executable, "-m", "app"]


@dataclass(frozen=True)
class Nuee:
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        own = {"NUEE_HOME": str(self.home), "NUEE_LANGUAGE": "en", "NUEE_PASSPHRASE": "a passphrase for the skills"}
        return {**os.environ, **own}

    def run(self, *arguments: str, stdin: int = subprocess.DEVNULL) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments],
            capture_output=True,
            text=True,
            env=self.environment,
            cwd=ROOT,
            timeout=240,
            stdin=stdin,
            check=False,
        )

    def json(self, *arguments: str) -> dict[str, Any]:
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        loaded: dict[str, Any] = json.loads(done.stdout)
        return loaded

    def at_terminal(self, answer: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        keyboard, screen = pty.openpty()
        try:
            os.write(keyboard, answer.encode())
            return self.run(*arguments, stdin=screen)
        finally:
            os.close(keyboard)
            os.close(screen)

    def installed(self) -> dict[str, str]:
        rows = self.json("skills", "list")["skills"]
        return {row["name"]: row["version"] for row in rows if row["source"] != "bundled"}


@pytest.fixture(name="keeper")
def keeper_fixture(tmp_path: Path) -> Publisher:
    keeper = Publisher(tmp_path / "catalog")
    keeper.created = int(time.time()) - 60
    keeper.add("weather")
    keeper.publish()
    return keeper


@pytest.fixture(name="address")
def address_fixture(keeper: Publisher, tmp_path: Path) -> Iterator[str]:
    """Where `nuee catalog serve` serves the keeper's folder."""
    nuee = Nuee(tmp_path / "home")
    serving = subprocess.Popen(
        [*COMMAND, "catalog", "serve", str(keeper.folder)],
        stdout=subprocess.PIPE,
        text=True,
        env=nuee.environment,
        cwd=ROOT,
    )
    assert serving.stdout is not None
    line = serving.stdout.readline()
    assert line.startswith("Serving http://127.0.0.1:")
    yield line.split()[1]
    serving.kill()
    serving.communicate(timeout=60)


def test_the_life_of_a_skill_from_a_catalog(keeper: Publisher, address: str, tmp_path: Path) -> None:
    nuee = Nuee(tmp_path / "home")
    nuee.json("init")
    assert nuee.json("catalog", "add", address, "--key", KEEPER.id)["catalogs"][0]["name"] == "Ours"

    unasked = nuee.run("skills", "install", "weather")  # nobody is there to be asked
    assert unasked.returncode == 1
    assert unasked.stderr == "nuee: weather asks for permissions; add --yes to agree. It could: Read your mail.\n"
    declined = nuee.at_terminal("n\n", "skills", "install", "weather")
    assert (declined.returncode, declined.stdout) == (1, "")
    agreed = nuee.at_terminal("y\n", "skills", "install", "weather")
    assert (agreed.returncode, agreed.stdout) == (0, "Installed: weather 1.0.0\n")
    assert "+ Read your mail. (mail.read)" in agreed.stderr

    keeper.add("weather", "1.1.0", '"mail.read", "peer.ask"')
    keeper.publish()
    nuee.json("catalog", "refresh")
    more = nuee.run("skills", "update")
    assert more.returncode == 1
    assert "asks for more than before" in more.stderr
    assert "Ask the agents" in more.stderr
    assert "Read your mail" not in more.stderr
    assert nuee.installed() == {"weather": "1.0.0"}
    assert nuee.json("skills", "update", "weather", "--yes")["installed"][0]["version"] == "1.1.0"
    assert nuee.json("skills", "remove", "weather") == {"removed": "weather"}
