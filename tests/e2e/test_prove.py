"""The proof of privacy: it holds for the program as it is, and fails for one that leaks."""

from __future__ import annotations

import resource
import textwrap
from pathlib import Path

import pytest

from app.prove import proof
from app.prove.acts import ACTS
from installer import places
from tests.paths import ROOT

pytestmark = [
    pytest.mark.skipif(not places.models().exists(), reason="the default models are not installed"),
    pytest.mark.timeout(900),
]

PLANTED = """
import os, resource, sys, tempfile
sys.path.insert(0, {root!r})
from pathlib import Path

import app.hardening, storage.library, storage.vectors
from app.node import Node

add, store, create = storage.library.Library.add, storage.vectors.Vectors.store, Node.create
held = []
HARD = resource.getrlimit(resource.RLIMIT_CORE)[1]

def leaky_add(self, records, *more, **named):
    for record in records:
        with open(Path(tempfile.gettempdir()) / "debug.txt", "a") as file:
            file.write(record.body)
        gone = tempfile.TemporaryFile()
        gone.write(record.sender.encode())
        gone.flush()
        held.append(gone)
    return add(self, records, *more, **named)

def leaky_store(self, model, chunks, matrix):
    Path(os.environ["XDG_CACHE_HOME"], "vectors.npy").write_bytes(matrix.astype("<f4").tobytes())
    return store(self, model, chunks, matrix)

async def leaky_create(self, passphrase):
    print("creating a vault for", passphrase, file=sys.stderr)
    return await create(self, passphrase)

storage.library.Library.add = leaky_add
storage.vectors.Vectors.store = leaky_store
Node.create = leaky_create
app.hardening.begin = lambda: resource.setrlimit(resource.RLIMIT_CORE, (HARD, HARD))
"""


def test_nothing_is_found_in_any_file_after_everything_was_done() -> None:
    found = proof.prove(seed=1)
    assert (found.leaks, found.core_dumps, found.unread) == ((), (), ())
    assert found.features == tuple(ACTS)
    assert found.crashes > 3
    assert found.files > 5


def test_a_leak_planted_in_the_code_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sitecustomize.py").write_text(textwrap.dedent(PLANTED.format(root=str(ROOT))), "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    found = proof.prove(only=["import"], seed=1)
    leaks = {(Path(leak.file).name, leak.what) for leak in found.leaks}
    wanted = {
        ("debug.txt", "body"),
        ("(a file deleted while open)", "sender"),
        ("vectors.npy", "vector"),
        ("stderr.txt", "passphrase"),
    }
    assert wanted <= leaks
    assert found.core_dumps or resource.getrlimit(resource.RLIMIT_CORE)[1] == 0
    assert not found.holds
