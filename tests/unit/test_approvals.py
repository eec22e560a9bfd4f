"""Approvals: what waits for a click, once, and exactly as it was shown."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from storage.approval_rows import ApprovalSource
from storage.approvals import DECISIONS, FINAL, TRANSITIONS, Approvals, canonical, digest
from storage.gaps import GAP
from storage.vault import Vault, VaultError
from tests.unit.vault_fixtures import DAY, KEY, mail, path_fixture, vault_fixture

__all__ = ["path_fixture", "vault_fixture"]

NOW = 1_760_000_000.0
MAIL = {"to": ["ada@example.org"], "subject": "Friday", "body": "Noon is fine."}
SHOWN = digest("reply", "mail.send", MAIL)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture(name="clock")
def clock_fixture() -> Clock:
    return Clock()


@pytest.fixture(name="approvals")
def approvals_fixture(vault: Vault, clock: Clock) -> Approvals:
    vault.approvals._clock = clock
    return vault.approvals


def ask(approvals: Approvals, **changes: Any) -> int:
    given: dict[str, Any] = {"reason": "tainted", "dump": b"run", **changes}
    return approvals.ask("reply", "mail.send", given.pop("arguments", MAIL), NOW + DAY, **given)


def refused(step: Any, *given: Any, **named: Any) -> str:
    with pytest.raises(VaultError) as failure:
        step(*given, **named)
    return failure.value.code


def test_an_approval_shows_exactly_what_was_asked(approvals: Approvals) -> None:
    source = ApprovalSource("mail", "", "Lunch", "Ada <ada@example.org>", "noon?")
    one = approvals.get(ask(approvals, sources=[source]))
    assert (one.skill, one.function, one.arguments, one.reason) == ("reply", "mail.send", MAIL, "tainted")
    assert (one.digest, one.sources, one.dump) == (SHOWN, (source,), b"run")
    assert (one.state, one.created, one.expires) == ("pending", NOW, NOW + DAY)


def test_a_listing_has_the_newest_first_and_no_dumps(approvals: Approvals) -> None:
    first, second = ask(approvals), ask(approvals)
    assert [(one.id, one.dump) for one in approvals.list()] == [(second, None), (first, None)]


def test_the_badge_counts_what_waits_and_what_is_unknown(approvals: Approvals, clock: Clock) -> None:
    for _ in range(3):
        ask(approvals)
    approvals.decide(1, "once", SHOWN)
    approvals.begin_effect(1, SHOWN)
    approvals.recover()
    approvals.decide(2, "no", SHOWN)
    assert approvals.count() == 2
    clock.now += DAY
    assert approvals.count() == 1


def test_one_spelling_whatever_the_order_of_keys() -> None:
    assert canonical({"b": [1, "é"], "a": None}) == '{"a":null,"b":[1,"é"]}'
    assert digest("s", "f", {"a": 1, "b": 2}) == digest("s", "f", {"b": 2, "a": 1})


@pytest.mark.parametrize("other", [("x", "f", {"a": 1}), ("s", "x", {"a": 1}), ("s", "f", {"a": 2}), ("s", "f", {})])
def test_any_difference_makes_another_digest(other: tuple[str, str, dict[str, Any]]) -> None:
    assert digest(*other) != digest("s", "f", {"a": 1})


@pytest.mark.parametrize("value", [float("nan"), {1: 2}, ("a",), b"x", "\ud800", [{"a": object()}]])
def test_what_json_would_change_in_silence_is_refused(approvals: Approvals, value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        ask(approvals, arguments={"value": value})
    assert approvals.list() == []


def test_a_click_on_something_else_than_was_shown_does_nothing(approvals: Approvals) -> None:
    number = ask(approvals)
    assert refused(approvals.decide, number, "once", digest("reply", "mail.send", {})) == "approval-changed"
    assert approvals.get(number).state == "pending"


def test_the_second_click_takes_no_effect(approvals: Approvals) -> None:
    number = ask(approvals)
    approvals.decide(number, "no", SHOWN)
    assert refused(approvals.decide, number, "once", SHOWN) == "approval-decided"
    assert approvals.get(number).state == "declined"


def test_of_many_clicks_at_once_one_takes_effect(approvals: Approvals) -> None:
    number, start = ask(approvals), threading.Barrier(8)
    taken: list[int] = []
    codes: list[str] = []

    def click() -> None:
        start.wait()
        try:
            taken.append(approvals.decide(number, "always", SHOWN, [{"effect": "allow"}]).id)
        except VaultError as error:
            codes.append(error.code)

    threads = [threading.Thread(target=click) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(approvals.rules()) == 1
    assert codes == ["approval-decided"] * 7


def test_always_and_never_leave_a_rule_that_names_its_approval(approvals: Approvals) -> None:
    first, second = ask(approvals), ask(approvals)
    approvals.decide(first, "always", SHOWN, [{"effect": "allow"}])
    approvals.decide(second, "never", SHOWN, [{"effect": "deny"}])
    assert [(rule.rule, rule.approval) for rule in approvals.rules()] == [
        ({"effect": "allow"}, first),
        ({"effect": "deny"}, second),
    ]
    assert [approvals.get(number).state for number in (first, second)] == ["approved", "declined"]


@pytest.mark.parametrize("decision", DECISIONS)
def test_a_rule_comes_with_always_and_never_and_with_nothing_else(approvals: Approvals, decision: Any) -> None:
    number = ask(approvals)
    wrong: list[Any] = [] if decision in ("always", "never") else [{"effect": "allow"}]
    with pytest.raises(ValueError, match="rule"):
        approvals.decide(number, decision, SHOWN, wrong)


def test_nothing_is_approved_after_it_expired(approvals: Approvals, clock: Clock) -> None:
    number = ask(approvals)
    clock.now += DAY
    assert refused(approvals.decide, number, "once", SHOWN) == "approval-expired"
    assert approvals.list() == []


def test_the_sweep_closes_what_expired_and_keeps_no_run(approvals: Approvals, clock: Clock) -> None:
    number = ask(approvals)
    assert approvals.expire() == 0
    clock.now += DAY
    assert approvals.expire() == 1
    assert (approvals.get(number).state, approvals.get(number).dump) == ("expired", None)
    assert refused(approvals.decide, number, "once", SHOWN) == "approval-expired"


def test_an_effect_begins_once_and_only_when_approved(approvals: Approvals) -> None:
    number = ask(approvals)
    assert refused(approvals.begin_effect, number, SHOWN) == "approval-decided"
    approvals.decide(number, "once", SHOWN)
    assert approvals.begin_effect(number, SHOWN).dump == b"run"
    assert refused(approvals.begin_effect, number, SHOWN) == "approval-decided"


def test_an_effect_that_differs_from_what_was_shown_does_not_begin(approvals: Approvals) -> None:
    number = ask(approvals)
    approvals.decide(number, "once", SHOWN)
    other = digest("reply", "mail.send", {**MAIL, "to": ["eve@example.org"]})
    assert refused(approvals.begin_effect, number, other) == "approval-changed"


def test_arguments_that_were_changed_in_the_vault_are_not_executed(approvals: Approvals) -> None:
    number = ask(approvals)
    approvals.decide(number, "once", SHOWN)
    with approvals._database.write() as connection:
        connection.execute("UPDATE approval SET arguments = ?", (canonical({**MAIL, "to": ["eve@example.org"]}),))
    assert refused(approvals.begin_effect, number, SHOWN) == "approval-changed"


@pytest.mark.parametrize(("done", "state"), [(True, "done"), (False, "failed")])
def test_an_effect_ends_with_its_outcome_and_without_its_run(approvals: Approvals, done: bool, state: str) -> None:
    number = ask(approvals)
    approvals.decide(number, "once", SHOWN)
    approvals.begin_effect(number, SHOWN)
    approvals.end_effect(number, done=done, outcome="250 queued")
    one = approvals.get(number)
    assert (one.state, one.outcome, one.dump) == (state, "250 queued", None)
    assert refused(approvals.end_effect, number, done=done) == "approval-decided"


def test_an_effect_cut_off_by_the_end_of_the_program_is_unknown_and_not_done_again(path: Path) -> None:
    with Vault.create(path, KEY) as vault:
        number = vault.approvals.ask("reply", "mail.send", MAIL, 4e9, dump=b"run")
        vault.approvals.decide(number, "once", SHOWN)
        vault.approvals.begin_effect(number, SHOWN)
    with Vault.open(path, KEY) as vault:
        assert vault.approvals.get(number).state == "unknown"
        assert refused(vault.approvals.begin_effect, number, SHOWN) == "approval-decided"


def test_an_unknown_effect_is_done_again_when_the_person_says_so(approvals: Approvals) -> None:
    number = ask(approvals)
    approvals.decide(number, "once", SHOWN)
    approvals.begin_effect(number, SHOWN)
    approvals.recover()
    assert refused(approvals.again, number, "other") == "approval-changed"
    approvals.again(number, SHOWN)
    assert approvals.begin_effect(number, SHOWN).dump == b"run"


def test_an_approved_act_survives_the_end_of_the_program(path: Path) -> None:
    with Vault.create(path, KEY) as vault:
        number = vault.approvals.ask("reply", "mail.send", MAIL, 4e9, dump=b"run")
        vault.approvals.decide(number, "once", SHOWN)
    with Vault.open(path, KEY) as vault:
        assert [one.id for one in vault.approvals.list(["approved"])] == [number]
        assert vault.approvals.begin_effect(number, SHOWN).dump == b"run"


def test_no_step_leads_out_of_an_end() -> None:
    assert {state for state, _ in TRANSITIONS}.isdisjoint(FINAL)


def test_no_way_leads_back_to_an_effect_but_the_person_saying_again() -> None:
    assert [before for before, after in TRANSITIONS.items() if after == "running"] == [("approved", "begin")]
    assert {before for before, after in TRANSITIONS.items() if after == "approved"} == {
        ("pending", "approve"),
        ("unknown", "again"),
    }


def test_rules_are_added_changed_and_removed(approvals: Approvals) -> None:
    number = approvals.add_rule({"effect": "ask"})
    approvals.edit_rule(number, {"effect": "deny"})
    assert [rule.rule for rule in approvals.rules()] == [{"effect": "deny"}]
    approvals.remove_rule(number)
    assert approvals.rules() == []
    assert refused(approvals.remove_rule, number) == "unknown-rule"


def test_an_approval_that_is_not_there_is_said_to_be_unknown(approvals: Approvals) -> None:
    assert refused(approvals.get, 7) == "unknown-approval"


SECRET = mail("Heron sighting", "The heron stands by the old mill at dusk, waiting for eels.", external_id="h@x")


def forget_secret(vault: Vault) -> None:
    (chosen,) = vault.forgetting.choose([SECRET.id()])
    vault.forgetting.forget([chosen.number])


def waiting(vault: Vault, body: str, dump: bytes | None) -> int:
    vault.library.add([SECRET])
    source = ApprovalSource("mail", SECRET.id(), SECRET.title, SECRET.sender, "The heron stands by the old mill")
    act = {"to": ["ada@example.org"], "body": body}
    return vault.approvals.ask("reply", "mail.send", act, 4e9, sources=[source], dump=dump)


def test_a_forgotten_record_leaves_a_gap_in_what_waits(vault: Vault) -> None:
    number = waiting(vault, "Thank you!", None)
    forget_secret(vault)
    one = vault.approvals.get(number)
    assert one.sources == (ApprovalSource("mail", "", GAP, "", GAP),)
    assert one.state == "pending"


def test_a_run_that_read_a_forgotten_record_is_not_kept_and_its_act_expires(vault: Vault) -> None:
    number = waiting(vault, "Thank you!", b"The heron")
    forget_secret(vault)
    assert (vault.approvals.get(number).state, vault.approvals.get(number).dump) == ("expired", None)


@pytest.mark.parametrize("body", ["Seen: by the old mill at dusk, waiting", "Re: Heron sighting"])
def test_an_act_that_repeats_a_forgotten_record_loses_those_words_and_expires(vault: Vault, body: str) -> None:
    number = waiting(vault, body, None)
    forget_secret(vault)
    one = vault.approvals.get(number)
    assert GAP in one.arguments["body"]
    assert one.arguments["to"] == ["ada@example.org"]
    assert one.state == "expired"


def test_an_act_that_was_done_stays_done_without_the_words(vault: Vault) -> None:
    number = waiting(vault, "Re: Heron sighting", None)
    shown = vault.approvals.get(number).digest
    vault.approvals.decide(number, "once", shown)
    vault.approvals.begin_effect(number, shown)
    vault.approvals.end_effect(number, done=True, outcome="Sent: Heron sighting")
    forget_secret(vault)
    one = vault.approvals.get(number)
    assert (one.state, one.outcome, one.arguments["body"]) == ("done", GAP, GAP)


def test_forgetting_leaves_other_approvals_as_they_are(vault: Vault) -> None:
    waiting(vault, "Thank you!", None)
    other = vault.approvals.ask("reply", "mail.send", MAIL, 4e9, dump=b"run")
    before = vault.approvals.get(other)
    forget_secret(vault)
    assert vault.approvals.get(other) == before
