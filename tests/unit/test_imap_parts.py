"""The small parts of mail accounts: what a person may choose, folders and their uses, news, tokens."""

from __future__ import annotations

import json
import time
from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from storage.sources import imap_config, imap_folders, oauth2
from storage.sources.imap_idle import Bell
from storage.sources.imap_session import uid_set
from storage.sync import SyncFailed
from tests.servers.tokens import TokenService

PLAIN = {"host": "mail.example.org", "user": "ada"}


def listed(*rows: tuple[str, str]) -> list[imap_folders.Folder]:
    return imap_folders.read([((flag.encode(),), b"/", name.encode()) for flag, name in rows])


def test_the_port_follows_the_way_of_encryption() -> None:
    assert imap_config.parse(PLAIN).server.port == 993
    assert imap_config.parse({**PLAIN, "security": "starttls"}).server.port == 143


def test_what_is_not_chosen_is_the_safe_choice() -> None:
    parsed = imap_config.parse(PLAIN)
    assert (parsed.server.security, parsed.server.auth, parsed.deleted) == ("tls", "password", "remove")
    assert (parsed.folders, parsed.since) == ((), None)


def test_a_day_to_begin_with_is_read() -> None:
    assert imap_config.parse({**PLAIN, "since": "2024-01-31"}).since == date(2024, 1, 31)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"host": ""}, "the name of the mail server"),
        ({"host": "mail example"}, "not the name of a server"),
        ({"host": "mail.example.org/x"}, "not the name of a server"),
        ({"user": " "}, "the user name"),
        ({"user": "ada\r\nA1 DELETE INBOX"}, "cannot be meant"),
        ({"port": 0.5}, "1 to 65535"),
        ({"port": 70_000}, "1 to 65535"),
        ({"port": True}, "1 to 65535"),
        ({"security": "ssl"}, "tls, starttls, none"),
        ({"security": "none"}, "on this very computer"),
        ({"auth": "kerberos"}, "password, oauth2"),
        ({"deleted": "perhaps"}, "remove, keep"),
        ({"since": "yesterday"}, "2024-01-31"),
        ({"folders": "INBOX"}, "list of names"),
        ({"folders": [1]}, "list of names"),
    ],
)
def test_what_cannot_be_meant_is_said(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        imap_config.parse({**PLAIN, **changed})


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.1", "::1"])
def test_this_computer_may_be_spoken_to_in_the_clear(host: str) -> None:
    assert imap_config.parse({**PLAIN, "host": host, "security": "none"}).server.security == "none"


@pytest.mark.parametrize("host", ["localhost.example.org", "128.0.0.1", "0.0.0.0", "::2", "2130706433"])
def test_what_only_looks_like_this_computer_may_not(host: str) -> None:
    with pytest.raises(ValueError, match="on this very computer"):
        imap_config.parse({**PLAIN, "host": host, "security": "none"})


def test_where_all_mail_is_one_folder_it_alone_is_proposed() -> None:
    folders = listed(
        ("", "INBOX"),
        ("\\Noselect", "[Gmail]"),
        ("\\All", "[Gmail]/All Mail"),
        ("\\Sent", "[Gmail]/Sent Mail"),
        ("\\Trash", "[Gmail]/Trash"),
        ("\\Junk", "[Gmail]/Spam"),
    )
    assert imap_folders.propose(folders) == ("[Gmail]/All Mail",)


def test_without_marks_folders_are_told_by_their_names() -> None:
    folders = listed(
        ("", "INBOX"), ("", "INBOX/&AMk-l&AOk-ments envoy&AOk-s"), ("", "Archives"), ("", "Junk"), ("", "Family")
    )
    assert {folder.name: folder.use for folder in folders} == {
        "INBOX": "inbox",
        "INBOX/Éléments envoyés": "sent",
        "Archives": "archive",
        "Junk": "junk",
        "Family": "",
    }
    assert imap_folders.propose(folders) == ("INBOX", "INBOX/Éléments envoyés", "Archives")


def test_a_mark_wins_over_a_name() -> None:
    folders = listed(("", "INBOX"), ("", "Sent"), ("\\Sent", "Gesendet"))
    assert imap_folders.propose(folders) == ("INBOX", "Gesendet")


def test_a_folder_is_shown_with_one_delimiter_whatever_the_server_uses() -> None:
    (folder,) = imap_folders.read([((), b".", b"Archive.2019")])
    assert (folder.name, folder.path()) == ("Archive.2019", "Archive/2019")


def test_uids_are_written_short() -> None:
    assert uid_set([7, 1, 3, 2, 9, 10]) == "1:3,7,9:10"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def rings(news: list[float], until: float) -> list[float]:
    """When a bell rings for news at these times, looked at each tenth of a second."""
    clock, rung, left = Clock(), list[float](), sorted(news)
    bell = Bell(lambda: rung.append(round(clock.now - 1000.0, 1)), clock)
    for tick in range(int(until * 10)):
        clock.now = 1000.0 + tick / 10
        heard = bool(left) and left[0] <= clock.now - 1000.0
        left = [at for at in left if at > clock.now - 1000.0]
        bell.heard(news=heard)
    return rung


def test_the_first_news_ring_at_once() -> None:
    assert rings([2.0], 10) == [2.0]


def test_news_without_end_ring_ever_more_rarely() -> None:
    rung = rings([tick / 10 for tick in range(3000)], 300)
    gaps = [round(later - earlier) for earlier, later in pairwise(rung)]
    assert gaps[:6] == [1, 2, 4, 8, 16, 32]
    assert set(gaps[6:]) == {60}


def test_the_last_news_of_many_are_not_lost() -> None:
    assert rings([0.0, 0.2, 0.4], 10) == [0.0, 1.0]


def test_after_a_calm_news_ring_at_once_again() -> None:
    assert rings([0.0, 0.5, 1.5, 100.0], 110)[-1] == 100.0


def held(address: str, **changes: Any) -> dict[str, str]:
    fields = {"access_token": "old", "refresh_token": "again", "client_id": "me", "expires": time.time() - 1}
    return {"oauth2": json.dumps({**fields, "token_url": address, **changes})}


def refusal(secrets: dict[str, str]) -> SyncFailed:
    with pytest.raises(SyncFailed) as caught:
        oauth2.access_token(secrets.get, secrets.__setitem__)
    return caught.value


def test_a_token_that_is_good_is_not_renewed() -> None:
    secrets = held("https://sign-in.invalid/", expires=time.time() + 600)
    assert oauth2.access_token(secrets.get, secrets.__setitem__) == "old"


@pytest.mark.parametrize("address", ["http://sign-in.example.org/", "ftp://localhost/", "", "https://[", "/token"])
def test_a_token_is_never_sent_where_somebody_listens(address: str) -> None:
    refused = refusal(held(address))
    assert (refused.code, "https://" in str(refused)) == ("source-auth", True)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((400, {"error": "invalid_grant"}), "source-auth"),
        ((302, b""), "source-auth"),
        ((429, b""), "source-busy"),
        ((503, b""), "source-busy"),
        ((200, b"<html>"), "source-broken"),
        ((200, ["x"]), "source-broken"),
        ((200, {"access_token": 5}), "source-broken"),
        ((200, {"access_token": "a\r\nb"}), "source-broken"),
        ((200, b" " * 1_000_000), "source-broken"),
    ],
)
def test_a_renewal_that_fails_says_how_and_keeps_what_there_was(answer: tuple[int, Any], code: str) -> None:
    with TokenService() as service:
        service.answer = answer
        secrets = held(service.address)
        before = dict(secrets)
        assert refusal(secrets).code == code
    assert secrets == before


def test_a_sign_in_service_that_is_not_there_is_said() -> None:
    assert refusal(held("http://127.0.0.1:9/")).code == "source-unreachable"


@pytest.mark.parametrize("secrets", [{}, {"oauth2": "no json"}, {"oauth2": "[]"}, held("", refresh_token="")])
def test_without_a_token_the_person_is_asked_to_sign_in(secrets: dict[str, str]) -> None:
    assert refusal(secrets).code == "source-auth"
