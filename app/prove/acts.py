"""What is driven: everything in the program that writes, with marked content, parts of it killed on the way."""

from __future__ import annotations

import contextlib
import functools
import http.server
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from app.prove import chain_acts, live, skill_acts, swarm_acts
from app.prove.canaries import VECTOR, Canary, Planted, runs
from app.prove.program import ActFailed, Program
from p2p import hd
from storage import keys
from storage.vault import Vault

KILLED_IMPORTS = 3  # attempts at killing the program while it imports


@dataclass
class Stage:
    """What the acts share.  `secret` opens the vault now; `found` are marks that came to be on the way."""

    program: Program
    planted: Planted
    inputs: Path  # what is planted lies here; it is not searched
    chance: random.Random
    secret: str = field(repr=False, default="")
    found: list[Canary] = field(default_factory=list)
    crashes: int = 0

    def nuee(self, *arguments: str) -> dict[str, object]:
        return self.program.run(*arguments, secret=self.secret)

    @contextlib.contextmanager
    def staying(self) -> Iterator[None]:
        """A conversation at the terminal has the profile open meanwhile and does what is asked; then it is killed."""
        with self.program.staying("chat", secret=self.secret) as process:
            yield
            self.crashes += process.poll() is None

    def pause(self, least: float, most: float) -> None:
        """A moment, in seconds, of a length that chance chooses: a kill after it falls elsewhere each time."""
        time.sleep(self.chance.uniform(least, most))

    def capture(self, home: Path | None = None, secret: str = "") -> None:
        """Take keys and vectors out of a vault, to look for them: only whoever holds the passphrase can.

        `home`, `secret`: of another profile than the one the acts work on.
        """
        home = home or self.program.home
        opened = keys.open_file(home / "key.nuee", secret or self.secret)
        self.found += [
            Canary("vault key", bytes(opened.vault_key)),
            Canary("identity seed", bytes(opened.identity_seed)),
            Canary("wallet key", hd.account_key(opened.identity_seed, 0)),
        ]
        with Vault.open(home / "vault.nuee", bytes(opened.vault_key)) as vault:
            host = vault.settings.secret("libp2p-host-key")
            if host:
                self.found += runs("host key", host)
            for model in vault.vectors.models():
                for _chunks, rows, _dimensions in vault.vectors.blocks(model):
                    self.found += runs(VECTOR, rows, count=16)


Act = Callable[[Stage], None]


def begin(stage: Stage) -> None:
    """A vault is made; its recovery phrase is a mark from now on."""
    stage.secret = stage.planted.passphrase
    phrase = str(stage.nuee("init")["recovery_phrase"])
    stage.found.append(Canary("recovery phrase", phrase.encode()))


def bring_in(stage: Stage) -> None:
    """Mail with an attachment, and a note; then once more, killed in the middle."""
    mailbox, note = write_inputs(stage.inputs, stage.planted)
    stage.nuee("import", str(mailbox), str(note))
    stage.capture()
    more = write_many(stage.inputs, stage.planted)
    for _ in range(KILLED_IMPORTS):
        with stage.program.begun("import", str(more), secret=stage.secret) as process:
            stage.pause(0.3, 2.5)
            if process.poll() is None:
                stage.crashes += 1
    stage.nuee("import", str(more))


def look(stage: Stage) -> None:
    """Search by words and by meaning, read a record, ask a question."""
    found = stage.nuee("search", f"{stage.planted.query} {stage.planted.body}")
    hits = found["hits"]
    assert isinstance(hits, list)
    if not hits:
        raise ActFailed("what was imported was not found")
    stage.nuee("show", hits[0]["id"])
    stage.nuee("ask", f"What about {stage.planted.question} and {stage.planted.body}?")


def talk(stage: Stage) -> None:
    """A conversation at the terminal; its worker processes are crashed, then the program is killed."""
    with stage.program.begun("chat", secret=stage.secret) as process:
        assert process.stdin is not None
        for _ in range(2):
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(f"Tell me about {stage.planted.question}.\n")
                process.stdin.flush()
            time.sleep(stage.chance.uniform(2.0, 4.0))
            stage.crashes += _crash_a_worker(process.pid, stage.chance)
        stage.crashes += 1


def forget(stage: Stage) -> None:
    """One record is forgotten for good."""
    hits = stage.nuee("search", "--words", stage.planted.note)["hits"]
    assert isinstance(hits, list)
    if not hits:
        raise ActFailed("the note was not found")
    stage.nuee("forget", "--yes", hits[0]["id"])


def change_secrets(stage: Stage) -> None:
    """Another passphrase, and another recovery phrase."""
    new = stage.inputs / "new-passphrase"
    new.write_text(stage.planted.new_passphrase, "utf-8")
    stage.nuee("passwd", "--new-passphrase-file", str(new))
    stage.secret = stage.planted.new_passphrase
    phrase = str(stage.nuee("recovery")["recovery_phrase"])
    stage.found.append(Canary("recovery phrase", phrase.encode()))


def back_up(stage: Stage) -> None:
    """An encrypted backup, restored beside."""
    target = stage.program.sandbox / "backup.zip"
    stage.nuee("export", str(target))
    other = Program(stage.program.sandbox, stage.program.sandbox / "restored")
    other.run("restore", str(target), secret=stage.secret)


def show_window(stage: Stage) -> None:
    """The window, without a screen: opened, unlocked by another command, killed."""
    with stage.program.begun("open", secret=stage.secret) as process:
        time.sleep(3)
        for _ in range(2):
            stage.nuee("search", "--words", stage.planted.query)
            time.sleep(1)
        if process.poll() is not None:
            raise ActFailed("the window did not open")
        stage.crashes += 1


