"""An answer to a mail, from Dovecot to Exim, as a person lives it: every command is a program of its own.

No model is there: what an answer needs is found by rules.
"""

from __future__ import annotations

import email
import email.policy
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.paths import ROOT
from tests.servers import dovecot, smtpd
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.smtpd import Exim

ME, ADA = "ada@example.org", "one@example.org"  # the account that both servers know, and whom it writes to
ASKED = "Hello Max,\r\n\r\ncould you come to lunch on Friday?\r\n\r\nAda"
BEFORE = "Dear Ada,\r\n\r\nthank you, that was a lovely day.\r\n\r\nAll the best\r\nMax"
ANSWER = "Dear Ada,\n\nI can come on Friday.\n\nAll the best\nMax"
CARD = f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada Byron\r\nEMAIL:{ADA}\r\nEND:VCARD\r\n"


@dataclass(frozen=True)
class Nuee:
    home: Path
    language: str = "en"

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        own = {
            "NUEE_HOME": str(self.home),
            "NUEE_MODELS": str(self.home.parent / "no-models"),
            "NUEE_LANGUAGE": self.language,
            "NUEE_PASSPHRASE": "a passphrase for letters",
        }
        return subprocess.run(
            [sys.executable, "-m", "app", *arguments],
            capture_output=True,
            text=True,
            env={**os.environ, **own},
            cwd=ROOT,
            timeout=240,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    def said(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def json(self, *arguments: str) -> Any:
        return json.loads(self.said(*arguments, "--json"))


@pytest.fixture(name="exim")
def exim_fixture() -> Iterator[Exim]:
    if reason := smtpd.missing() or dovecot.missing():
        pytest.skip(reason)
    with Exim() as server:
        yield server


@pytest.fixture(name="nuee")
def nuee_fixture(exim: Exim, tmp_path: Path) -> Iterator[Nuee]:
    """With an account that holds a mail of Ada's and one sent to her before; she is a contact."""
    nuee = Nuee(tmp_path / "home")
    (tmp_path / "password").write_text(PASSWORD)
    (tmp_path / "ada.vcf").write_text(CARD)
    with Dovecot() as server:
        server.add_user(ME)
        server.deliver(ME, "INBOX", "1772600000.1.x", letter(f"Ada Byron <{ADA}>", f"Max <{ME}>", "Friday", ASKED))
        server.deliver(ME, "Sent", "1772500000.1.x:2,S", letter(f"Max <{ME}>", f"Ada <{ADA}>", "Boats", BEFORE))
        trusted = tmp_path / "trusted.pem"
        trusted.write_text(server.authority.file.read_text() + exim.authority.file.read_text())
        nuee.said("init")
        nuee.said("sources", "add", "contacts", str(tmp_path / "ada.vcf"))
        account = ["--host", "localhost", "--port", str(server.port), "--user", ME, "--ca-file", str(trusted)]
        account += ["--smtp-host", "localhost", "--smtp-port", str(exim.port)]
        nuee.said("sources", "add", "imap", *account, "--password-file", str(tmp_path / "password"))
        nuee.said("sources", "sync")
        yield nuee


def letter(sender: str, to: str, subject: str, body: str) -> bytes:
    head = f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <{subject}@example.net>\r\n"
    return f"{head}Date: Wed, 04 Mar 2026 10:00:00 +0000\r\n\r\n{body}\r\n".encode()


def mails(exim: Exim, count: int) -> list[Any]:
    """What Ada got, once there are so many."""
    until = time.monotonic() + 30
    while (box := exim.delivered("one")).count(b"\nMessage-ID:") < count and time.monotonic() < until:
        time.sleep(0.05)
    parts = [part for part in b"\n".join([b"", box]).split(b"\nFrom ") if part.strip()]
    return [email.message_from_bytes(part.partition(b"\n")[2], policy=email.policy.default) for part in parts]


def test_an_answer_is_sent_once_exactly_as_it_was_shown_and_agreed_to(nuee: Nuee, exim: Exim) -> None:
    drafted = nuee.said("skills", "run", "reply", "draft", "answer Ada that I can come on Friday")
    assert "\n".join(f"> {line}" for line in ANSWER.split("\n")) in drafted
    assert exim.delivered("one") == b""

    asked = nuee.json("skills", "run", "reply", "send", "answer Ada that I can come on Friday, and send it")
    number = str(asked["row"]["approval"])
    shown = Nuee(nuee.home, "fr").said("approvals", "show", number)
    assert shown.startswith(f"{number}  Envoyer un courriel : {ADA}\n")
    assert "    À : one@example.org\n    Objet : Re: Friday\n    Texte : Dear Ada,\n" in shown
    assert exim.delivered("one") == b""

    nuee.said("approvals", "yes", number)
    again = nuee.run("approvals", "yes", number)
    assert (again.returncode, again.stderr) == (1, "nuee: This was answered already; the first answer counts.\n")
    (got,) = mails(exim, 1)
    assert got.get_content().replace("\r\n", "\n").strip() == ANSWER
    assert (got["To"], got["Subject"], got["In-Reply-To"]) == (ADA, "Re: Friday", "<Friday@example.net>")
    assert got["Auto-Submitted"] is None  # a person read it
    assert "Re: Friday" in nuee.said("search", "Friday", "--words")
    assert f"Sent “Re: Friday” to {ADA}." in nuee.said("activity")


def test_an_account_is_tried_with_a_mail_to_oneself_and_can_stop_sending(nuee: Nuee, exim: Exim) -> None:
    assert nuee.said("sources", "edit", ME, "--address", ADA, "--no-check")
    assert nuee.said("sources", "test", ME) == f"A mail went to {ADA}. Look whether it arrives.\n"
    (got,) = mails(exim, 1)
    assert (got["From"], got["To"], got["Subject"]) == (ADA, ADA, "Nuée can send mail")
    nuee.said("sources", "edit", ME, "--no-smtp", "--no-check")
    refused = nuee.run("sources", "test", ME)
    assert (refused.returncode, "is not set up for sending" in refused.stderr) == (1, True)
