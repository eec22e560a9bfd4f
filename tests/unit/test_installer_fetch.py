"""Downloads that are cut off, changed, damaged or cancelled; served over real HTTP, with a real model file."""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from installer import fetch, models
from installer.fetch import FetchFailed, Progress


@dataclass
class Site:
    """What the server serves, and how it misbehaves."""

    body: bytes
    tag: str = '"first"'
    cut_after: list[int] = field(default_factory=list)  # bytes after which the next answers break off
    status: int = 0  # answer this instead
    ranges: bool = True
    redirect: str = ""
    asked: list[str] = field(default_factory=list)  # the Range header of every request
    url: str = ""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    site: Site

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        site = self.site
        wanted = self.headers.get("Range", "")
        site.asked.append(wanted)
        if site.status or site.redirect:
            self.send_response(site.status or 302)
            self.send_header("Location", site.redirect)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        start = 0
        if site.ranges and wanted and self.headers.get("If-Range") == site.tag:
            start = int(re.findall(r"\d+", wanted)[0])
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(site.body) - 1}/{len(site.body)}")
        else:
            self.send_response(200)
        self.send_header("ETag", site.tag)
        self.send_header("Content-Length", str(len(site.body) - start))
        self.end_headers()
        rest = site.body[start:]
        with contextlib.suppress(ConnectionError):  # a cancelled download hangs up
            self.wfile.write(rest[: site.cut_after.pop(0)] if site.cut_after else rest)


@pytest.fixture(scope="module")
def gguf() -> bytes:
    """The beginning of the real default model: its header, its vocabulary and some of its weights."""
    with models.default_model().open("rb") as source:
        return source.read(6_000_000)


@pytest.fixture
def site(gguf: bytes) -> Iterator[Site]:
    served = Site(gguf)
    handler = type("Bound", (Handler,), {"site": served})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        served.url = f"http://127.0.0.1:{server.server_address[1]}/model.gguf"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield served
        server.shutdown()
        thread.join()


def get(site: Site, target: Path, sha256: str | None = None, *, stop_after: int | None = None) -> str:
    seen = 0

    def progress(now: Progress) -> None:
        nonlocal seen
        seen = now.done

    def cancelled() -> bool:
        return stop_after is not None and seen >= stop_after

    return fetch.fetch(site.url, target, sha256, progress, cancelled, pause=lambda _seconds: None)


def leftovers(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir())


def test_a_file_arrives_whole_and_is_told_by_its_digest(site: Site, tmp_path: Path) -> None:
    target = tmp_path / "model.gguf"
    assert get(site, target, site.sha256) == site.sha256
    assert target.read_bytes() == site.body
    assert leftovers(target) == ["model.gguf"]


def test_a_broken_connection_is_taken_up_where_it_broke(site: Site, tmp_path: Path) -> None:
    site.cut_after = [2_000_000, 1_000_000]
    target = tmp_path / "model.gguf"
    get(site, target, site.sha256)
    assert target.read_bytes() == site.body
    assert site.asked == ["", "bytes=2000000-", "bytes=3000000-"]


def test_a_download_goes_on_in_the_next_run(site: Site, tmp_path: Path) -> None:
    target = tmp_path / "model.gguf"
    with pytest.raises(FetchFailed) as stopped:
        get(site, target, stop_after=1_500_000)
    assert stopped.value.code == "cancelled"
    get(site, target, site.sha256)
    assert site.asked[0] == ""
    assert site.asked[1].startswith("bytes=")
    assert target.read_bytes() == site.body


def test_a_file_that_changed_meanwhile_is_not_mixed_with_the_old_one(site: Site, tmp_path: Path) -> None:
    target = tmp_path / "model.gguf"
    with pytest.raises(FetchFailed):
        get(site, target, stop_after=1_500_000)
    site.body, site.tag = site.body[::-1], '"second"'
    get(site, target, site.sha256)
    assert target.read_bytes() == site.body


