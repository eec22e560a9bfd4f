"""Questions expire, what is over goes, and forgetting a record takes what skills made of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.taint import Provenance, Taint
from app.hosting import upkeep, views
from storage import kept
from storage.gaps import GAP
from storage.vault import Vault, VaultError
from tests.unit.hosting_fixtures import house, program
from tests.unit.test_skill_runs import READS, asked
from tests.unit.vault_fixtures import mail, path_fixture, vault_fixture  # noqa: F401

NOTHING: dict[str, Any] = {"sources": [], "typed": []}
SECRET = "The quixolotl sleeps under the third bridge of Trondheim"
LATER = 10_000_000_000.0


def everything(vault: Vault) -> str:
    """All rows of the tables that skills leave something in."""
    tables = ("run", "run_call", "kept", "activity", "approval", "approval_source")
    with vault.read() as connection:
        return "\n".join(
            repr(row) for table in tables for row in connection.execute(f"SELECT * FROM {table}").fetchall()
        )


async def test_a_question_that_nobody_answers_expires_and_its_run_ends(path: Path) -> None:
    async with house(path) as one:
        run, approval, shown = await asked(one)
        one.store.approvals._clock = lambda: LATER
        upkeep.expire(one.store)
        view = await one.host.view(run)
        assert one.store.approvals.get(approval).state == "expired"
        assert (view.row.state, view.row.approval) == ("failed", None)
        with pytest.raises(VaultError) as caught:
            await one.host.answer(approval, "once", shown)
        assert (caught.value.code, one.sent) == ("approval-expired", [])


async def test_what_is_long_over_goes_and_what_waits_and_rules_stay(path: Path) -> None:
    async with house(path) as one:
        _, first, shown = await asked(one)
        await one.host.answer(first, "never", shown)
        rules = one.store.approvals.rules()
        waiting = one.store.approvals.ask("helper", "mail.send", {"to": ["a@example.org"]}, LATER)
        one.store.runs.purge(LATER)
        assert one.store.runs.list() == []
        assert [found.id for found in one.store.approvals.list()] == [waiting]
        assert [rule.rule for rule in one.store.approvals.rules()] == [rule.rule for rule in rules]


async def test_forgetting_a_record_takes_what_a_run_made_of_it(path: Path) -> None:
    async with house(path) as one:
        (record,) = one.add(mail("Bridge", SECRET + "."))
        one.install(program(f'said = mail_get(id="{record}")["text"]', "print(said)", "return said", takes="record"))
        view = await one.host.run("helper", "go", {"record": record})
        assert SECRET in everything(one.store)
        number = one.store.forgetting.choose([record])[0].number
        one.store.forgetting.forget([number])
        after = await one.host.view(view.row.id)
        left = everything(one.store)
        assert not [word for word in ("quixolotl", "Trondheim", "Bridge", record) if word in left]
        assert (after.row.state, after.value, after.row.text) == ("done", None, "")


async def test_forgetting_ends_a_run_that_waits_with_what_it_read(path: Path) -> None:
    async with house(path) as one:
        run, approval, shown = await asked(one)
        chosen = one.store.forgetting.choose(sender="ada")
        one.store.forgetting.forget([found.number for found in chosen])
        with pytest.raises(VaultError):
            await one.host.answer(approval, "once", shown)
        assert (await one.host.view(run)).row.state == "failed"
        assert one.sent == []
        assert "everything you have" not in everything(one.store)


def test_forgetting_takes_what_a_skill_kept_from_it_and_leaves_the_rest(vault: Vault) -> None:
    vault.library.add([mail("Bridge", SECRET)])
    record = mail("Bridge", SECRET).id()
    rests = Taint(frozenset({Provenance("mail", record, "Bridge", "Ada")})).to_plain()
    vault.kept.set("helper", "seen", ["three"], rests)
    vault.kept.set("helper", "copied", SECRET, NOTHING)
    vault.kept.set("helper", "own", 7, NOTHING)
    vault.forgetting.forget([vault.forgetting.choose([record])[0].number])
    assert vault.kept.keys("helper") == ["own"]


def test_what_was_done_with_a_forgotten_record_says_no_more_of_it(vault: Vault) -> None:
    vault.library.add([mail("Bridge", SECRET)])
    record = mail("Bridge", SECRET).id()
    deed = vault.activity.add("helper", "mail.label", {"title": "Bridge"}, undo={"function": "x"}, records=[record])
    vault.forgetting.forget([vault.forgetting.choose([record])[0].number])
    found = vault.activity.get(deed)
    assert (dict(found.values), found.undo, found.because) == ({"title": GAP}, None, ())


def test_what_is_kept_comes_back_with_what_it_rests_on(vault: Vault) -> None:
    rests = Taint(frozenset({Provenance("mail", "abc", "T", "S", True)})).to_plain()
    vault.kept.set("helper", "key", {"n": 1}, rests)
    assert vault.kept.get("helper", "key") == ({"n": 1}, rests)
    assert vault.kept.get("other", "key") is None


def test_a_skill_keeps_no_more_than_it_may(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MAX_KEYS", 3)
    for number in range(kept.MAX_KEYS):
        vault.kept.set("helper", str(number), number, NOTHING)
    for key, value in (("more", 1), ("0", "x" * 70_000)):
        with pytest.raises(VaultError) as caught:
            vault.kept.set("helper", key, value, NOTHING)
        assert caught.value.code == "kept-too-much"
    vault.kept.set("helper", "0", None, NOTHING)
    vault.kept.set("helper", "more", 1, NOTHING)
    assert vault.kept.get("helper", "0") is None


def test_what_would_not_be_seen_in_an_act_is_spelled_out() -> None:
    shown = dict(views.fields({"to": ["ada@example.org\u202e"], "text": "a\x1b[2J\nb", "odd": {"x": 1}}, "en"))
    assert shown == {"To": "ada@example.org⟦U+202E⟧", "Text": "a⟦U+001B⟧[2J\nb", "odd": json.dumps({"x": 1})}


async def test_stopping_a_run_that_has_ended_changes_nothing(path: Path) -> None:
    async with house(path) as one:
        one.install(READS)
        (record,) = one.add(mail("Lunch", "At noon."))
        view = await one.host.run("helper", "go", {"record": record})
        await one.host.stop(view.row.id)
        assert (await one.host.view(view.row.id)).row.state == "done"
