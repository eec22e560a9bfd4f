"""A peer in JavaScript, written from docs/protocol.md alone, and this one: contacts, tasks, and what is refused.

Both run as programs of their own; whatever passes between them passes over TCP.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.household import Nuee, eventually
from tests.interop.js_nuee import JsNuee, javascript, running
from tests.interop.js_peer import installed
from tests.vectors.acl import VECTORS

PROMPT = "Say hello in one word."
SAYS = "Bonjour, dit le programme : 水 ☃"


@pytest.fixture(scope="module")
def folder() -> Path:
    return installed()


@pytest.fixture(scope="module")
def nuee(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nuee]:
    with running(tmp_path_factory.mktemp("javascript")) as nuee:
        yield nuee


@pytest.fixture(scope="module")
def guest(folder: Path, nuee: Nuee) -> Iterator[JsNuee]:
    """It was invited here, and dialled us."""
    with javascript(folder) as js:
        js.do("add", link=nuee.json("peers", "invite", "Guest")["invite"])
        yield js


@pytest.fixture(scope="module")
def host(folder: Path, nuee: Nuee) -> Iterator[JsNuee]:
    """It invited us, and we dialled it."""
    with javascript(folder) as js:
        nuee.said("peers", "add", js.do("invite")["invite"], "--name", "Host")
        yield js


def us(nuee: Nuee) -> str:
    return str(nuee.json("peers", "status")["peer_id"])


def announced(nuee: Nuee, peer: str) -> Any:
    return nuee.json("task", "announce", "inference", "--prompt", PROMPT, "--to", peer, "--wait")


def latest(js: JsNuee) -> Any:
    return js.do("conversations")["conversations"][-1]


def test_the_examples_are_the_same_in_javascript(folder: Path) -> None:
    node = folder / "node_modules" / ".bin" / "node"
    done = subprocess.run(
        [node, "vectors.mjs", VECTORS], cwd=folder, capture_output=True, text=True, timeout=60, check=True
    )
    found = json.loads(done.stdout)
    assert found["wrong"] == []
    assert found["tried"] > 100


# --- contacts


def test_an_invited_peer_is_a_contact(nuee: Nuee, guest: JsNuee) -> None:
    assert guest.peer in nuee.said("peers", "show", "Guest")


def test_a_peer_that_invited_is_a_contact(nuee: Nuee, host: JsNuee) -> None:
    assert host.peer in nuee.said("peers", "show", "Host")


@pytest.mark.parametrize("name", ["Guest", "Host"])
def test_a_contact_is_pinged_whoever_dialled(nuee: Nuee, guest: JsNuee, host: JsNuee, name: str) -> None:
    assert guest.peer != host.peer
    assert nuee.json("peers", "ping", name)["rtt_ms"] > 0


# --- tasks of ours


@pytest.mark.parametrize("dialled", ["guest", "host"])
def test_a_task_of_ours_is_done_in_javascript(nuee: Nuee, dialled: str, request: pytest.FixtureRequest) -> None:
    js: JsNuee = request.getfixturevalue(dialled)
    js.do("offer", says=SAYS)
    done = announced(nuee, js.peer)
    assert (done["state"], done["provider"], done["result"]["text"]) == ("done", js.peer, SAYS)


def test_what_is_worked_on_in_javascript_is_shown_as_it_comes(nuee: Nuee, host: JsNuee) -> None:
    host.do("offer", says=SAYS, lasts=1500)
    said = nuee.said("task", "announce", "inference", "--prompt", PROMPT, "--to", host.peer, "--wait")
    assert said.count(SAYS) == 1, said  # streamed, and not printed again with the end
    assert eventually(lambda: host.do("conversations")["pieces"])  # the last one may cross with the result itself


def test_the_prompt_arrives_with_the_award(nuee: Nuee, host: JsNuee) -> None:
    host.do("offer", says=SAYS)
    announced(nuee, host.peer)
    assert latest(host) == {"phase": "DONE", "prompt": PROMPT, "heard": ["cfp", "accept-proposal"]}


def test_a_kind_that_the_other_does_not_know_ends_the_task(nuee: Nuee, host: JsNuee) -> None:
    host.do("offer")
    assert announced(nuee, host.peer)["state"] == "refused"
    assert latest(host)["phase"] == "NOT_UNDERSTOOD"


# --- tasks of theirs


@pytest.mark.parametrize("dialled", ["guest", "host"])
def test_a_task_of_theirs_is_done_here(nuee: Nuee, dialled: str, request: pytest.FixtureRequest) -> None:
    js: JsNuee = request.getfixturevalue(dialled)
    done = js.do("announce", peer=us(nuee), kind="inference", prompt=PROMPT)
    assert done["state"] == "done", done
    assert (done["price"], done["matches"]) == ("0", True)
    assert done["result"]["text"]


def test_what_is_worked_on_here_is_shown_there_as_it_comes(nuee: Nuee, host: JsNuee) -> None:
    done = host.do("announce", peer=us(nuee), kind="inference", prompt="Tell a long story about a cloud.")
    shown = "".join(done["pieces"])
    assert shown, done
    assert done["result"]["text"].startswith(shown)


def test_messages_of_both_share_streams(nuee: Nuee, host: JsNuee) -> None:
    before = host.do("shared")
    host.do("announce", peer=us(nuee), kind="inference", prompt=PROMPT)  # the call and the acceptance
    assert host.do("shared")["asked"] > before["asked"]
    host.do("offer", says=SAYS)
    announced(nuee, host.peer)
    assert eventually(lambda: host.do("shared")["served"] > before["served"])


# --- letters


def test_a_letter_of_ours_arrives_in_javascript(nuee: Nuee, host: JsNuee) -> None:
    sent = nuee.json("messages", "send", host.peer, SAYS)
    assert sent["state"] == "delivered"
    assert eventually(lambda: host.do("letters")["letters"])[-1] == {"from": us(nuee), "text": SAYS, "author": "person"}


@pytest.mark.parametrize("author", ["person", "agent"])
def test_a_letter_from_javascript_arrives_here_with_its_author(nuee: Nuee, guest: JsNuee, author: str) -> None:
    assert guest.do("letter", peer=us(nuee), text=f"{SAYS} {author}", author=author)["code"] == ""
    *_, got = nuee.json("messages", "list", "Guest")["messages"]
    assert (got["text"], got["automatic"], got["state"]) == (f"{SAYS} {author}", author == "agent", "new")


def test_a_task_of_theirs_is_called_off(nuee: Nuee, host: JsNuee) -> None:
    assert host.do("announce", peer=us(nuee), kind="inference", prompt=PROMPT, cancels=True)["state"] == "cancelled"
    assert nuee.json("task", "list")["tasks"][0]["state"] == "cancelled"


def test_a_kind_that_is_unknown_here_is_not_understood(nuee: Nuee, host: JsNuee) -> None:
    done = host.do("announce", peer=us(nuee), kind="juggling", prompt=PROMPT)
    assert (done["state"], done["reason"]) == ("not-understood", "ontology")


# --- what is refused


@pytest.fixture(scope="module")
def rude(folder: Path, nuee: Nuee) -> Iterator[JsNuee]:
    """A contact of its own: who breaks rules is kept out for a while, and this stays below that by a third."""
    with javascript(folder) as js:
        js.do("add", link=nuee.json("peers", "invite")["invite"])
        yield js


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("nothing", ""),
        ("keys out of order", "bad-encoding"),
        ("signed by another", "bad-signature"),
        ("an unknown parameter", "bad-field"),
        ("a version to come", "unknown-version"),
        ("of another", "wrong-sender"),
        ("for another", "wrong-receiver"),
        ("a clock an hour ahead", "clock-ahead"),
        ("a week and an hour old", "too-old"),
        ("no longer to be answered", "expired"),
        ("to be answered in a month", "too-far"),
        ("an answer to nothing", "unknown-conversation"),
        ("another call in its place", "conversation-exists"),
    ],
)
def test_a_broken_rule_has_the_code_of_the_page(nuee: Nuee, rude: JsNuee, how: str, code: str) -> None:
    assert rude.do("wrong", peer=us(nuee), how=how)["code"] == code


def test_the_same_bytes_again_are_taken_once(nuee: Nuee, host: JsNuee) -> None:
    answers = host.do("wrong", peer=us(nuee), how="the same bytes again")
    assert answers["codes"] == ["", ""]
    assert eventually(lambda: latest(host)["heard"]) == ["not-understood"]
    host.do("announce", peer=us(nuee), kind="juggling", prompt=PROMPT)  # what a second taking would say comes before
    *_, again, _ = host.do("conversations")["conversations"]
    assert again["heard"] == ["not-understood"]
