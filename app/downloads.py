"""Model files from an address the user typed: the one thing this release fetches, and only when asked to."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app.results import Progress
from installer import fetch


@contextmanager
def fetched(url: str, folder: Path, report: Callable[[object], None], cancelled: Callable[[], bool]) -> Iterator[Path]:
    """Download `url` into `folder`; the file is removed when the context ends.  Blocking; worker threads.

    The name comes from the address, so that a download that was cut off is found again.  Errors: fetch.FetchFailed.
    """
    target = folder / f"download-{hashlib.sha256(url.encode()).hexdigest()[:16]}"

    def progress(at: fetch.Progress) -> None:
        report(Progress("downloading", at.done, at.total, url))

    fetch.fetch(url, target, None, progress, cancelled)
    try:
        yield target
    finally:
        target.unlink(missing_ok=True)
