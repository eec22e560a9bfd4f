"""`nuee sources`, `nuee airplane` and `nuee timeline`: what is asked for, and what is printed."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from app import cli
from app.actions import sources_cli
from app.printing import PRINTERS
from app.requests import REQUESTS


def asked(*words: str) -> tuple[str, dict[str, Any]]:
    return cli.request(cli.parser("en").parse_args(["sources", *words]), "en")


def printed(name: str, result: dict[str, Any], language: str = "en") -> str:
    out = io.StringIO()
    PRINTERS[name](result, language, out, "")
    return out.getvalue()


def row(**changes: Any) -> dict[str, Any]:
    one = {
        "id": 1,
        "kind": "imap",
        "name": "Work",
        "place": "ada@mail.example.org",
        "state": "ok",
        "synced": "2026-03-02T10:00:00+00:00",
        "due": None,
        "records": 2,
        "error": "",
        "detail": "",
        "failures": 0,
        "config": {},
    }
    return {**one, **changes}


def test_an_account_is_added_with_all_its_settings(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("correct horse\n")
    name, args = asked(
        *("add", "imap", "--host", "mail.example.org", "--user", "ada", "--port", "1993", "--security", "starttls"),
        *("--folder", "INBOX", "--folder", "Sent", "--since", "2024-01-31", "--deleted", "keep", "--name", "Work"),
        *("--password-file", str(tmp_path / "password"), "--no-check"),
    )
    assert name == "source-add"
    assert args == {
        "kind": "imap",
        "name": "Work",
        "check": False,
        "secrets": {"password": "correct horse"},
        "config": {
            "host": "mail.example.org",
            "user": "ada",
            "port": 1993,
            "security": "starttls",
            "folders": ["INBOX", "Sent"],
            "since": "2024-01-31",
            "deleted": "keep",
            "auth": "password",
        },
    }


def test_a_token_file_means_oauth2(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(json.dumps({"access_token": "x"}))
    _, args = asked("add", "imap", "--host", "h", "--user", "u", "--oauth2-file", str(tmp_path / "token"))
    assert (args["config"]["auth"], list(args["secrets"])) == ("oauth2", ["oauth2"])


def test_a_password_is_asked_for_at_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(cli.Failure, match="--password-file"):
        asked("add", "imap", "--host", "h", "--user", "u")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("getpass.getpass", lambda prompt: f"typed at “{prompt}”")
    _, args = asked("add", "imap", "--host", "h", "--user", "ada")
    assert args["secrets"] == {"password": "typed at “Password of ada: ”"}


def test_a_password_is_never_an_argument() -> None:
    parser = cli.parser("en")
    with pytest.raises(SystemExit):
        parser.parse_args(["sources", "add", "imap", "--host", "h", "--user", "u", "--password", "hunter2"])


@pytest.mark.parametrize("kind", ["notes", "folder", "contacts", "calendar"])
def test_a_path_is_made_whole_for_the_process_that_owns_the_profile(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _, args = asked("add", kind, "here")
    assert (args["kind"], args["config"], args["check"]) == (kind, {"path": str(tmp_path / "here")}, True)


@pytest.mark.parametrize("kind", ["feed", "calendar"])
def test_an_address_is_no_path(kind: str) -> None:
    _, args = asked("add", kind, "https://example.org/x")
    assert args["config"] == {"address": "https://example.org/x"}


def test_a_feed_without_a_scheme_is_an_address() -> None:
    _, args = asked("add", "feed", "example.org/feed")
    assert args["config"] == {"address": "example.org/feed"}


def test_adding_nothing_names_the_kinds() -> None:
    with pytest.raises(cli.Failure, match="imap"):
        asked("add")


def test_removing_says_what_becomes_of_the_records() -> None:
    assert asked("remove", "Work", "--keep") == ("source-remove", {"source": "Work", "keep": True})
    assert asked("remove", "1", "--forget") == ("source-remove", {"source": "1", "keep": False})
    with pytest.raises(SystemExit):
        asked("remove", "Work")


def test_sync_reads_one_or_all() -> None:
    assert asked("sync", "Work") == ("source-sync", {"source": "Work"})
    assert asked("sync") == ("source-sync", {"source": None})
    assert asked() == ("sources", {})


def test_everything_that_can_be_asked_can_be_run_and_printed() -> None:
    assert set(sources_cli.PRINTERS) <= set(REQUESTS)
    assert set(sources_cli.PRINTERS) <= set(PRINTERS)


def test_a_list_shows_state_and_what_went_wrong() -> None:
    trouble = row(id=2, name="Home", state="error", error="source-auth", detail="The password is wrong.", synced=None)
    told = printed("sources", {"sources": [row(), trouble], "airplane": True})
    assert "Airplane mode is on" in told
    assert "Work  (imap, ada@mail.example.org)" in told
    assert "up to date · 2 records · last read 2026-03-02" in told
    assert "The password is wrong." in told
    assert "n’accepte pas" in printed("sources", {"sources": [trouble], "airplane": False}, "fr")


def test_a_sync_says_what_was_new_and_what_could_not_be_read() -> None:
    done = {"source": 1, "name": "Work", "new": 3, "changed": 1, "gone": 0, "seconds": 1.0, "error": "", "detail": ""}
    failed = [["INBOX", "One message is damaged."]]
    gone = {**done, "name": "Notes", "failed": [], "error": "source-gone", "detail": "The folder is not there."}
    told = printed("source-sync", {"synced": [{**done, "failed": failed}, gone]})
    assert told == "Work: 3 new, 1 changed\n  INBOX: One message is damaged.\nNotes: The folder is not there.\n"


def test_the_timeline_is_printed_day_by_day() -> None:
    entry = {"day": "2026-03-02", "source": 1, "name": "Work", "kind": "mail", "count": 2}
    latest = [["m1", "mail", "Quince", "Ada <ada@example.org>"]]
    by_hand = {**entry, "source": 0, "name": "", "kind": "note", "count": 1, "latest": []}
    told = printed("timeline", {"timeline": [{**entry, "latest": latest}, by_hand]})
    assert told == ("2026-03-02\n  Work: 2 messages\n    m1  Quince  Ada <ada@example.org>\n  Imported: 1 note\n")


def test_an_account_is_told_to_send_no_more_and_to_send_a_mail_to_oneself() -> None:
    name, args = asked("edit", "Work", "--no-smtp")
    assert (name, args["config"], args["sends"]) == ("source-edit", {}, False)
    assert asked("edit", "Work", "--name", "Home")[1]["sends"] is True
    assert asked("test", "Work") == ("source-try", {"source": "Work"})


def test_whom_the_mail_to_oneself_went_to_is_printed() -> None:
    assert printed("source-try", {"to": "a@example.org"}) == "A mail went to a@example.org. Look whether it arrives.\n"
