"""The `nuee` command as a person or a script uses it: real processes, real vault, real models, the sample mailbox."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from installer import places
from tests.e2e.made import copied, import_words
from tests.paths import ROOT

PASSPHRASE = "a passphrase for the tests of the command line"
pytestmark = pytest.mark.skipif(not places.models().exists(), reason="the default models are not installed")


@dataclass(frozen=True)
class Nuee:
    """Runs `nuee` on one profile."""

    home: Path

    def run(self, *arguments: str, passphrase: str | None = PASSPHRASE, timeout: float = 240) -> Any:
        environment = {**os.environ, "NUEE_HOME": str(self.home), "NUEE_LANGUAGE": "en"}
        environment.pop("NUEE_PASSPHRASE", None)
        if passphrase is not None:
            environment["NUEE_PASSPHRASE"] = passphrase
        return subprocess.run(
            [sys.executable, "-m", "app", *arguments],
            capture_output=True,
            text=True,
            env=environment,
            cwd=ROOT,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    def json(self, *arguments: str) -> dict[str, Any]:
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        assert len(done.stdout.splitlines()) == 1
        loaded: dict[str, Any] = json.loads(done.stdout)
        return loaded

    def chat(self) -> subprocess.Popen[str]:
        """A `nuee chat` that owns the profile until its input ends."""
        return subprocess.Popen(
            [sys.executable, "-m", "app", "chat"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
            env={
                **os.environ,
                "NUEE_HOME": str(self.home),
                "NUEE_PASSPHRASE": PASSPHRASE,
                "NUEE_LANGUAGE": "en",
                "PYTHONUNBUFFERED": "1",
            },
        )


def eventually(test: Callable[[], bool], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if test():
            return True
        time.sleep(0.2)
    return False


@pytest.fixture(scope="module")
def owned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nuee]:
    """A profile with the sample mailbox in it, owned by a running process that later commands are handed to."""
    nuee = Nuee(tmp_path_factory.mktemp("owned") / "home")
    created = nuee.json("init")
    assert len(created["recovery_phrase"].split()) == 24
    owner = nuee.chat()
    assert owner.stdout is not None
    assert owner.stdout.readline().startswith("Nuée.")  # it has opened the vault
    report = nuee.json("import", "--sample")
    assert (report["imported"], report["duplicates"], report["failed"]) == (80, 0, [])
    yield nuee
    owner.communicate(input="/quit\n", timeout=60)
    assert owner.returncode == 0


@pytest.fixture
def fresh(tmp_path: Path) -> Nuee:
    return Nuee(tmp_path / "home")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Nuee, str]:
    """A profile with nothing in it, and its recovery phrase."""
    nuee = Nuee(tmp_path_factory.mktemp("first") / "home")
    return nuee, str(nuee.json("init")["recovery_phrase"])


@pytest.fixture
def empty(first: tuple[Nuee, str], tmp_path: Path) -> Nuee:
    """A copy of it."""
    return Nuee(copied(first[0].home, tmp_path / "home"))


def test_init_prints_home_and_phrase_and_nothing_else(fresh: Nuee) -> None:
    created = fresh.json("init")
    assert set(created) == {"home", "recovery_phrase"}
    assert created["home"] == str(fresh.home)


def test_init_never_overwrites_a_vault(empty: Nuee) -> None:
    before = (empty.home / "key.nuee").read_bytes()
    again = empty.run("init")
    assert (again.returncode, len(again.stderr.splitlines())) == (1, 1)
    assert (empty.home / "key.nuee").read_bytes() == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["search", "dinner"],
        ["ask", "when is the dinner?"],
        ["show", "m0"],
        ["import", "nowhere"],
        ["import"],
        ["models", "use", "no-such-model"],
        ["models", "add", "README.md"],
        ["no-such-command"],
        ["search", "x", "-k", "0"],
        ["search", "x", "-k", "abc"],
        ["timeline", "--days", "abc"],
    ],
)
def test_an_error_is_one_line_on_standard_error(fresh: Nuee, arguments: list[str]) -> None:
    done = fresh.run(*arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_wrong_passphrase_is_told_in_one_sentence(empty: Nuee) -> None:
    done = empty.run("search", "x", "--words", passphrase="wrong")
    assert done.returncode == 1
    assert done.stderr == "nuee: This is not the passphrase or the recovery phrase of this vault.\n"


def test_the_recovery_phrase_opens_the_vault(empty: Nuee, first: tuple[Nuee, str]) -> None:
    _, phrase = first
    done = empty.run("status", "--json", passphrase=phrase)
    assert json.loads(done.stdout)["state"] == "open"


def test_the_passphrase_may_lie_in_a_file(empty: Nuee, tmp_path: Path) -> None:
    file = tmp_path / "passphrase"
    file.write_text(PASSPHRASE + "\n")
    done = empty.run("status", "--json", "--passphrase-file", str(file), passphrase=None)
    assert json.loads(done.stdout)["state"] == "open"


def test_without_a_terminal_a_missing_passphrase_is_said(empty: Nuee) -> None:
    done = empty.run("search", "x", passphrase=None)
    assert "NUEE_PASSPHRASE" in done.stderr


def test_the_peer_id_stays_the_same(empty: Nuee) -> None:
    first, second = (empty.json("status")["peer_id"] for _ in range(2))
    assert first == second
    assert first.startswith("12D3KooW")


def test_importing_again_finds_only_duplicates(owned: Nuee) -> None:
    report = owned.json("import", "--sample")
    assert (report["imported"], report["duplicates"], report["failed"]) == (0, 80, [])


def test_search_finds_by_words_and_meaning_together(owned: Nuee) -> None:
    found = owned.json("search", "What did the vet say about the cat?", "-k", "3")
    assert found["mode"] == "hybrid"
    assert {"id", "kind", "title", "date", "snippet", "score"} <= set(found["hits"][0])


def test_show_prints_the_record_that_search_named(owned: Nuee) -> None:
    hit = owned.json("search", "Heron kick-off", "-k", "1")["hits"][0]
    record = owned.json("show", hit["id"])
    assert record["title"] == hit["title"]


def test_an_answer_has_its_citation(owned: Nuee) -> None:
    answer = owned.json("ask", "What time is Sophie's birthday dinner?")
    assert set(answer) >= {"answer", "citations", "model", "first_token_ms", "ms"}
    assert any(citation["quote"] in " ".join(owned.json("show", citation["id"])["body"].split())
               for citation in answer["citations"])  # fmt: skip


def test_a_broken_message_is_listed_and_the_rest_comes_in(owned: Nuee, tmp_path: Path) -> None:
    (tmp_path / "good.eml").write_text("From: a@example.org\nSubject: Quince\n\nThe quince jam is ready.\n")
    (tmp_path / "odd.bin").write_bytes(bytes(range(256)) * 20)
    report = owned.json("import", str(tmp_path))
    assert report["imported"] == 1
    assert [Path(failure["path"]).name for failure in report["failed"]] == ["odd.bin"]


def test_status_counts_what_is_there(owned: Nuee) -> None:
    status = owned.json("status")
    assert status["records"] >= 80
    assert status["embedded"] == status["chunks"]


def test_a_cancelled_import_keeps_what_is_in_and_leaves_no_process_behind(empty: Nuee, tmp_path: Path) -> None:
    mails = tmp_path / "mails"
    mails.mkdir()
    for number in range(500):
        (mails / f"{number}.eml").write_text(f"Subject: {number}\nMessage-ID: <{number}@example.org>\n\nBody.\n")
    environment = {**os.environ, "NUEE_HOME": str(empty.home), "NUEE_PASSPHRASE": PASSPHRASE, "NUEE_LANGUAGE": "en"}
    command = [sys.executable, "-m", "app", "import", str(mails)]
    importing = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        # A test run started in the background ignores Ctrl-C, and its children would inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert eventually(lambda: _workers("index", empty.home) != [])  # the vault is open
    importing.send_signal(signal.SIGINT)
    _, said = importing.communicate(timeout=60)
    assert (importing.returncode, said) == (130, "Cancelled. What was already done is kept.\n")
    assert eventually(lambda: not any(_workers(name, empty.home) for name in ("index", "embed", "keyholder")))
    again = import_words(empty.home, PASSPHRASE, mails)
    assert again["imported"] + again["duplicates"] == 500


def test_the_default_model_is_listed_as_the_one_in_use(owned: Nuee) -> None:
    rows = owned.json("models", "list")["models"]
    assert [row["name"] for row in rows if row["current"]] == ["SmolLM2-135M-Instruct"]


def test_a_killed_model_process_gives_one_sentence_and_the_next_question_works(owned: Nuee) -> None:
    owned.json("ask", "When is the wedding?")
    killed = _workers("llama", owned.home)
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    assert killed
    assert owned.json("ask", "When is the wedding?")["answer"]


def test_locking_ends_every_process_that_held_plaintext(owned: Nuee) -> None:
    owned.json("ask", "When is the wedding?")
    before = {name: set(_workers(name, owned.home)) for name in ("keyholder", "index", "embed", "llama")}
    owned.json("lock")
    after = {name: set(_workers(name, owned.home)) for name in before}
    try:
        assert all(before.values())
        assert not after["keyholder"] | after["index"] | after["llama"]
        assert not after["embed"] & before["embed"]  # a fresh one warms up
        assert json.loads(owned.run("status", "--json", passphrase=None).stdout)["state"] == "locked"
    finally:
        assert owned.json("status")["state"] == "open"  # the passphrase in the environment opens it again


def _workers(name: str, home: Path) -> list[int]:
    """Process ids of the workers of that name whose node owns `home`."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            environment = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[-3:-1] == [b"--worker", name.encode()] and f"NUEE_HOME={home}".encode() in environment:
            found.append(int(folder.name))
    return found
