"""`nuee skills` and `nuee catalog`: what is typed and what becomes of it; what authors do needs no vault."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from app.actions import skills_cli
from app.cli import main, parser
from app.printing import PRINTERS


def asked(*words: str) -> tuple[str, dict[str, Any]] | None:
    return skills_cli.request(parser("en").parse_args(words), "en")


@pytest.mark.parametrize(
    ("words", "request_"),
    [
        (["skills"], ("skills", {})),
        (["skills", "list"], ("skills", {})),
        (["skills", "catalog"], ("skill-offers", {})),
        (["skills", "show", "reply"], ("skill", {"name": "reply"})),
        (["skills", "remove", "reply"], ("skill-remove", {"name": "reply"})),
        (["skills", "enable", "reply"], ("skill-enable", {"name": "reply", "on": True})),
        (["skills", "disable", "reply"], ("skill-enable", {"name": "reply", "on": False})),
        (
            ["skills", "run", "reply", "draft", "--arg", "to=ada", "--arg", "text=a=b", "answer", "Ada"],
            (
                "skill-run",
                {
                    "name": "reply",
                    "entry": "draft",
                    "arguments": {"to": "ada", "text": "a=b"},
                    "request": "answer Ada",
                },
            ),
        ),
        (["skills", "run", "digest"], ("skill-run", {"name": "digest", "entry": "", "arguments": {}, "request": ""})),
        (
            ["skills", "run", "digest", "What is new?", "--json"],
            ("skill-run", {"name": "digest", "entry": "", "arguments": {}, "request": "What is new?"}),
        ),
        (["skills", "log"], ("skill-log", {"name": ""})),
        (["skills", "log", "reply"], ("skill-log", {"name": "reply"})),
        (["skills", "log", "12"], ("skill-log", {"run": 12})),
        (["catalog"], ("catalogs", {})),
        (["catalog", "refresh"], ("catalog-refresh", {})),
        (["catalog", "remove", "2"], ("catalog-remove", {"catalog": 2})),
        (
            ["catalog", "add", "https://skills.example.org/", "--key", "k"],
            ("catalog-add", {"address": "https://skills.example.org/", "key": "k"}),
        ),
    ],
)
def test_what_is_typed_becomes_a_request(words: list[str], request_: tuple[str, dict[str, Any]]) -> None:
    assert asked(*words) == request_


def test_a_path_is_told_from_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "SKILL.md").write_text("")
    assert skills_cli.place("weather") == "weather"
    assert skills_cli.place("weather@1.0.0") == "weather@1.0.0"
    assert skills_cli.place("bundled:reply") == "bundled:reply"
    for typed in ("here", "./here", str(tmp_path / "here")):
        assert skills_cli.place(typed) == str(tmp_path / "here")
    assert skills_cli.place("a.nskill") == str(tmp_path / "a.nskill")


def run(*words: str) -> int:
    """In this process: these commands need no node."""
    return main(list(words))


def test_an_author_and_a_keeper_need_no_vault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NUEE_HOME", str(tmp_path / "nobody"))
    archive = "cat/weather-0.1.0.nskill"
    (tmp_path / "cat").mkdir()
    for words in (
        "skills key new keeper.pem",
        "skills key new next.pem",
        "skills new weather",
        "skills validate weather",
        f"skills pack weather {archive}",
        f"skills sign {archive} --key keeper.pem",
        "catalog build cat --name Ours --sequence 1 --signed-only",
        "catalog sign cat/nuee.index --key keeper.pem",
    ):
        assert run(*words.split()) == 0
    keeper = capsys.readouterr().out.split()[0]
    assert run("catalog", "verify", "cat/nuee.catalog", "--trust", keeper) == 0
    assert "weather: 0.1.0" in capsys.readouterr().out
    assert run("skills", "key", "show", "next.pem") == 0
    public = capsys.readouterr().out.split()[1]
    assert run("catalog", "hand-over", "--key", "keeper.pem", "--to", public, "--out", "over.json") == 0
    assert run("catalog", "sign", "cat/nuee.index", "--key", "next.pem", "--handover", "over.json") == 0
    assert run("catalog", "verify", "cat/nuee.catalog", "--trust", keeper) == 0
    assert not (tmp_path / "nobody").exists()


def test_validate_prints_one_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("skills", "new", "weather", "--in", str(tmp_path)) == 0
    capsys.readouterr()
    assert run("skills", "validate", str(tmp_path / "weather"), "--json") == 0
    assert json.loads(capsys.readouterr().out)["valid"] is True


def test_what_the_tools_refuse_is_one_line_in_the_persons_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NUEE_LANGUAGE", "fr")
    (tmp_path / "a.nskill").write_bytes(b"nothing")
    (tmp_path / "k.pem").write_bytes(b"nothing")
    for words, said in (
        (["skills", "new", "Not A Name", "--in", str(tmp_path)], "Un nom est fait de"),
        (["skills", "sign", str(tmp_path / "a.nskill"), "--key", str(tmp_path / "k.pem")], "n’est pas l’archive"),
        (["skills", "key", "show", str(tmp_path / "k.pem")], "fichier de clé"),
        (["catalog", "verify", str(tmp_path / "a.nskill"), "--trust", "k"], "Ce n’est pas un catalogue"),
        (["catalog", "serve", str(tmp_path)], "Il n’y a pas de catalogue"),
    ):
        assert run(*words) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert said in line


def test_a_name_that_looks_like_an_option_is_taken_for_a_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("skills", "new", "--in", str(tmp_path), "--", "-x") == 1
    assert "A name is" in capsys.readouterr().err


def shown(name: str, result: dict[str, Any]) -> str:
    out = io.StringIO()
    PRINTERS[name](result, "en", out, "")
    return out.getvalue()


def test_the_list_says_what_is_off_revoked_or_old() -> None:
    row = {"name": "a", "version": "1.0.0", "source": "bundled", "about": "A.", "enabled": False, "revoked": False}
    text = shown("skills", {"skills": [{**row, "update": "1.1.0", "reason": ""}]})
    assert "Switched off." in text
    assert "Version 1.1.0 is there" in text
    text = shown("skills", {"skills": [{**row, "revoked": True, "update": "", "reason": "It leaks."}]})
    assert "Revoked, and switched off: It leaks." in text
    assert "Switched off." not in text


def test_a_plan_shows_what_is_new_and_what_is_given_up() -> None:
    plan = {
        "name": "a",
        "version": "1.1.0",
        "before": "1.0.0",
        "source": "/cat",
        "signer": "k1",
        "permissions": [
            {"permission": "mail.read", "sentence": "Read your mail.", "new": False},
            {"permission": "peer.ask", "sentence": "Ask.", "new": True},
        ],
        "lost": ["Read your notes."],
        "reasons": [],
    }
    text = shown("skill-plan", {"plans": [plan]})
    assert "a 1.0.0 → 1.1.0, from /cat" in text
    assert "+ Ask. (peer.ask)" in text
    assert "- Read your notes." in text
    assert "Read your mail." not in text
