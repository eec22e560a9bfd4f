"""anvil, a local Ethereum node for development: from npm, where its makers publish the program for each platform.

`@foundry-rs/anvil-<platform>` holds nothing but `bin/anvil`; the package without a platform is a script that picks one.
npm fetches the archive, which is compared with the digest pinned here; npm compares it with its own too.  On platforms
without a pinned one, the anvil on the path is taken.  For the tests and for `nuee chain dev`; nothing else needs it.
"""

from __future__ import annotations

import base64
import hashlib
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from installer import places

VERSION = "1.7.1"
FETCH_TIME = 600.0  # seconds; the archive has 19 MB
_MEMBER = "package/bin/anvil"

Run = Callable[[Sequence[str], Path], int]  # a command and the folder to run it in; its exit status


@dataclass(frozen=True)
class Package:
    """`sha512`: of the archive, base64, as npm's `dist.integrity` has it."""

    name: str
    sha512: str


PACKAGES = {
    ("linux", "x86_64"): Package(
        "@foundry-rs/anvil-linux-amd64",
        "+XmShybEaxfCrr0OUUZwYEy2OnYZt5pHH9TzBtLv3+VrK0O/ANuNSVEahqNhKHlgX7GRJ59383ofNhxkRWIYTg==",
    ),
}


class AnvilMissing(Exception):
    """`code` is stable: anvil-platform (none is pinned for this machine), anvil-npm (npm is not installed),
    anvil-fetch (npm did not get it), anvil-digest (what npm got is not what was pinned)."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def package() -> Package:
    """For this machine.  Errors: AnvilMissing."""
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    try:
        return PACKAGES[sys.platform, machine]
    except KeyError:
        raise AnvilMissing(
            "anvil-platform", f"No anvil is pinned for {sys.platform} on {machine}, and none is on the path."
        ) from None


def binary() -> Path:
    """Where the pinned version stands once it was fetched."""
    return places.cache() / "anvil" / VERSION / "anvil"


def fetched(run: Run | None = None) -> Path:
    """The program, fetched with npm where it is not there yet; it appears whole or not at all.  Blocks.

    Errors: AnvilMissing, OSError where the disk does not take it.
    """
    found = binary()
    if found.exists():
        return found
    try:
        wanted = package()
    except AnvilMissing:
        if there := shutil.which("anvil"):
            return Path(there)
        raise
    npm = shutil.which("npm")
    if npm is None:
        raise AnvilMissing("anvil-npm", "npm is not installed, and anvil comes from there.")
    found.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=found.parent) as folder:
        here = Path(folder)
        command = [npm, "pack", f"{wanted.name}@{VERSION}", "--ignore-scripts", "--pack-destination", folder]
        if (run or _quietly)(command, here):
            raise AnvilMissing("anvil-fetch", "npm did not get anvil; is there a network?")
        _unpack(next(iter(here.glob("*.tgz")), None), wanted, here / "anvil")
        (here / "anvil").replace(found)
    return found


def _unpack(archive: Path | None, wanted: Package, target: Path) -> None:
    if archive is None:
        raise AnvilMissing("anvil-fetch", "npm left no archive of anvil.")
    if base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode() != wanted.sha512:
        raise AnvilMissing("anvil-digest", "The archive that npm got is not the one that was pinned.")
    with tarfile.open(archive) as packed:
        inside = packed.extractfile(_MEMBER)
        assert inside is not None  # the digest says what is in it
        with inside, target.open("wb") as out:
            shutil.copyfileobj(inside, out)
    target.chmod(0o755)


def _quietly(command: Sequence[str], folder: Path) -> int:
    try:
        return subprocess.run(command, cwd=folder, capture_output=True, timeout=FETCH_TIME, check=False).returncode
    except subprocess.TimeoutExpired:
        return 1
