"""Who is named to do it again, and what is done again for others: as it is set, kept, shown and obeyed."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from app import cli, requests
from app.actions import offers
from app.printing import PRINTERS
from app.reports import quiet
from app.results import CommandFailed
from app.swarm.kinds.inference import Inference
from app.swarm.kinds.port import BadTask
from app.swarm.validates import other_build, taken
from p2p.content_fields import check_word
from p2p.contents import CallForProposals
from p2p.deciding import Call
from p2p.identity import new_host_key, peer_id
from storage.offers import Offer
from storage.vault import VaultError
from tests.fakes import ScriptedLlm
from tests.unit.chains_fixtures import profile
from tests.unit.test_validation import MODEL

CAROL = peer_id(new_host_key())


def printed(name: str, result: dict[str, Any], language: str = "en") -> str:
    out = io.StringIO()
    PRINTERS[name](result, language, out, "")
    return out.getvalue()


async def test_a_validator_is_kept_by_its_id_and_shown_by_its_name(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        await node.blocking(node.vault.vault.peers.add, CAROL, "Carol")
        await offers.set_offer(node, "inference", settings={"validator": "Carol", "validates": "always"})
        kept = await node.blocking(node.vault.vault.offers.get, "inference")
        shown = printed("offers", await requests.run(node, "offers", {}, quiet))
        await offers.set_offer(node, "inference", settings={"validator": "none"})
        after = await node.blocking(node.vault.vault.offers.get, "inference")

    assert kept is not None
    assert kept.settings == {"validator": CAROL, "validates": "always"}
    assert "for contacts without asking, names Carol to do it again" in shown
    assert after is not None
    assert after.settings == {"validates": "always"}


async def test_what_was_never_set_asks_and_says_so(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        shown = printed("offers", await requests.run(node, "offers", {}, quiet), "fr")

    assert "on vous demande avant de refaire ce que d’autres ont fait" in shown


@pytest.mark.parametrize(
    ("kind", "settings", "code"),
    [
        ("meeting", {"validates": "always"}, "offer-validates"),
        ("inference", {"validates": "perhaps"}, "offer-validates"),
        ("inference", {"validator": "Nobody I know"}, "unknown-peer"),
    ],
)
async def test_what_cannot_be_is_refused_and_nothing_changes(
    tmp_path: Path, kind: str, settings: dict[str, str], code: str
) -> None:
    async with profile(tmp_path) as node:
        with pytest.raises((CommandFailed, VaultError)) as failed:
            await offers.set_offer(node, kind, settings=settings)
        assert code in (getattr(failed.value, "key", ""), getattr(failed.value, "code", ""))
        assert await node.blocking(node.vault.vault.offers.get, kind) is None


@pytest.mark.parametrize(
    ("rule", "contact", "without_asking"),
    [
        (None, True, False),
        ("ask", True, False),
        ("always", True, True),
        ("always", False, False),
        ("never", True, None),
    ],
)
def test_only_a_contact_is_served_without_a_question(
    rule: str | None, contact: bool, without_asking: bool | None
) -> None:
    assert taken({"validates": rule} if rule else {}, contact=contact) is without_asking


def _call(**pinned: Any) -> Call:
    spec = {"max-tokens": 9, "prompt-bytes": 3, **pinned}
    return Call("ab" * 16, "bob", "inference", CallForProposals(spec, 2**50), 2**50)


async def test_the_rule_is_for_doing_again_and_leaves_other_tasks_to_the_offer() -> None:
    kind = Inference(lambda: ScriptedLlm([]), lambda: True, lambda: MODEL.hex())
    offer, again = Offer("inference", "contacts", 1), {"model": MODEL, "seed": 0, "check": bytes(32)}
    assert kind.asks(_call(), offer, contact=True) is None
    assert kind.asks(_call(model=MODEL, seed=0), offer, contact=True) is None
    assert kind.asks(_call(**again), offer, contact=True) is True


async def test_nobody_is_asked_about_what_their_model_could_not_do_again() -> None:
    kind = Inference(lambda: ScriptedLlm([]), lambda: True, lambda: "ff" * 32)
    with pytest.raises(BadTask) as bad:
        kind.asks(_call(model=MODEL, seed=0, check=bytes(32)), Offer("inference", "contacts", 1), contact=True)
    assert bad.value.code == "other-model"


@pytest.mark.parametrize(
    "build", ["", "0.3.36 avx2 1a2b3c4d", "x" * 80, "1 Ünïcode_ÄÖ", "0.3 AVX512+VNNI+AMX 00ff00ff"]
)
def test_whatever_a_build_is_called_its_refusal_is_a_word_of_the_protocol(build: str) -> None:
    word = other_build(build)
    check_word(word, "reason")
    assert word.startswith("other-build")


@pytest.mark.parametrize(
    ("words", "name", "args"),
    [
        (("validation", "check", "ab"), "validation-check", {"task": "ab", "by": "", "yes": False, "pay": ""}),
        (
            ("validation", "check", "ab", "--by", "Carol", "--pay", "1.5", "--yes"),
            "validation-check",
            {"task": "ab", "by": "Carol", "yes": True, "pay": "1.5"},
        ),
        (("validation", "show", "ab"), "validation", {"task": "ab"}),
    ],
)
def test_the_words_on_the_command_line(words: tuple[str, ...], name: str, args: dict[str, Any]) -> None:
    assert cli.request(cli.parser("en").parse_args(list(words)), "en") == (name, args)


def test_an_offer_names_its_validator_on_the_command_line() -> None:
    words = ("offers", "set", "inference", "--validator", "Carol", "--validates", "always")
    found = cli.request(cli.parser("en").parse_args(list(words)), "en")
    assert found is not None
    assert found[1]["changes"]["settings"] == {"validator": "Carol", "validates": "always"}


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("state", ["none", "waiting", "passed", "failed", "other"])
def test_what_the_chain_says_is_printed_with_the_name_and_the_build(state: str, language: str) -> None:
    said = {"state": state, "name": "Carol", "validator": "0x" + "77" * 20, "engine": "0.3 AVX2 ab", "hash": "5e" * 32}
    shown = printed("validation", said, language)
    assert ("Carol (0x77" in shown) is (state != "none")
    assert "0.3 AVX2 ab" in shown
