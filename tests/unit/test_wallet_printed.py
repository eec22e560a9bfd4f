"""`nuee wallet …` as it is typed and as it prints; keys and passphrases in neither."""

from __future__ import annotations

import io
import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from app import cli
from app.actions import wallet_cli, wallet_policy, wallet_printing
from app.oneshot import Screen
from app.profile import Profile
from app.requests import REQUESTS
from app.wallet_results import (
    AccountView,
    AskedFor,
    AskRow,
    AuthorityView,
    DelegateRow,
    HistoryRow,
    LimitsRow,
    Money,
    Movement,
    Movements,
    WalletView,
)
from storage import keys
from tests.paths import ROOT

PASSPHRASE = "gravel otter lantern seventeen"
ADDRESS = "0x" + "4f" * 20
HASH = "0x" + "7a" * 32
AT = "2026-11-22T10:00:00+00:00"
MONEY = Money("12.5", "NREH", ADDRESS, "12.5\u00a0NREH")
LIMITS = LimitsRow(ADDRESS, "NREH", MONEY, MONEY, MONEY, MONEY, MONEY)
DELEGATE = DelegateRow("did:key:z6Mk", "phone\u202e", "Base", AT, False, MONEY, MONEY, MONEY, MONEY)
VIEW = WalletView(
    "mine", "rpc", 8453, "Base", True, False, "Real money.", "Nobody answers.", 0, ADDRESS, (MONEY,), (LIMITS,), MONEY,
    MONEY, (DELEGATE,), 2, "One token is 1 EUR.",
)  # fmt: skip
HISTORY = HistoryRow("k", "Pay it.", "sent", "sent", "It waits.", HASH, AT, "Base", "", "", (("To", ADDRESS),))
ASK = AskRow("ab" * 32, "Send it.", (("To", ADDRESS),), "waiting", True, "", "", "", AT)
RESULTS: dict[str, dict[str, Any]] = {
    "wallet": asdict(VIEW),
    "wallet-limits": asdict(VIEW),
    "wallet-rate": asdict(VIEW),
    "wallet-network": {**asdict(VIEW), "turned": {"name": "Base", "on": True, "real": True}},
    "wallet-history": {"history": [asdict(HISTORY)]},
    "wallet-movements": asdict(Movements(ADDRESS, "", 0, (Movement("in", MONEY, ADDRESS, "Bob", HASH, 1, AT),))),
    "wallet-pending": {"pending": [asdict(ASK)]},
    "wallet-decide": asdict(ASK),
    "wallet-account": asdict(AccountView(ADDRESS, "Savings", (MONEY,), "")),
    "wallet-watch": asdict(AccountView(ADDRESS, "Savings", (MONEY,), "")),
    "wallet-unwatch": {"unwatched": ADDRESS},
    "wallet-watching": {"watching": [asdict(AccountView(ADDRESS, "Savings", (), "Nobody answers."))]},
    "wallet-delegate-add": asdict(DELEGATE),
    "wallet-delegate-remove": asdict(DELEGATE),
    "wallet-delegates": {"delegates": [asdict(DELEGATE)]},
    "wallet-authority": asdict(AuthorityView("p", "Alice", "Base", ADDRESS, 2**60, False, MONEY, MONEY, MONEY, MONEY)),
    "wallet-ask-for": asdict(AskedFor("p", "Alice", "Send it.", (), "", "", "ab", 7)),
}
TYPED = (
    ("show", "wallet"), ("show --account 3", "wallet"), ("history -n 5", "wallet-history"),
    ("payments", "wallet-movements"), (f"payments {ADDRESS}", "wallet-movements"), ("pending", "wallet-pending"),
    ("agree abcdef", "wallet-decide"), ("decline abcdef", "wallet-decide"), ("limits", "wallet"),
    ("limits --task 5 --fees 0.1", "wallet-limits"), ("network on base", "wallet-network"),
    ("rate 0.98 EUR", "wallet-rate"), ("rate off", "wallet-rate"), ("delegate list", "wallet-delegates"),
    ("delegate add Bob --until 2099-01-01 --task 5", "wallet-delegate-add"),
    ("delegate remove Bob", "wallet-delegate-remove"), (f"watch {ADDRESS} --name Savings", "wallet-watch"),
    (f"unwatch {ADDRESS}", "wallet-unwatch"), ("watching", "wallet-watching"), ("account 15", "wallet-account"),
    ("ask-for Alice", "wallet-authority"), ("ask-for Alice token.transfer Bob 5 --wait", "wallet-ask-for"),
)  # fmt: skip