def test_a_server_without_ranges_is_asked_from_the_beginning(site: Site, tmp_path: Path) -> None:
    site.ranges = False
    site.cut_after = [2_000_000]
    target = tmp_path / "model.gguf"
    get(site, target, site.sha256)
    assert target.read_bytes() == site.body


def test_progress_never_passes_the_size_of_the_file(site: Site, tmp_path: Path) -> None:
    site.ranges = False
    site.cut_after = [2_000_000]
    seen: list[Progress] = []
    fetch.fetch(site.url, tmp_path / "x", None, seen.append, lambda: False, pause=lambda _seconds: None)
    assert {now.total for now in seen} == {len(site.body)}
    assert max(now.done for now in seen) == len(site.body)


def test_a_part_of_another_address_is_not_used(site: Site, tmp_path: Path) -> None:
    target = tmp_path / "model.gguf"
    with pytest.raises(FetchFailed):
        get(site, target, stop_after=1_500_000)
    site.url += "?other"
    get(site, target, site.sha256)
    assert site.asked == ["", ""]


def test_a_wrong_digest_leaves_nothing_behind(site: Site, tmp_path: Path) -> None:
    target = tmp_path / "model.gguf"
    with pytest.raises(FetchFailed, match="SHA-256") as refused:
        get(site, target, "0" * 64)
    assert refused.value.code == "digest"
    assert leftovers(target) == []


def test_a_file_that_was_there_stays_until_the_new_one_is_whole(site: Site, tmp_path: Path) -> None:
    target = tmp_path / "model.gguf"
    target.write_bytes(b"the old one")
    with pytest.raises(FetchFailed):
        get(site, target, stop_after=1_000_000)
    assert target.read_bytes() == b"the old one"


def test_a_connection_that_never_gets_further_is_given_up(site: Site, tmp_path: Path) -> None:
    site.cut_after = [0] * 50
    with pytest.raises(FetchFailed, match="keeps breaking") as given_up:
        get(site, tmp_path / "model.gguf")
    assert given_up.value.code == "network"
    assert len(site.asked) == fetch.ATTEMPTS


def test_progress_makes_patience_start_again(site: Site, tmp_path: Path) -> None:
    site.cut_after = [500_000] * (2 * fetch.ATTEMPTS)
    assert get(site, tmp_path / "model.gguf") == site.sha256


def test_a_busy_server_is_asked_again(site: Site, tmp_path: Path) -> None:
    site.status = 503
    with pytest.raises(FetchFailed) as given_up:
        get(site, tmp_path / "model.gguf")
    assert given_up.value.code == "network"
    assert len(site.asked) == fetch.ATTEMPTS


def test_a_missing_file_is_not_asked_for_again(site: Site, tmp_path: Path) -> None:
    site.status = 404
    with pytest.raises(FetchFailed, match="404") as refused:
        get(site, tmp_path / "model.gguf")
    assert refused.value.code == "refused"
    assert len(site.asked) == 1


@pytest.mark.parametrize(
    "url", ["http://example.org/model.gguf", "file:///etc/passwd", "ftp://example.org/x", "model.gguf"]
)
def test_only_https_is_fetched(url: str, tmp_path: Path) -> None:
    with pytest.raises(FetchFailed) as refused:
        fetch.fetch(url, tmp_path / "x", None, lambda _: None, lambda: False)
    assert refused.value.code == "address"


def test_a_redirect_to_an_open_address_is_refused(site: Site, tmp_path: Path) -> None:
    site.redirect = "http://example.org/model.gguf"
    with pytest.raises(FetchFailed) as refused:
        get(site, tmp_path / "model.gguf")
    assert refused.value.code == "address"


def test_a_file_larger_than_the_disk_is_refused_before_it_fills_it(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "RESERVE", 1 << 60)
    with pytest.raises(FetchFailed) as refused:
        get(site, tmp_path / "model.gguf")
    assert refused.value.code == "space"
