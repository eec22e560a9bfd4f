"""What a person chose for a source: put in one form, or refused with a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app import source_config
from app.results import CommandFailed

IMAP = {"host": " mail.example.org ", "user": "ada@example.org"}


def test_an_account_gets_its_defaults() -> None:
    assert source_config.cleaned("imap", IMAP) == {
        "host": "mail.example.org",
        "user": "ada@example.org",
        "port": 993,
        "security": "tls",
        "auth": "password",
        "deleted": "remove",
        "folders": [],
    }
    assert source_config.cleaned("imap", {**IMAP, "security": "starttls"})["port"] == 143


@pytest.mark.parametrize(
    ("kind", "config", "key"),
    [
        ("imap", {"user": "ada"}, "source-no-host"),
        ("imap", {"host": "mail.example.org"}, "source-no-user"),
        ("imap", {**IMAP, "port": 0}, "source-port"),
        ("imap", {**IMAP, "port": True}, "source-port"),
        ("imap", {**IMAP, "security": "ssl"}, "source-choice"),
        ("imap", {**IMAP, "since": "last week"}, "source-since"),
        ("imap", {**IMAP, "folders": "INBOX"}, "source-folders"),
        ("imap", {**IMAP, "user": "ada\r\nA1 LOGOUT"}, "source-characters"),
        ("imap", {**IMAP, "password": "hunter2"}, "source-setting"),
        ("notes", {}, "source-no-path"),
        ("notes", {"path": "/nowhere/at/all"}, "source-path"),
        ("notes", {"path": "~nobody-of-that-name/notes"}, "source-path"),
        ("folder", {"path": __file__}, "source-not-a-folder"),
        ("feed", {}, "source-no-address"),
        ("feed", {"address": "ftp://example.org/feed"}, "source-address"),
        ("feed", {"address": "https://example.org/a feed"}, "source-address"),
        ("feed", {"address": "https://"}, "source-address"),
        ("feed", {"address": "https://example.org:99999/"}, "source-address"),
        ("calendar", {"address": "https://ada:hunter2@example.org/a.ics"}, "source-address-secret"),
        ("contacts", {}, "source-no-path"),
        ("notes", {"path": "/", "local": True}, "source-setting"),
        ("gopher", {"address": "gopher://example.org"}, "source-kind"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_own_sentence(kind: str, config: dict[str, Any], key: str) -> None:
    with pytest.raises(CommandFailed) as caught:
        source_config.cleaned(kind, config)
    assert caught.value.key == key


@pytest.mark.parametrize(
    "given", ["example.org/feed", "https://example.org/feed", "feed://example.org/feed", "webcal://example.org/feed"]
)
def test_an_address_may_be_written_as_people_write_them(given: str) -> None:
    assert source_config.cleaned("calendar", {"address": given}) == {"address": "https://example.org/feed"}


def test_a_path_is_made_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes").mkdir()
    assert source_config.cleaned("notes", {"path": "notes"}) == {"path": str(tmp_path / "notes")}


def test_the_private_address_of_a_calendar_is_not_shown() -> None:
    config = {"address": "https://calendar.example.org/private-0123456789abcdef/basic.ics?token=1"}
    assert source_config.place("calendar", config) == "calendar.example.org/…"


def test_a_feed_is_shown_without_what_stands_behind_its_question_mark() -> None:
    assert source_config.place("feed", {"address": "https://example.org/news/?key=1"}) == "example.org/news"


def test_an_account_is_shown_with_its_folders() -> None:
    account = {"host": "mail.example.org", "user": "ada", "folders": ["INBOX", "Sent"]}
    assert source_config.place("imap", account) == "ada@mail.example.org: INBOX, Sent"
    assert source_config.place("imap", {**account, "user": "ada@example.org", "folders": []}) == (
        "ada@example.org (mail.example.org)"
    )


@pytest.mark.parametrize(
    ("kind", "config", "name"),
    [
        ("imap", {"host": "mail.example.org", "user": "ada@example.org"}, "ada@example.org"),
        ("notes", {"path": "/home/ada/My notes"}, "My notes"),
        ("feed", {"address": "https://news.example.org/feed.xml"}, "news.example.org"),
    ],
)
def test_a_source_without_a_name_is_called_after_its_place(kind: str, config: dict[str, Any], name: str) -> None:
    assert source_config.name(kind, config) == name