@pytest.mark.parametrize(("typed", "wanted"), TYPED)
def test_each_command_is_one_request_that_there_is(typed: str, wanted: str) -> None:
    options = cli.parser("en").parse_args(["wallet", *typed.split()])
    found = wallet_cli.request(options, "en")
    assert found is not None
    assert found[0] == wanted
    assert found[0] in REQUESTS


@pytest.mark.parametrize(
    "typed", ["account 16", "account x", "history -n 0", "network maybe base", "export --index -1"]
)
def test_what_cannot_be_is_refused_before_anything_is_asked(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.parser("en").parse_args(["wallet", *typed.split()])
    assert capsys.readouterr().err


def test_no_option_takes_a_secret() -> None:
    """What stands in a command line is seen by every program of the machine."""
    help_texts = cli.parser("en").parse_args(["wallet", "limits"])
    assert not {name for name in vars(help_texts) if "secret" in name or "proof" in name or "key" in name}


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("name", sorted(wallet_printing.PRINTERS))
def test_every_result_is_printed_in_both_languages(name: str, language: str) -> None:
    out = io.StringIO()
    wallet_printing.PRINTERS[name](RESULTS[name], language, out, "")
    assert out.getvalue().strip()
    assert not re.search(r"[{}]", out.getvalue())
    assert "\u202e" not in out.getvalue()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_where_there_is_nothing_it_says_what_to_do_next(language: str) -> None:
    for name, key in (("wallet-history", "history"), ("wallet-pending", "pending"), ("wallet-watching", "watching")):
        out = io.StringIO()
        wallet_printing.PRINTERS[name]({key: []}, language, out, "")
        assert len(out.getvalue()) > 20


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    keys.create(folder / "key.nuee", PASSPHRASE)
    return folder


@pytest.fixture
def terminal(home: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """`nuee wallet export` at a terminal of its own."""
    ours, theirs = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if key != "NUEE_PASSPHRASE"}
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "wallet", "export", "--home", str(home)],
        cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, env={**environment, "NUEE_LANGUAGE": "en"},
        start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    yield ours, process
    process.kill()
    process.wait()
    os.close(ours)


def read_until(terminal: int, wanted: bytes, seconds: float = 120) -> bytes:
    found, limit = b"", time.monotonic() + seconds
    while wanted not in found and time.monotonic() < limit:
        if select.select([terminal], [], [], 1)[0]:
            try:
                found += os.read(terminal, 4096)
            except OSError:  # its other end is closed
                break
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="takes a pseudo-terminal")
def test_an_export_reads_the_passphrase_without_echo_and_shows_the_key_there_alone(
    home: Path, terminal: tuple[int, subprocess.Popen[bytes]]
) -> None:
    ours, process = terminal
    said = read_until(ours, b"recovery phrase: ")
    assert b"owns what is on it" in said
    os.write(ours, PASSPHRASE.encode() + b"\n")
    shown = read_until(ours, b"never")
    assert PASSPHRASE.encode() not in said + shown
    assert wallet_policy.exported(Profile(home), PASSPHRASE, 0).encode() in shown
    assert process.wait(60) == 0


def test_a_script_gets_no_key_on_standard_output(home: Path) -> None:
    environment = {**os.environ, "NUEE_PASSPHRASE": PASSPHRASE, "NUEE_LANGUAGE": "en"}
    done = subprocess.run(
        [sys.executable, "-m", "app", "wallet", "export", "--json", "--home", str(home)],
        cwd=ROOT, capture_output=True, text=True, env=environment, check=False, stdin=subprocess.DEVNULL, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert "--to FILE" in done.stderr


def test_whoever_waits_for_a_task_is_told_that_the_wallet_asks() -> None:
    err = io.StringIO()
    Screen("en", as_json=False, out=io.StringIO(), err=err).report(
        {"kind": "WalletAsks", "digest": "ab", "waiting": 1, "task": "t"}
    )
    assert "nuee wallet pending" in err.getvalue()
