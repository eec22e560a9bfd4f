"""Skills at work on marked content: one that is installed, keeps something, asks to send a mail, and is killed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from app.prove.canaries import Canary, Planted
from app.prove.program import ActFailed

if TYPE_CHECKING:
    from app.prove.acts import Stage

NAME = "proof-mail"
_MANIFEST = """version = "1.0.0"
permissions = ["mail.read", "mail.draft", "mail.send:to=anyone", "keep"]
[entry]
send = "main.py:send"
"""
_INSTRUCTIONS = f"---\nname: {NAME}\ndescription: Drafts, keeps and sends a mail with marked words.\n---\nSend it.\n"
_PROGRAM = """def send(words, to, language):
    found = mail_search(query=words, limit=3)
    kept_set(key="words", value=words)
    kept_get(key="words")
    mail_draft(to=[to], subject=words, text=words)
    print(words)
    mail_send(to=[to], subject=words, text=words)
    return words
"""


def work(stage: Stage) -> None:
    """Facts, a skill that waits for a click, what it did, its log, bundled skills; the program is killed meanwhile."""
    planted = stage.planted
    given = ("--arg", f"words={planted.draft}", "--arg", f"to={planted.sender}@example.org")
    with stage.staying():
        stage.nuee("memory", "add", f"My mark is {planted.fact}")
        stage.nuee("skills", "install", str(write_skill(stage.inputs, planted)), "--yes")
        asked = stage.nuee("skills", "run", NAME, "send", *given)
        row = asked["row"]
        assert isinstance(row, dict)
        if row["state"] != "waiting":
            raise ActFailed("a skill that sends mail did not ask")
    with stage.program.begun("skills", "run", NAME, "send", *given, secret=stage.secret) as process:
        stage.crashes += process.poll() is None
    with stage.staying():
        stage.nuee("approvals")
        stage.nuee("approvals", "no", str(row["approval"]))
        stage.nuee("skills", "run", "mail-triage", "sort")
        stage.nuee("skills", "run", "follow-ups", "list")
        for shown in (("skills", "log"), ("activity",), ("memory",), ("rules",)):
            stage.nuee(*shown)
        token = stage.nuee("endpoint", "token")["token"]
        stage.found.append(Canary("token of the endpoint", str(token).encode()))


def write_skill(folder: Path, planted: Planted) -> Path:
    """A skill whose own files are marked too."""
    where = folder / NAME
    where.mkdir(parents=True, exist_ok=True)
    (where / "SKILL.md").write_text(f"{_INSTRUCTIONS}{planted.skill}\n", "utf-8")
    (where / "skill.toml").write_text(_MANIFEST, "utf-8")
    (where / "main.py").write_text(f"{_PROGRAM}MARK = {json.dumps(planted.skill)}\n", "utf-8")
    return where
