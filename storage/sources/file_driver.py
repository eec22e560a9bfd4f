"""The drivers of calendars and contacts: files, or one address, read anew when they changed.

`config`: {"path": a file, or a folder of such files} or {"address": "https://…", "local": true where it may lie in the
person's own network}.  A part of the ledger is one file; its state says what was read last.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from storage.ledger import Item, Ledger
from storage.records import Broken, Record
from storage.sources import calendar_file, contacts, walk
from storage.sources.fetch import Fetched, Fetcher, Stopped, Validators, Wanted, normalised, reachable
from storage.sync import Account, Driver, Report, Stop, Synced, SyncFailed

MAX_FILE = 64 * 1024 * 1024  # bytes
MAX_FETCHED = 20 * 1024 * 1024  # bytes of an address
_MAX_FILES = 1_000  # of a folder
_BATCH = 64
_LOOK_EVERY = 2.0  # seconds

_NOT_FOR_YOU = ("source-auth", "The address asks for a password, or is not for you.")
_NOTHING = ("source-gone", "There is nothing at this address any more.")
_ANSWERS = {401: _NOT_FOR_YOU, 403: _NOT_FOR_YOU, 404: _NOTHING, 410: _NOTHING}  # such an address often is the key

Parse = Callable[[bytes, str, str], Iterator[Record | Broken]]


def calendar_driver() -> Driver:
    return _FileDriver(calendar_file.records, b"BEGIN:VCALENDAR", ".ics", "calendar", "text/calendar")


def contacts_driver() -> Driver:
    return _FileDriver(contacts.records, b"BEGIN:VCARD", ".vcf", "list of contacts", "text/vcard")


@dataclass(frozen=True)
class _FileDriver:
    """Blocking; any thread.  Errors: SyncFailed, ValueError for a configuration that cannot be meant."""

    parse: Parse
    opening: bytes  # without it a file is none of its kind, and nothing is taken to be gone
    suffix: str
    called: str
    media_type: str

    def check(self, account: Account) -> tuple[str, ...]:
        address = _address(account.config)
        if address:
            self._proved(self._fetch(account, address, Validators(), lambda: False).body or b"")
        else:
            for path in self._files(account.config):
                self._proved(_bytes(path))
        return ()

    def sync(self, account: Account, ledger: Ledger, report: Report, stop: Stop) -> Synced:
        address = _address(account.config)
        total = Synced()
        if address:
            try:
                found = self._fetch(account, address, Validators.of(ledger.state("")), stop)
            except Stopped:
                return total
            if found.body is None:
                return total
            return self._stored(ledger, "", found.body, found.validators.state(), address, report, stop)
        paths = self._files(account.config)
        for path in paths:
            if stop():
                return total
            status = _status(path)
            if ledger.state(path.name).get("seen") == status:
                continue
            one = self._stored(ledger, path.name, _bytes(path), {"seen": status}, walk.shown(path), report, stop)
            total = _sum(total, one)
        for part in set(ledger.parts()) - {path.name for path in paths}:
            total = replace(total, gone=total.gone + ledger.missing(part, ledger.known(part)))
            ledger.drop_part(part)
        return total

    def watch(self, account: Account, changed: Callable[[], None], stop: Stop) -> None:
        """Files are looked at; an address has nothing to wait for."""
        if _address(account.config):
            return
        before = self._seen(account.config)
        while not stop():
            time.sleep(_LOOK_EVERY)
            now = self._seen(account.config)
            if now != before:
                before = now
                changed()

    def _fetch(self, account: Account, address: str, known: Validators, stop: Stop) -> Fetched:
        local = account.config.get("local") is True
        wanted = Wanted(self.called, f"{self.media_type}, */*;q=0.5", MAX_FETCHED, 120.0, _ANSWERS)
        return Fetcher(wanted, reachable(local), stop).fetch(normalised(address, secure=not local), known)

    def _seen(self, config: Mapping[str, Any]) -> dict[str, str]:
        try:
            return {path.name: _status(path) for path in self._files(config)}
        except SyncFailed:
            return {}

    def _files(self, config: Mapping[str, Any]) -> list[Path]:
        given = Path(str(config["path"])).expanduser()
        if not walk.is_folder(given):
            _status(given)
            return [given]
        try:
            found = sorted(path for path in given.iterdir() if path.name.lower().endswith(self.suffix))
        except OSError as error:
            raise SyncFailed("source-gone", walk.problem(error)) from error
        return [path for path in found if path.is_file() and not path.name.startswith(".")][:_MAX_FILES]

    def _proved(self, data: bytes) -> None:
        if self.opening not in data[:4096].upper():
            raise SyncFailed("source-broken", f"What was found there is no {self.called}.")

    def _stored(
        self, ledger: Ledger, part: str, data: bytes, state: dict[str, str], origin: str, report: Report, stop: Stop
    ) -> Synced:
        """Everything in one file; the state comes with the last batch, so that a cut sync begins this file again."""
        self._proved(data)
        known, met = ledger.known(part), set[str]()
        failed: list[tuple[str, str]] = []
        batch: list[Item] = []
        new = changed = 0
        for number, found in enumerate(self.parse(data, origin, Path(part or "address").stem if part else ""), 1):
            if stop():
                return Synced(new, changed, 0, tuple(failed))
            report(number, None, origin)
            if isinstance(found, Broken):
                failed.append((found.origin, found.reason))
                continue
            item = _item(found, met)
            if known.get(item.key) != item.version:
                batch.append(item)
            if len(batch) >= _BATCH:
                kept = ledger.store(part, batch)
                new, changed, batch = new + kept.new, changed + kept.changed, []
        gone = 0 if failed else ledger.missing(part, set(known) - met)  # what is damaged is not gone
        kept = ledger.store(part, batch, dict(state))
        return Synced(new + kept.new, changed + kept.changed, gone, tuple(failed))


def _item(record: Record, met: set[str]) -> Item:
    """By UID, which two entries should not share; where they do, or have none, by their content."""
    key = record.external_id
    if not key or key in met:
        key = f"{key}#{hashlib.sha256(record.raw).hexdigest()[:24]}"
    met.add(key)
    return Item(key, hashlib.sha256(record.raw).hexdigest()[:24], record)


def _address(config: Mapping[str, Any]) -> str:
    """Errors: ValueError where there is neither an address nor a path, or both."""
    address, path = str(config.get("address") or ""), str(config.get("path") or "")
    if bool(address) == bool(path):
        raise ValueError("either a path or an address is needed")
    return address


def _status(path: Path) -> str:
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        reason = walk.problem(error) if isinstance(error, OSError) else "The path makes no sense."
        raise SyncFailed("source-gone", reason) from error
    return f"{status.st_size}:{status.st_mtime_ns}"


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise SyncFailed("source-gone", walk.problem(error)) from error
    if len(data) > MAX_FILE:
        raise SyncFailed("source-broken", f"The file is larger than {MAX_FILE // (1024 * 1024)} MiB.")
    return data


def _sum(one: Synced, other: Synced) -> Synced:
    return Synced(one.new + other.new, one.changed + other.changed, one.gone + other.gone, (*one.failed, *other.failed))
