"""Feeds: RSS 0.9 to 2.0 and Atom.  Config: {address, local}.

`local`: whether the address may lie on this machine or in a private network.  A feed shows its latest entries only:
what has dropped out of it is not gone.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from typing import Any

from storage.ledger import Item, Ledger
from storage.sources import articles, feed_page, feed_xml
from storage.sources.fetch import Fetched, Fetcher, Stopped, Validators, Wanted, normalised, reachable
from storage.sync import Account, Driver, Report, Stop, Synced, SyncFailed

_BATCH = 64  # articles
MAX_BYTES = 10 * 1024 * 1024
_FEED = Wanted(
    "feed",
    "application/atom+xml, application/rss+xml, application/rdf+xml, application/xml;q=0.9, */*;q=0.5",
    MAX_BYTES,
    60.0,
)
_TRY_ANEW = ("source-gone", "source-refused", "source-broken", "source-unreachable", "source-tls")


class Feeds:
    """The driver."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock

    def check(self, account: Account) -> tuple[str, ...]:
        """Nothing for a feed; for a web page the addresses of its feeds, of which one is to be the address instead."""
        address = normalised(account.config.get("address"))
        fetched = _fetcher(account, lambda: False).fetch(address, Validators())
        body = fetched.body or b""
        try:
            feed_xml.parse(body, fetched.charset)
        except feed_xml.NotAFeed as error:
            found = feed_page.feeds(body, fetched.charset, fetched.address) if error.page else ()
            if found:
                return found
            raise _no_feed(error) from error
        return ()

    def sync(self, account: Account, ledger: Ledger, report: Report, stop: Stop) -> Synced:
        address = normalised(account.config.get("address"))
        state = ledger.state("")
        if state.get("configured") != address:
            state = {}
        try:
            fetched = self._fetch(account, ledger, address, state, stop)
            again = state.get("again")
            if fetched.body is None:
                return Synced(again=again)
            digest = hashlib.sha256(fetched.body).hexdigest()
            if digest == state.get("digest"):
                ledger.set_state("", _state(address, fetched, digest, again))
                return Synced(again=again)
            return self._store(ledger, fetched, _state(address, fetched, digest, None), report, stop)
        except Stopped:
            return Synced()

    def watch(self, account: Account, changed: Callable[[], None], stop: Stop) -> None:
        """Feeds tell nobody: returns at once."""

    def _fetch(self, account: Account, ledger: Ledger, address: str, state: Mapping[str, Any], stop: Stop) -> Fetched:
        """Where the feed moved to for good may be gone by now: then the next attempt begins at the given address."""
        try:
            return _fetcher(account, stop).fetch(state.get("address", address), Validators.of(state))
        except SyncFailed as error:
            if state.get("address", address) != address and error.code in _TRY_ANEW:
                ledger.set_state("", {})
            raise

    def _store(self, ledger: Ledger, fetched: Fetched, state: dict[str, Any], report: Report, stop: Stop) -> Synced:
        try:
            document = feed_xml.parse(fetched.body or b"", fetched.charset)
        except feed_xml.NotAFeed as error:
            raise _no_feed(error) from error
        failed: list[tuple[str, str]] = []
        if document.left_out:
            failed.append((fetched.address, f"It has {document.left_out} entries more than are read."))
        found = articles.items(document, fetched.address, self._clock(), stop, failed)
        news = _news(found, ledger.known(""))
        new = changed = 0
        for start in range(0, len(news), _BATCH):
            if stop():
                break
            batch = news[start : start + _BATCH]
            kept = ledger.store("", batch)
            new, changed = new + kept.new, changed + kept.changed
            report(start + len(batch), len(news), batch[-1].record.title if batch[-1].record else "")
        if not stop():
            ledger.set_state(
                "", {**state, "again": document.again}
            )  # last: a sync that was cut off must get the feed again, not "not modified"
        return Synced(new, changed, 0, tuple(failed), document.again)


def driver() -> Driver:
    return Feeds()


def _fetcher(account: Account, stop: Stop) -> Fetcher:
    return Fetcher(_FEED, reachable(account.config.get("local")), stop)


def _news(found: list[Item], known: Mapping[str, str]) -> list[Item]:
    """What is not known yet.  Some feeds give an entry another guid each time: under a new guid the same article is
    none, or the vault's lists would grow with every visit."""
    versions = set(known.values())
    return [
        item
        for item in found
        if known.get(item.key) != item.version and (item.key in known or item.version not in versions)
    ]


def _state(configured: str, fetched: Fetched, digest: str, again: float | None) -> dict[str, Any]:
    return {
        "configured": configured,
        "address": fetched.lasting,
        **fetched.validators.state(),
        "digest": digest,
        "again": again,
    }


def _no_feed(error: feed_xml.NotAFeed) -> SyncFailed:
    what = "This address is a web page, not a feed." if error.page else "What is at this address is not a feed."
    return SyncFailed("source-broken", what)
