"""Which driver reads what, and what must be known of a source without asking it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.texts import catalogue
from app.unquoted import unquoted
from storage.sources import drivers
from storage.sync import Account, SyncFailed
from tests.paths import ROOT


def test_an_unknown_kind_is_a_sentence() -> None:
    with pytest.raises(SyncFailed, match="gopher") as caught:
        drivers.driver("gopher")
    assert caught.value.code == "source-kind"


@pytest.mark.parametrize("kind", drivers.KINDS)
def test_every_kind_has_a_driver(kind: str) -> None:
    found = drivers.driver(kind)
    assert all(callable(getattr(found, name)) for name in ("check", "sync", "watch"))


def test_no_driver_is_imported_before_it_is_needed() -> None:
    program = "import sys; from storage.sources import drivers; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    heavy = {"imapclient", "httpx", "feedparser", "watchfiles", "docx"}
    assert not heavy & {name.partition(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize(
    ("kind", "config", "network", "host"),
    [
        ("imap", {"host": "Mail.Example.org"}, True, "mail.example.org"),
        ("feed", {"address": "https://News.example.org/feed"}, True, "news.example.org"),
        ("calendar", {"address": "https://example.org/a.ics"}, True, "example.org"),
        ("calendar", {"path": "/home/ada/a.ics"}, False, ""),
        ("contacts", {"path": "/home/ada/a.vcf"}, False, ""),
        ("notes", {"path": "/home/ada/notes"}, False, ""),
        ("folder", {"path": "/home/ada/files"}, False, ""),
        ("unheard-of", {}, True, ""),
    ],
)
def test_what_needs_the_network_is_known_and_its_server(
    kind: str, config: dict[str, Any], network: bool, host: str
) -> None:
    assert (drivers.needs_network(kind, config), drivers.host(kind, config)) == (network, host)


def test_every_failure_of_a_source_has_a_sentence() -> None:
    raised = {
        code
        for file in Path(ROOT / "storage").rglob("*.py")
        for code in re.findall(r'SyncFailed\(\s*"([a-z-]+)"', file.read_text("utf-8"))
    }
    assert raised
    assert {f"error.{code}" for code in raised} - set(catalogue()) == set()


def test_what_a_driver_says_is_shown_without_the_secrets_it_used() -> None:
    held = {
        "password": "hunter2",
        "oauth2": '{"access_token": "ya29.abc", "client_id": "nuee", "refresh_token": "1//x"}',
    }
    account, clean = unquoted(Account(1, "imap", {}, held.get, held.__setitem__))
    assert clean("hunter2") == "hunter2"  # nobody has read it yet
    account.secret("password")
    account.secret("oauth2")
    account.set_secret("oauth2", '{"access_token": "ya29.renewed"}')
    assert clean("no hunter2, no ya29.abc, no ya29.renewed, no 1//x for nuee") == "no …, no …, no …, no … for nuee"


def test_a_short_secret_is_not_looked_for_in_every_word() -> None:
    account, clean = unquoted(Account(1, "imap", {}, {"password": "a"}.get, lambda *_: None))
    account.secret("password")
    assert clean("a mail account") == "a mail account"
