"""`nuee peers`, `task`, `offers`, `messages` and `disclosures`: what is asked for, what is printed in both languages,
and the keys of `--json`, on which other people's programs rest."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, fields
from typing import Any

import pytest

from app import cli, swarm_results
from app.printing import PRINTERS
from app.requests import REQUESTS
from storage.tasks import FINAL

PEER = "12D3KooWP4HsHgRC37uimrdFZmAHSJ4f6c4diXmqdtzpKBQzAmz4"
AT = "2026-03-02T10:00:00+00:00"
EVIL = "\x1b[2J\u202eEve"  # clears the screen, turns text around
LANGUAGES = ("en", "fr")

# What these keys mean is promised; more may come.
KEYS = {
    "PeerRow": "peer_id name standing connected way rtt_ms seen relays",
    "PeerView": "row identity addresses added",
    "InviteMade": "invite expires addresses",
    "SwarmState": "on running peer_id listening connected problem",
    "TaskRow": "id role kind state provider provider_name detail ms created ended",
    "TaskView": "row spec result bids messages",
    "BidRow": "peer_id name state price token eta_ms until reason",
    "Arrow": "at peer_id name outgoing performative detail",
    "Announced": "id state provider result ms",
    "OfferRow": "kind audience quota unit price at_once asks about settings",
    "LetterRow": "id peer_id name outgoing text automatic state at reason",
    "DisclosureRow": "number at peer_id name kind task bytes digest records why",
    "DisclosureLedger": "disclosures broken",
    "ConsentRow": "peer_id name kind decision",
    "Preview": "peer_ids kind bytes digest text records names",
}


def row(**changes: Any) -> dict[str, Any]:
    one = swarm_results.PeerRow(PEER, "Bob", "contact", False, "tcp", 1.5, AT)
    return {**asdict(one), **changes}


def task(**changes: Any) -> dict[str, Any]:
    made = swarm_results.TaskRow("ab" * 16, "initiator", "inference", "done", PEER, "Bob", "", 1200, AT, AT)
    return {**asdict(made), **changes}


def view(**changes: Any) -> dict[str, Any]:
    arrow = {"at": AT, "peer_id": PEER, "name": "Bob", "outgoing": True, "performative": "cfp", "detail": ""}
    made = {"row": task(), "spec": {}, "result": {"text": "Good day."}, "bids": [], "messages": [arrow], "award": ""}
    return {**made, **changes}


def bid(**changes: Any) -> dict[str, Any]:
    return {**asdict(swarm_results.BidRow(PEER, "Bob", "proposed", 5, "credit", 900, AT, said="5 credits")), **changes}


def offer(**changes: Any) -> dict[str, Any]:
    made = swarm_results.OfferRow("inference", "contacts", 20_000, "tokens", 0, 1, True, "runs a prompt")
    return {**asdict(made), **changes}


def letter(**changes: Any) -> dict[str, Any]:
    return {**asdict(swarm_results.LetterRow("cd" * 16, PEER, "Bob", False, "Hello", False, "new", AT)), **changes}


def left(**changes: Any) -> dict[str, Any]:
    made = swarm_results.DisclosureRow(
        1, AT, PEER, "Bob", "letter", "ab" * 16, 120, "ef" * 32, ("0123456789",), "typed"
    )
    return {**asdict(made), **changes}


def preview(**changes: Any) -> dict[str, Any]:
    made = swarm_results.Preview((PEER,), "inference", 3, "00", "abc", (("0123456789", "Title"),), ("Bob",))
    return {**asdict(made), **changes}


STATE = asdict(swarm_results.SwarmState(True, True, PEER, ("/ip4/192.0.2.1/tcp/1",), 2, ""))
CONSENT = asdict(swarm_results.ConsentRow(PEER, "Bob", "inference", "always"))
ENDED = asdict(swarm_results.Announced("ab" * 16, "done", PEER, {"text": "Good day."}, 1200))
INVITE = {**asdict(swarm_results.InviteMade("nuee:abc", AT, ())), "qr": "██"}

# Every command, with a result as it may be, and what a person reads of it in each language.
PRINTED: list[tuple[str, dict[str, Any], str, str]] = [
    ("peers", {"peers": [row()]}, "last seen 2026-03-02 10:00 UTC, 1.5 ms", "vu pour la dernière fois le"),
    ("peers", {"peers": []}, "No peers yet", "Pas encore de pairs"),
    ("peers", {"peers": [row(standing="blocked")]}, "blocked", "bloqué"),
    ("peers", {"peers": [row(seen=None, rtt_ms=None)]}, "never reached", "jamais joint"),
    ("peer", {"row": row(), "identity": "did:key:z", "addresses": ["/ip4/1"], "added": AT}, "did:key:z", "/ip4/1"),
    ("peer-add", row(connected=True, way="relay"), "connected (relay)", "connecté (relay)"),
    ("peer-ping", row(connected=True, way=""), "connected (direct)", "connecté (direct)"),
    ("peer-rename", row(name="Robert"), "Robert", "Robert"),
    ("peer-block", row(standing="blocked"), "blocked", "bloqué"),
    ("peer-remove", row(), "Bob", "Bob"),
    ("peer-relay", row(relays=True), "Bob", "Bob"),
    ("peer-invite", INVITE, "██\nnuee:abc\nSend this link to one person only", "à une seule personne"),
    ("swarm", STATE, "peers connected: 2", "pairs connectés : 2"),
    ("swarm-turn", {**STATE, "running": False, "on": False}, "The swarm is off", "L’essaim est désactivé"),
    ("swarm-lan", {**STATE, "running": False, "problem": "taken"}, "cannot be reached: taken", "n’est pas joignable"),
    ("tasks", {"tasks": [task(state="refused", detail="quota")]}, "abababab  inference", "quota"),
    ("tasks", {"tasks": []}, "No tasks yet", "Pas encore de tâches"),
    ("task", view(), "10:00:00 → Bob: who would do it?", "10:00:00 → Bob: qui le ferait ?"),
    ("task-bids", {"bids": [bid(said="5 crédits")]}, "5 crédits", "5 crédits"),
    ("task-bids", {"bids": [bid(price=0)]}, "free", "gratuit"),
    ("task-bids", {"bids": []}, "Nobody has answered yet", "Personne n’a encore répondu"),
    ("task-announce", ENDED, "Good day.\nTask abababab is done, in 1.2 s.", "La tâche abababab est faite"),
    ("task-announce", task(state="calling", goes_on=True), "abababab", "abababab"),
    ("task-award", task(state="working"), "inference", "inference"),
    ("task-cancel", task(state="cancelling"), "inference", "inference"),
    ("task-answer", task(role="participant", id=f"{PEER}/{'ab' * 16}"), "abababab", "abababab"),
    ("task-remove", {"removed": "abc"}, "abc is forgotten", "abc est oubliée"),
    ("offers", {"offers": [offer()]}, "you are asked each time", "on vous demande à chaque fois"),
    ("offer-set", offer(settings={"models": ["all"]}), ", all", ", all"),
    ("offer-more", offer(settings={"skills": ["letters"]}), ", letters", ", letters"),
    ("offer-less", offer(audience="nobody"), "runs a prompt", "runs a prompt"),
    ("letters", {"messages": [letter()]}, "← Bob  new\n    Hello", "nouveau"),
    ("letters", {"messages": []}, "No messages yet", "Pas encore de messages"),
    ("letters-read", {"messages": [letter(automatic=True, state="read")]}, "written by an agent", "écrit par un agent"),
    ("letter-send", letter(outgoing=True, state="waiting"), "waiting until the contact is there", "attend que"),
    ("letter-remove", {"removed": "cd" * 16}, "cdcdcdcd is forgotten", "cdcdcdcd est oublié"),
    ("disclosures", {"disclosures": [left()], "broken": None}, "120 B  efefefefefef  you typed it  01234567", "tapé"),
    ("disclosures", {"disclosures": [left(why="once")], "broken": 7}, "Line 7 does not agree", "La ligne 7 ne"),
    ("disclosures", {"disclosures": [], "broken": None}, "Nothing has left yet", "Rien n’est encore parti"),
    ("consents", {"consents": [CONSENT]}, "always", "toujours"),
    ("consent-set", {"consents": []}, "Nothing was agreed to", "Rien n’a été accepté"),
    ("task-preview", preview(), "Title", PEER),
]  # fmt: skip


def printed(name: str, result: dict[str, Any], language: str = "en", streamed: str = "") -> str:
    out = io.StringIO()
    PRINTERS[name](result, language, out, streamed)
    return out.getvalue()


@pytest.mark.parametrize(("name", "result", "english", "french"), PRINTED)
def test_a_person_reads_it_in_their_language(name: str, result: dict[str, Any], english: str, french: str) -> None:
    said = {language: printed(name, result, language) for language in LANGUAGES}
    assert english in said["en"]
    assert french in said["fr"]
    assert all(one.endswith("\n") for one in said.values())


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("peers", {"peers": [row(name=EVIL)]}),
        ("peer", {"row": row(), "identity": "", "addresses": [EVIL], "added": AT}),
        ("tasks", {"tasks": [task(provider_name=EVIL)]}),
        ("tasks", {"tasks": [task(detail=EVIL)]}),
        ("task", view(result={"text": EVIL})),
        ("task", view(messages=[{**view()["messages"][0], "name": EVIL}])),
        ("task", view(spec={"title": EVIL, "slots": [2**52, -5, True]})),
        ("task", view(spec={"title": "Lunch", "minutes": EVIL, "slots": [2**33]})),
        ("task", view(spec={EVIL: "x"})),
        ("task-bids", {"bids": [bid(name=EVIL)]}),
        ("task-bids", {"bids": [bid(said=EVIL)]}),
        ("task-bids", {"bids": [bid(reason=EVIL)]}),
        ("task-announce", {**ENDED, "result": {"text": EVIL}}),
        ("task-announce", {**ENDED, "result": {"value": [EVIL]}}),
        ("offers", {"offers": [offer(settings={"skills": [EVIL]})]}),
        ("letters", {"messages": [letter(text=EVIL)]}),
        ("letters", {"messages": [letter(name=EVIL)]}),
        ("disclosures", {"disclosures": [left(name=EVIL)], "broken": None}),
        ("consents", {"consents": [{**CONSENT, "name": EVIL}]}),
        ("task-preview", preview(text=EVIL)),
        ("task-preview", preview(names=(EVIL,))),
        ("task-preview", preview(records=(("0123456789", EVIL),))),
    ],
)
def test_what_a_peer_wrote_is_spelled_out_where_a_terminal_would_obey(name: str, result: dict[str, Any]) -> None:
    said = printed(name, result)
    assert "⟦U+202E⟧Eve" in said
    assert "\x1b" not in said
    assert "\u202e" not in said


def test_a_link_in_a_message_is_text() -> None:
    text = 'Click <a href="https://evil.example/?q=secret">here</a> or [here](https://evil.example)'
    assert f"    {text}\n" in printed("letters", {"messages": [letter(text=text)]})


def test_what_was_streamed_is_not_said_again() -> None:
    assert "Good day." not in printed("task-announce", ENDED, streamed="Good day.")
    assert printed("task-announce", ENDED, streamed="Good day.").startswith("\n")


@pytest.mark.parametrize("state", [*FINAL, "calling", "choosing", "working"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_end_of_a_task_has_its_sentence(state: str, language: str) -> None:
    assert "abababab" in printed("task-announce", {**ENDED, "state": state, "result": None, "ms": None}, language)


@pytest.mark.parametrize("name", sorted(KEYS))
def test_the_keys_of_json_stay(name: str) -> None:
    have = {field.name for field in fields(getattr(swarm_results, name))}
    assert set(KEYS[name].split()) <= have


@pytest.mark.parametrize(("name", "result", "_english", "_french"), PRINTED)
def test_every_result_is_json(name: str, result: dict[str, Any], _english: str, _french: str) -> None:
    assert json.loads(json.dumps(result, ensure_ascii=False)) is not None, name


# --- what is typed


def asked(*words: str) -> tuple[str, dict[str, Any]]:
    return cli.request(cli.parser("en").parse_args(list(words)), "en")


@pytest.mark.parametrize(
    ("words", "name", "args"),
    [
        (("peers",), "peers", {}),
        (("peers", "list"), "peers", {}),
        (("peers", "invite", "Bob", "--hours", "2", "--qr"), "peer-invite", {"name": "Bob", "hours": 2, "qr": True}),
        (("peers", "add", "nuee:x", "--name", "Bob"), "peer-add", {"link": "nuee:x", "name": "Bob"}),
        (("peers", "show", "Bob"), "peer", {"name": "Bob"}),
        (("peers", "ping", "Bob"), "peer-ping", {"name": "Bob"}),
        (("peers", "unblock", "Bob"), "peer-block", {"name": "Bob", "blocked": False}),
        (("peers", "block", "Bob"), "peer-block", {"name": "Bob", "blocked": True}),
        (("peers", "remove", "Bob"), "peer-remove", {"name": "Bob"}),
        (("peers", "rename", "Bob", "Robert"), "peer-rename", {"name": "Bob", "to": "Robert"}),
        (("peers", "relay", "Bob", "on"), "peer-relay", {"name": "Bob", "on": True}),
        (("peers", "lan", "off"), "swarm-lan", {"on": False}),
        (("peers", "status"), "swarm", {}),
        (("peers", "off"), "swarm-turn", {"on": False}),
        (("task", "show", "ab"), "task", {"id": "ab"}),
        (("task", "bids", "ab"), "task-bids", {"id": "ab"}),
        (("task", "award", "ab", "Bob", "Eve"), "task-award", {"id": "ab", "peers": ["Bob", "Eve"]}),
        (("task", "decline", "ab"), "task-answer", {"id": "ab", "agrees": False}),
        (("offers",), "offers", {}),
        (("messages", "send", "Bob", "Hi"), "letter-send", {"peer": "Bob", "text": "Hi"}),
        (("disclosures",), "disclosures", {}),
        (("disclosures", "never", "Bob", "letter"), "consent-set",
         {"peer": "Bob", "kind": "letter", "decision": "never"}),
    ],
)  # fmt: skip
def test_what_is_typed_becomes_a_request(words: tuple[str, ...], name: str, args: dict[str, Any]) -> None:
    got, given = asked(*words)
    assert (got, {key: given[key] for key in args}) == (name, args)
    assert name in REQUESTS


def test_an_announcement_says_its_terms() -> None:
    told = ("--prompt", "Hi", "--to", "Bob", "--deadline", "40", "--max-price", "5")
    _, args = asked("task", "announce", "inference", *told)
    assert args["terms"] == {"seconds": 40, "reply_seconds": 20.0, "max_price": 5, "award": "cheapest"}
    assert (args["kind"], args["arguments"]) == ("inference", {"prompt": "Hi"})
    assert (args["to"], args["wait"]) == (["Bob"], False)


@pytest.mark.parametrize(
    "words",
    [
        ("peers", "invite", "--hours", "0"),
        ("peers", "invite", "--hours", "-3"),
        ("peers", "invite", "--hours", "721"),
        ("peers", "invite", "--hours", "1e3"),
        ("peers", "add"),
        ("peers", "relay", "Bob", "maybe"),
        ("peers", "levitate"),
        ("task", "announce"),
        ("task", "announce", "mining"),
        ("task", "announce", "inference", "--deadline", "NaN"),
        ("task", "announce", "inference", "--max-price", "-1"),
        ("task", "announce", "inference", "--award", "random"),
        ("task", "announce", "inference", "--max-tokens", "999999"),
        ("task", "award"),
        ("offers", "set", "inference", "--to", "everybody"),
        ("offers", "set", "inference", "--quota", "0x10"),
        ("offers", "set", "inference", "--at-once", "65"),
        ("offers", "set", "inference", "--ask", "sometimes"),
        ("messages", "send", "Bob"),
        ("disclosures", "never", "Bob"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said_in_one_line(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.parser("en").parse_args(list(words))
    said = capsys.readouterr()
    assert ended.value.code == cli.EXIT_FAILED
    assert said.out == ""
    assert "Traceback" not in said.err
    assert said.err.startswith("nuee: ")
    assert said.err.count("\n") == 1
