"""A process that does one thing to the vault in a folder, saying each step that was acknowledged on a line of its own,
until it is done or killed.  The test starts it (see killing.py) by forking.

The steps are those of the program itself: what a line says is what a person would have been told.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from storage import keys, sources
from storage.importer import import_paths
from storage.library import Added
from storage.records import Record
from storage.sources import imap, notes_folder
from storage.vault import Vault

FIRST, SECOND = "the first passphrase of it", "the second passphrase of it"
MODEL = "model-of-the-crash-test"


def say(*words: object) -> None:
    """One write, so that a kill leaves the line whole or away."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def opened(folder: Path) -> Vault:
    for passphrase in (FIRST, SECOND):
        try:
            return Vault.open(folder / "vault.nuee", bytes(keys.open_file(folder / "key.nuee", passphrase).vault_key))
        except keys.KeyFileError as error:
            if error.code != "wrong-secret":
                raise
    raise AssertionError("neither passphrase opens it")


def take_in(folder: Path) -> None:
    """Import a mailbox; each batch is acknowledged when `add` has returned."""
    with opened(folder) as vault:
        add = vault.library.add

        def saying(records: Sequence[Record], *more: Any, **named: Any) -> Added:
            done = add(records, *more, **named)
            say("stored", *(record.external_id for record in records))
            return done

        vault.library.add = saying  # type: ignore[method-assign]
        say("ready")
        report = import_paths(vault, [folder / "in.mbox"], sources.read)
        say("done", report.imported)


def embed(folder: Path) -> None:
    """Store vectors for what has none, as the embedding does."""
    with opened(folder) as vault:
        say("ready")
        while todo := vault.vectors.pending(MODEL, 32):
            matrix = np.eye(len(todo), 64, dtype=np.float32)
            vault.vectors.store(MODEL, [chunk for chunk, _ in todo], matrix)
            say("embedded", *(chunk for chunk, _ in todo))


def sync(folder: Path) -> None:
    """Bring a folder of notes up to date."""
    with opened(folder) as vault:
        source = _source(vault, "notes", {"path": str(folder / "notes")}, {})
        driver = notes_folder.driver()
        say("ready")
        done = driver.sync(vault.sources.account(source), vault.sources.ledger(source), _quiet, lambda: False)
        say("synced", done.new, done.changed, done.gone)


def fetch(folder: Path) -> None:
    """Bring a mail account up to date."""
    settings = json.loads((folder / "imap.json").read_text("utf-8"))
    with opened(folder) as vault:
        source = _source(vault, "imap", settings["config"], {"password": settings["password"]})
        say("ready")
        done = imap.driver().sync(vault.sources.account(source), vault.sources.ledger(source), _quiet, lambda: False)
        say("synced", done.new, done.changed, done.gone)


def forget(folder: Path) -> None:
    """Forget the oldest few records, one after another."""
    with opened(folder) as vault:
        say("ready")
        lines, _ = vault.library.page(limit=1000)
        for line in lines[-5:]:
            (chosen,) = vault.forgetting.choose([line.id])
            vault.forgetting.forget([chosen.number])
            say("forgotten", line.id)


def change(folder: Path) -> None:
    """Change the passphrase to the other one."""
    for old, new in ((FIRST, SECOND), (SECOND, FIRST)):
        try:
            keys.open_file(folder / "key.nuee", old).wipe()
        except keys.KeyFileError:
            continue
        say("ready")
        keys.change_passphrase(folder / "key.nuee", old, new)
        say("changed", int(new == SECOND))
        return


def migrate(folder: Path) -> None:
    """Open a vault of the first release, which brings it to this release's form."""
    key = bytes(keys.open_file(folder / "keys.json", (folder / "passphrase").read_text("utf-8")).vault_key)
    say("ready")
    with Vault.open(folder / "vault.db", key):
        say("migrated")


def _source(vault: Vault, kind: Any, config: dict[str, Any], secrets: dict[str, str]) -> int:
    for one in vault.sources.list():
        if one.kind == kind:
            return one.id
    return vault.sources.add(kind, str(kind), config, secrets)


def _quiet(_done: int, _total: int | None, _what: str) -> None:
    pass


ACTS: dict[str, Callable[[Path], None]] = {
    act.__name__: act for act in (take_in, embed, sync, fetch, forget, change, migrate)
}


def run(folder: Path, act: str, said: Connection, errors: Path) -> None:
    """`said`: where the lines go; `errors`: what goes wrong is told there."""
    with open(said.fileno(), "w", encoding="utf-8", closefd=False) as sys.stdout, errors.open("w") as sys.stderr:
        ACTS[act](folder)
