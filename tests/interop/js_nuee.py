"""A peer of Nuée in JavaScript (js/nuee.mjs lists its commands) and the node that it talks to, a process each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from installer import places
from tests.e2e.household import PASSPHRASE, PATIENCE, Nuee
from tests.paths import ROOT


class JsNuee:
    """`peer`: its peer id; `address`: where it listens."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        first = self._line()
        self.peer, self.address = str(first["peer"]), str(first["address"])

    def do(self, what: str, **arguments: object) -> Any:
        """Give one command; its answer."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"do": what, **arguments}) + "\n")
        self._process.stdin.flush()
        answer = self._line()
        assert "error" not in answer, answer["error"]
        return answer

    def _line(self) -> Any:
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, "the peer in JavaScript has ended"
        return json.loads(line)


@contextmanager
def javascript(folder: Path) -> Iterator[JsNuee]:
    """`folder`: see js_peer.installed."""
    program = [str(folder / "node_modules" / ".bin" / "node"), "nuee.mjs"]
    process = subprocess.Popen(program, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield JsNuee(process)
    finally:
        process.kill()
        process.communicate()


@contextmanager
def running(folder: Path) -> Iterator[Nuee]:
    """`nuee node` on a new profile in `folder`, listening on loopback; commands are handed to it.

    Its model is the one that is installed.  Nothing is there to search by meaning: its start would take longer than
    all of this.
    """
    models = folder / "models"
    models.mkdir()
    for file in places.models().glob("[0-9a-f]*.*"):
        (models / file.name).symlink_to(file)
    given = {"NUEE_MODELS": str(models), "NUEE_PASSPHRASE": PASSPHRASE, "NUEE_LANGUAGE": "en"}
    before = {name: os.environ.get(name) for name in given}
    os.environ |= given
    nuee = Nuee(folder / "home")
    try:
        nuee.said("init")
        with _node(nuee.home):
            yield nuee
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


@contextmanager
def _node(home: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "app", "--home", str(home), "node", "--listen", "/ip4/127.0.0.1/tcp/0"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        assert any("/p2p/" in line for line in process.stdout), "the node did not start"
        yield
    finally:
        process.terminate()
        try:
            process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
