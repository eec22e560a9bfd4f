"""What the memory of a process holds of the keys after they were wiped, read from outside."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from storage import keys
from tests.paths import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/PID/mem")

PASSPHRASE = "correct horse battery staple"
OPENING = """
import sys
from pathlib import Path
from storage import keys
opened = keys.open_file(Path(sys.argv[1]), sys.stdin.readline().rstrip())
if sys.argv[2] == "wipe":
    opened.wipe()
print("opened", flush=True)
sys.stdin.read()
"""


def copies(path: Path, how: str, *needles: bytes) -> list[int]:
    """How often each needle stands in the memory of a process that opened the key file."""
    with subprocess.Popen(
        [sys.executable, "-c", OPENING, str(path), how], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(PASSPHRASE.encode() + b"\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"opened\n"
        memory = writable(process.pid)
        process.stdin.close()
    return [sum(part.count(needle) for part in memory) for needle in needles]


def writable(pid: int) -> list[bytes]:
    parts = []
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb") as memory:
        for line in maps:
            found = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw.*?(\[\w+\])?$", line)
            if found is None or found[3] in ("[vvar]", "[vsyscall]"):
                continue
            start, end = int(found[1], 16), int(found[2], 16)
            memory.seek(start)
            parts.append(memory.read(end - start))
    return parts


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, bytes, bytes]:
    opened, _ = keys.create(tmp_path / "keys", PASSPHRASE)
    return tmp_path / "keys", bytes(opened.vault_key), bytes(opened.identity_seed)


def test_neither_key_nor_seed_is_left_in_memory_after_wiping(made: tuple[Path, bytes, bytes]) -> None:
    path, key, seed = made
    assert copies(path, "wipe", key, seed) == [0, 0]


def test_they_are_found_where_they_are_not_wiped(made: tuple[Path, bytes, bytes]) -> None:
    """Proof that the test above can fail."""
    path, key, seed = made
    assert min(copies(path, "keep", key, seed)) >= 1
