"""Forgetting and changing secrets at the command line: real processes, and a terminal where one is needed."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.made import copied, import_words
from tests.paths import ROOT

PASSPHRASE = "a passphrase for the tests of privacy"
COMMAND = [sys.executable, "-m", "app"]


@dataclass(frozen=True)
class Nuee:
    """One profile with two notes in it."""

    home: Path

    def environment(self, passphrase: str) -> dict[str, str]:
        return {**os.environ, "NUEE_HOME": str(self.home), "NUEE_LANGUAGE": "en", "NUEE_PASSPHRASE": passphrase}

    def run(self, *arguments: str, passphrase: str = PASSPHRASE) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments],
            capture_output=True,
            text=True,
            env=self.environment(passphrase),
            cwd=ROOT,
            timeout=120,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    def json(self, *arguments: str, passphrase: str = PASSPHRASE) -> dict[str, Any]:
        done = self.run(*arguments, "--json", passphrase=passphrase)
        assert done.returncode == 0, done.stderr
        loaded: dict[str, Any] = json.loads(done.stdout)
        return loaded

    def at_terminal(self, answer: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run it with a terminal as standard input, at which `answer` is typed."""
        keyboard, screen = pty.openpty()
        try:
            os.write(keyboard, answer.encode())
            return subprocess.run(
                [*COMMAND, *arguments],
                stdin=screen,
                capture_output=True,
                text=True,
                env=self.environment(PASSPHRASE),
                cwd=ROOT,
                timeout=120,
                check=False,
            )
        finally:
            os.close(keyboard)
            os.close(screen)

    def records(self) -> int:
        return int(self.json("forget", "--before", "2100-01-01", "--dry-run")["count"])


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Nuee:
    folder = tmp_path_factory.mktemp("first")
    made = Nuee(folder / "home")
    made.json("init")
    for name, text in (("jam", "# Quince\n\nThe jam is ready.\n"), ("soup", "# Leek\n\nThe soup is hot.\n")):
        (folder / f"{name}.md").write_text(text)
    import_words(made.home, PASSPHRASE, folder / "jam.md", folder / "soup.md")
    return made


@pytest.fixture
def nuee(first: Nuee, tmp_path: Path) -> Nuee:
    return Nuee(copied(first.home, tmp_path / "home"))


def test_it_asks_before_it_forgets_and_no_is_no(nuee: Nuee) -> None:
    done = nuee.at_terminal("n\n", "forget", "--before", "2100-01-01")
    assert done.returncode == 1
    assert "2 records would be forgotten:\n" in done.stderr
    assert {"  Quince", "  Leek"} <= set(done.stderr.splitlines())
    assert nuee.records() == 2


def test_yes_forgets(nuee: Nuee) -> None:
    done = nuee.at_terminal("y\n", "forget", "--before", "2100-01-01")
    assert (done.returncode, done.stdout) == (0, "2 records forgotten.\n")
    assert nuee.records() == 0


def test_a_script_has_to_say_yes(nuee: Nuee) -> None:
    refused = nuee.run("forget", "--before", "2100-01-01")
    assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1)
    done = nuee.json("forget", "--before", "2100-01-01", "--yes")
    assert (done["forgotten"], done["conversations"], sorted(done["titles"])) == (2, 0, ["Leek", "Quince"])


@pytest.mark.parametrize(
    "arguments", [[], ["n1234", "--sender", "x"], ["--before", "soon", "--yes"], ["n1234", "--yes"]]
)
def test_what_cannot_be_meant_is_one_line(nuee: Nuee, arguments: list[str]) -> None:
    done = nuee.run("forget", *arguments)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)


def test_a_passphrase_is_changed_from_a_file(nuee: Nuee, tmp_path: Path) -> None:
    (tmp_path / "new").write_text("the new one\n")
    assert nuee.json("passwd", "--new-passphrase-file", str(tmp_path / "new")) == {"changed": "passphrase"}
    assert nuee.run("forget", "--before", "2100-01-01", "--dry-run").returncode == 1
    assert nuee.json("forget", "--before", "2100-01-01", "--dry-run", passphrase="the new one")["count"] == 2


def test_a_new_phrase_is_printed_once_and_opens(nuee: Nuee) -> None:
    phrase = nuee.json("recovery")["recovery_phrase"]
    assert len(phrase.split()) == 24
    assert nuee.json("forget", "--before", "2100-01-01", "--dry-run", passphrase=phrase)["count"] == 2


def test_at_a_terminal_it_asks_for_a_word_of_the_new_phrase(nuee: Nuee) -> None:
    done = nuee.at_terminal("wrong\nwrong\nwrong\n", "recovery")
    assert done.returncode == 0
    assert "24." in done.stdout
    assert done.stderr.count("what is word") == 3
    assert "in force all the same" in done.stderr