def beside_a_chat(act: Act) -> Act:
    """The same, asked of a program that stays: as long as it runs, it holds more in memory than a command does."""

    def acted(stage: Stage) -> None:
        with stage.staying():
            act(stage)

    return acted


def keep_fresh(stage: Stage) -> None:
    """Sources: a folder of notes, a calendar, contacts, a feed, and a mail account that cannot be reached."""
    folder = write_sources(stage.inputs, stage.planted)
    stage.nuee("sources", "add", "notes", str(folder / "notes"))
    stage.nuee("sources", "add", "calendar", str(folder / "calendar.ics"))
    stage.nuee("sources", "add", "contacts", str(folder / "contacts.vcf"))
    with _serving(folder) as address:
        stage.nuee("sources", "add", "feed", f"{address}/feed.xml", "--local")
        stage.nuee("sources", "sync")
    wanted = f"{stage.planted.article} {stage.planted.event} {stage.planted.contact} {stage.planted.note}"
    hits = stage.nuee("search", "--words", wanted)["hits"]
    assert isinstance(hits, list)
    if {hit["kind"] for hit in hits} < {"article", "event", "contact", "note"}:
        raise ActFailed("what the sources hold was not found")
    password = folder / "password"
    password.write_text(stage.planted.source_password, "utf-8")
    account = ["--host", "127.0.0.1", "--port", "9", "--user", f"{stage.planted.sender}@example.org"]
    stage.nuee("sources", "add", "imap", *account, "--password-file", str(password), "--no-check")
    with contextlib.suppress(ActFailed):  # the account cannot be reached: that it says so is what is wanted
        stage.nuee("sources", "sync")


ACTS: dict[str, Act] = {
    "create": begin,
    "import": bring_in,
    "search and ask": beside_a_chat(look),
    "chat": talk,
    "sources": beside_a_chat(keep_fresh),
    "skills": skill_acts.work,
    "chain": chain_acts.keep_accounts,
    "swarm": swarm_acts.agree,
    "window": show_window,
    "forget": forget,
    "passphrase and phrase": change_secrets,
    "backup": back_up,
}


def write_inputs(folder: Path, planted: Planted) -> tuple[Path, Path]:
    mailbox = folder / "mail.mbox"
    mailbox.write_text(
        f"""From x Mon Jan  5 10:00:00 2026
From: {planted.sender} <{planted.sender}@example.org>
To: Ada <ada@example.org>
Subject: {planted.title}
Date: Mon, 5 Jan 2026 10:00:00 +0000
Message-ID: <{planted.title}@example.org>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

The word is {planted.body}, and nothing else. It belongs to {planted.query}.
--b
Content-Type: text/plain; name="{planted.attachment_name}.txt"
Content-Disposition: attachment; filename="{planted.attachment_name}.txt"

The attached word is {planted.attachment}.
--b--
""",
        "utf-8",
    )
    note = folder / "note.md"
    note.write_text(f"# A note\n\nThe noted word is {planted.note}.\n", "utf-8")
    return mailbox, note


def write_many(folder: Path, planted: Planted, count: int = 400) -> Path:
    """Enough mail that a kill falls into the middle."""
    path = folder / "many.mbox"
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            file.write(
                f"From x Mon Jan  5 10:00:00 2026\nFrom: B <b@example.org>\nSubject: Number {number}\n"
                f"Message-ID: <{number}@example.org>\nDate: Mon, 5 Jan 2026 10:00:00 +0000\n\n"
                f"{planted.body} number {number}\n\n"
            )
    return path


def write_sources(folder: Path, planted: Planted) -> Path:
    notes = folder / "sources" / "notes"
    notes.mkdir(parents=True)
    (notes / "kept.md").write_text(f"# Kept\n\n{planted.note} and [[Other]]\n", "utf-8")
    (folder / "sources" / "calendar.ics").write_text(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nBEGIN:VEVENT\r\nUID:1@example.org\r\n"
        f"DTSTAMP:20260105T100000Z\r\nDTSTART:20260105T100000Z\r\nSUMMARY:{planted.event}\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n",
        "utf-8",
    )
    (folder / "sources" / "contacts.vcf").write_text(
        f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{planted.contact}\r\nN:{planted.contact};;;;\r\nEND:VCARD\r\n", "utf-8"
    )
    (folder / "sources" / "feed.xml").write_text(
        '<rss version="2.0"><channel><title>News</title><item><guid>1</guid><title>One</title>'
        f"<description>{planted.article}</description></item></channel></rss>",
        "utf-8",
    )
    return folder / "sources"


@contextlib.contextmanager
def _serving(folder: Path) -> Iterator[str]:
    """The folder over HTTP, on this machine only."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def _crash_a_worker(pid: int, chance: random.Random) -> int:
    """Crash one of the program's processes as a fault in native code would.  How many were."""
    workers = live.family(pid)[1:]
    if not workers:
        return 0
    with contextlib.suppress(psutil.NoSuchProcess):
        chance.choice(workers).send_signal(getattr(signal, "SIGSEGV", signal.SIGTERM))
        return 1
    return 0


def named(names: Sequence[str] | None) -> dict[str, Act]:
    """The acts to drive: all of them, or the first one and those named."""
    if names is None:
        return ACTS
    return {name: act for name, act in ACTS.items() if name in names or name == "create"}
