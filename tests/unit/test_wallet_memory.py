"""No process but the key-holder holds the identity seed, a wallet key or the recovery phrase while the wallet is used.

A real node at work in a process of its own, its workers beside it; their memory is read from outside.  The window is a
thread of the node's process (app.bridge), so what holds for the node holds for it.
"""

from __future__ import annotations

import base64
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from p2p import hd
from p2p.keyholder import IDENTITY_LABEL
from storage import keys
from tests.paths import ROOT
from tests.unit.chains_fixtures import PASSPHRASE
from tests.unit.wallet_node_fixtures import make

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/PID/mem")

_PAGE = 4096
_PIECE = 16 * 1024 * 1024
_SECONDS = 240  # on a machine that is busy


@dataclass(frozen=True)
class Secrets:
    """By what they are: the raw bytes, and the phrase as text."""

    raw: dict[str, bytes]
    phrase: str

    def needles(self) -> dict[str, bytes]:
        """Each raw secret as bytes, in hexadecimal and in base64 at each of its three places; half a phrase too."""
        found = {"the phrase": _words(self.phrase, 0), "its end": _words(self.phrase, 12)}
        for name, secret in self.raw.items():
            found[name] = secret
            found[f"{name}, hexadecimal"] = secret.hex().encode()
            found[f"{name}, capital hexadecimal"] = secret.hex().upper().encode()
            for shift in range(3):
                text = base64.b64encode(bytes(shift) + secret)
                found[f"{name}, base64 {shift}"] = text[(shift * 8 + 5) // 6 : -4]
        return found


def _words(phrase: str, first: int) -> bytes:
    return " ".join(phrase.split()[first : first + 12]).encode()


def secrets_of(home: Path, phrase: str) -> Secrets:
    opened = keys.open_file(home / "key.nuee", PASSPHRASE)
    seed = bytes(opened.identity_seed)

    def derived(label: bytes, length: int) -> bytes:
        return HKDF(algorithm=SHA256(), length=length, salt=None, info=label).derive(seed)

    accounts = {f"the key of account {index}": hd.account_key(seed, index) for index in (0, 1)}
    identity = {"the identity's key": derived(IDENTITY_LABEL, 32)}
    return Secrets(
        {"the seed": seed, "the seed of BIP-32": derived(hd.WALLET_LABEL, 64), **identity, **accounts}, phrase
    )


def found_in(pid: int, needles: dict[str, bytes]) -> list[str]:
    """The names of those that stand in the memory of a process, which stands still meanwhile."""
    os.kill(pid, signal.SIGSTOP)
    try:
        parts = memory_of(pid)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert sum(map(len, parts)) > 1024 * 1024
    return [name for name, needle in needles.items() if any(needle in part for part in parts)]


def memory_of(pid: int) -> list[bytes]:
    """What it can write, one piece for each mapping; pages that the system does not let anybody read are left out."""
    parts = []
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            found = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if found is None or line.rstrip().endswith(("[vvar]", "[vsyscall]")):
                continue
            parts.append(_read(memory, int(found[1], 16), int(found[2], 16)))
    return [part for part in parts if part.count(0) < len(part)]


def _read(memory: FileIO, start: int, end: int) -> bytes:
    pieces = []
    while start < end:
        memory.seek(start)
        try:
            piece = memory.read(min(end - start, _PIECE))
        except OSError:
            piece = b""
        pieces.append(piece or bytes(_PAGE))
        start += len(pieces[-1])
    return b"".join(pieces)


def workers(pid: int) -> dict[str, int]:
    """The processes that a node started, by what they are."""
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "stat").read_text().rpartition(")")[2].split()[1] == str(pid):
                found[(entry / "cmdline").read_bytes().split(b"\0")[-2].decode()] = int(entry.name)
        except (OSError, IndexError):
            continue  # it ended meanwhile
    return found


@dataclass(frozen=True)
class AtWork:
    pid: int
    log: Path
    secrets: Secrets

    @property
    def needles(self) -> dict[str, bytes]:
        return self.secrets.needles()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Secrets]:
    """The passphrase and the phrase are typed at creation, which is another process."""
    home = make(tmp_path_factory.mktemp("made") / "home")
    phrase = keys.change_phrase(home / "key.nuee", PASSPHRASE)
    return home, secrets_of(home, phrase)


@contextmanager
def running(made: tuple[Path, Secrets], folder: Path, **environment: str) -> Iterator[AtWork]:
    home, secrets = made
    log = folder / "log.txt"
    command = [sys.executable, "-m", "tests.unit.wallet_at_work", str(home)]
    surroundings = {**os.environ, "NUEE_DEBUG": "1", "NUEE_LANGUAGE": "en", **environment}
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=surroundings
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(PASSPHRASE.encode() + b"\n")
            process.stdin.flush()
            line = process.stdout.readline()
            assert line == b"ready\n", log.read_text()[-2000:]
            yield AtWork(process.pid, log, secrets)
        finally:
            process.stdin.close()
            process.wait(_SECONDS)


@pytest.fixture(scope="module")
def at_work(made: tuple[Path, Secrets], tmp_path_factory: pytest.TempPathFactory) -> Iterator[AtWork]:
    with running(made, tmp_path_factory.mktemp("work")) as found:
        yield found


def test_the_node_and_its_workers_are_all_looked_at(at_work: AtWork) -> None:
    """The worker that embeds is beside them where its model is installed."""
    assert {"keyholder", "index", "skills"} <= set(workers(at_work.pid))


def test_no_process_but_the_key_holder_holds_a_key(at_work: AtWork) -> None:
    looked = {"node": at_work.pid, **workers(at_work.pid)}
    del looked["keyholder"]
    assert {name: found for name, pid in looked.items() if (found := found_in(pid, at_work.needles))} == {}


def test_the_scan_finds_the_seed_where_it_is(at_work: AtWork) -> None:
    """Proof that the test above can fail."""
    assert "the seed" in found_in(workers(at_work.pid)["keyholder"], at_work.needles)


def test_logs_errors_and_events_hold_no_key(at_work: AtWork) -> None:
    said = at_work.log.read_bytes()
    assert b"wrong-secret" in said or b"WorkerFailed" in said  # there is something to be read
    assert b"WalletAsks" in said
    assert [name for name, needle in at_work.needles.items() if needle in said] == []


def test_nothing_on_disk_holds_a_key(at_work: AtWork, made: tuple[Path, Secrets]) -> None:
    """The vault and the wallet's file are encrypted; the key file has the seed in a sealed slot."""
    files = [file.read_bytes() for file in made[0].rglob("*") if file.is_file()]
    assert len(files) > 2
    assert [name for name, needle in at_work.needles.items() if any(needle in file for file in files)] == []


def test_a_key_that_passes_through_the_node_once_is_noticed(made: tuple[Path, Secrets], tmp_path: Path) -> None:
    """An export through the node, which is what the window does after the passphrase: the scan sees it."""
    shutil.copytree(made[0], tmp_path / "home")
    with running((tmp_path / "home", made[1]), tmp_path, LEAK="1") as found:
        assert "the key of account 0, hexadecimal" in found_in(found.pid, found.needles)
