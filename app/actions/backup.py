"""Backup and move: export and restore."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import trio

from app import __version__
from app.actions.group import Requests
from app.backup_results import BACKUP_MADE, Exported, Restored
from app.node import Node
from app.profile import Profile
from app.reports import Report, quiet, throttled
from app.results import CommandFailed, LibraryChanged, Progress, as_json
from app.stoppable import Flag
from storage import archive, open_export
from storage.vault import Vault


async def export_archive(node: Node, path: str, secret: str, report: Report = quiet) -> Exported:
    """Write an encrypted backup of the whole profile to a new file, and check it.

    It opens with what opens this vault: its passphrase or recovery phrase.  `secret` is one of them: exporting is
    consequential, and it proves that the backup can be opened by who makes it.  Errors: ArchiveError, KeyFileError.
    """
    vault = node.vault.vault
    key = await node.prove_secret(secret)
    hop = throttled(report, trio.lowlevel.current_trio_token())
    cancelled = Flag()

    def progress(done: int, total: int) -> None:
        hop(Progress("copying", done, total))

    def work() -> Exported:
        target = Path(path)
        vault.check()  # a backup of a damaged vault would be found out too late
        with vault.still() as file, _wallet(node.profile) as wallet:
            files = {archive.KEY: node.profile.key_file, archive.VAULT: file, **wallet}
            preferences = node.profile.home / archive.PREFERENCES
            if preferences.is_file():
                files[archive.PREFERENCES] = preferences
            archive.write(target, files, key, __version__, progress, cancelled.is_set)
        vault.settings.set(BACKUP_MADE, _now())
        counts = vault.library.counts()
        return Exported(str(target), target.stat().st_size, counts.records, vault.conversations.count(), False)

    return await node.interruptible(work, cancelled)


async def export_open(node: Node, path: str, report: Report = quiet) -> Exported:
    """Write everything in open formats, UNENCRYPTED, into a new folder.  Errors: ArchiveError."""
    vault = node.vault.vault
    hop = throttled(report, trio.lowlevel.current_trio_token())
    cancelled = Flag()

    def progress(done: int, total: int) -> None:
        hop(Progress("writing", done, total))

    def work() -> Exported:
        found = open_export.write(vault, Path(path), progress, cancelled.is_set)
        return Exported(path, found.bytes, found.records, found.conversations, True)

    return await node.interruptible(work, cancelled)


async def restore_archive(node: Node, path: str, secret: str, report: Report = quiet) -> Restored:
    """Bring a backup back into a profile that has no vault yet, and open it.

    The profile appears whole or not at all.  Errors: CommandFailed("exists" | "archive-foreign"), ArchiveError,
    KeyFileError, VaultError.
    """
    if node.state != "absent":
        raise CommandFailed("exists", path=str(node.profile.home))
    node.profile.prepare()
    source, home = Path(path), node.profile.home
    hop = throttled(report, trio.lowlevel.current_trio_token())
    cancelled = Flag()

    def progress(done: int, total: int) -> None:
        hop(Progress("copying", done, total))

    with _staged(home) as stage:
        targets = {name: stage / name for name in (archive.KEY, archive.VAULT, archive.WALLET, archive.PREFERENCES)}

        def unpack() -> archive.Manifest:
            return archive.unpack(source, targets, progress, cancelled.is_set)

        manifest = await node.interruptible(unpack, cancelled)

        def settle(key: bytes) -> None:
            if not archive.is_sealed_by(source, key):
                raise CommandFailed("archive-foreign")
            with Vault.open(targets[archive.VAULT], key) as vault:
                vault.check()
                vault.settings.set(BACKUP_MADE, manifest.created)
            _put_in_place(stage, home)

        await node.adopt(targets[archive.KEY], secret, settle)
    node.listener(LibraryChanged(0))
    counts = await node.blocking(node.vault.vault.library.counts)
    return Restored(str(home), manifest.created, counts.records)


@contextlib.contextmanager
def _wallet(profile: Profile) -> Iterator[dict[str, Path]]:
    """The wallet's file as it is now, where there is one: the key-holder may replace it while the vault is copied."""
    if not profile.wallet.is_file():
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix="exporting-", dir=profile.home) as folder:
        yield {archive.WALLET: Path(shutil.copyfile(profile.wallet, Path(folder) / archive.WALLET))}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@contextlib.contextmanager
def _staged(home: Path) -> Iterator[Path]:
    """A folder beside where the files will stand, so that moving them is one rename each."""
    for left in home.glob("restoring-*"):  # of a restore that was killed
        shutil.rmtree(left, ignore_errors=True)
    stage = Path(tempfile.mkdtemp(prefix="restoring-", dir=home))
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _put_in_place(stage: Path, home: Path) -> None:
    """The key file last: with it the profile exists.  What is there without a key file is kept under another name."""
    for name in (archive.VAULT, archive.WALLET):
        if (home / name).exists():
            number = 1
            while (other := home / f"{name.removesuffix('.nuee')}-without-key-{number}.nuee").exists():
                number += 1
            (home / name).rename(other)
    for name in (archive.PREFERENCES, archive.WALLET, archive.VAULT, archive.KEY):
        if (stage / name).exists():
            (stage / name).replace(home / name)


async def _export(node: Node, args: dict[str, Any], report: Report) -> dict[str, Any]:
    if args["open"]:
        return as_json(await export_open(node, args["path"], report))
    return as_json(await export_archive(node, args["path"], args["proof"], report))


async def _restore(node: Node, args: dict[str, Any], report: Report) -> dict[str, Any]:
    return as_json(await restore_archive(node, args["path"], args["opener"], report))


REQUESTS: Requests = {"export": (_export, True), "restore": (_restore, False)}
