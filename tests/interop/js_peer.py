"""The peers in JavaScript (js/): their packages, pinned by js/package-lock.json, in the cache; js/peer.mjs, running."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
import trio
from filelock import FileLock

from installer import places

HERE = Path(__file__).resolve().parent / "js"
INSTALL_TIME = 280  # seconds for npm; the packages are 217 MB with their own Node 22
FILES = ("package.json", "package-lock.json")


def installed() -> Path:
    """The folder with node_modules for the pinned versions; skips the test where npm cannot get them."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    digest = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in FILES)).hexdigest()[:16]
    folder = places.cache() / "interop" / digest
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        if not (folder / "complete").exists():
            for name in FILES:
                shutil.copy(HERE / name, folder)
            _install(npm, folder)
            (folder / "complete").touch()
        _copy_programs(folder)
    return folder


def _copy_programs(folder: Path) -> None:
    """Beside node_modules, where Node looks for packages; whole at any time, for a peer that starts meanwhile."""
    for program in HERE.glob("*.mjs"):
        there = folder / program.name
        if not there.exists() or there.read_bytes() != program.read_bytes():
            new = there.with_suffix(".new")
            shutil.copy(program, new)
            new.replace(there)


def _install(npm: str, folder: Path) -> None:
    try:
        subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund"], cwd=folder, check=True, timeout=INSTALL_TIME, capture_output=True
        )
    except subprocess.TimeoutExpired:
        pytest.skip("npm did not get the packages in time")
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace")
        if any(sign in said for sign in ("ENOTFOUND", "ECONNREFUSED", "ETIMEDOUT", "EAI_AGAIN", "ENETUNREACH")):
            pytest.skip("the npm registry is unreachable")
        raise AssertionError(said) from error


class JsPeer:
    """A running peer; `address` is where it listens.  Enter it from trio."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.address = ""

    async def __aenter__(self) -> Self:
        node = self._folder / "node_modules" / ".bin" / "node"
        self._process = subprocess.Popen(  # noqa: ASYNC220 - it starts at once
            [node, "peer.mjs"], cwd=self._folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.address = (await trio.to_thread.run_sync(self._line))["address"]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    async def do(self, **command: str) -> Any:
        """Give one command (peer.mjs lists them); its answer."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        return await trio.to_thread.run_sync(self._line)

    def _line(self) -> Any:
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, "the js peer has ended"
        return json.loads(line)
