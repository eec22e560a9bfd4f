"""Rules: which of them speaks, and what they say in plain words."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from agent.policy import DEFAULTS, FUNCTIONS, Deny
from agent.rules import ACTS, EFFECTS, BadRule, Circumstance, Rule, applies, deciding, describe, from_plain
from agent.taint import ORIGINS, Provenance
from app.texts import LANGUAGES, catalogue, text
from tests.unit.policy_fixtures import ADA, CONTACTS, EVE, having_read, mail_from, rules

SENDING = Circumstance("reply", "send", "mail.send", ADA, None, time(10, 30), having_read(), CONTACTS)
PAYING = replace(SENDING, act="pay", function="wallet.pay", recipient="0xABC", amount=Decimal(5))


def chosen(*given_: Rule, to: Circumstance = SENDING) -> str:
    rule = deciding(given_, to)
    return rule.effect if rule else ""


def own(effect: Any, **conditions: Any) -> Rule:
    return Rule(effect, id=1, **conditions)


def test_between_equals_deny_wins_over_ask_and_ask_over_allow() -> None:
    allow, ask, deny = (own(effect, skill="reply") for effect in EFFECTS)
    assert [chosen(allow, ask), chosen(deny, ask, allow), chosen(ask, allow)] == ["ask", "deny", "ask"]


@pytest.mark.parametrize(
    ("less", "more"),
    [
        (Rule("deny", function="mail.send", recipient=ADA), own("allow")),
        (own("deny", skill="reply", function="mail.send"), own("allow", recipient="contact")),
        (own("deny", recipient="contact"), own("allow", recipient="@example.org")),
        (own("deny", recipient="@example.org"), own("allow", recipient=ADA)),
        (own("deny", function="mail.send"), own("allow", skill="reply")),
        (own("deny", act="send"), own("allow", function="mail.send")),
        (own("deny", hours=("08:00", "18:00")), own("allow", act="send")),
    ],
)
def test_the_more_telling_rule_decides(less: Rule, more: Rule) -> None:
    assert applies(less, SENDING)
    assert chosen(less, more) == chosen(more, less) == "allow"


def test_an_amount_tells_more_than_a_time_of_day() -> None:
    less, more = own("deny", hours=("08:00", "18:00")), own("allow", amount=Decimal(5))
    assert chosen(less, more, to=PAYING) == "allow"


def test_a_rule_that_denies_after_reading_stands_above_every_other() -> None:
    read = replace(SENDING, taint=having_read(mail_from(EVE, authenticated=False)))
    allow, deny = own("allow", function="mail.send", skill="reply", recipient=ADA), own("deny", sources=(EVE,))
    assert chosen(allow, deny, to=read) == "deny"
    assert chosen(allow, deny) == "allow"


@pytest.mark.parametrize("origin", [one for one in ORIGINS if one != "user"])
def test_a_rule_that_asks_may_name_a_kind_of_content(origin: Any) -> None:
    read = replace(SENDING, taint=having_read(Provenance(origin)))
    assert applies(own("ask", sources=(origin,)), read)
    assert not applies(own("ask", sources=(origin,)), SENDING)


@pytest.mark.parametrize(
    ("recipient", "holds"),
    [
        (ADA, True),
        (ADA.upper(), True),
        ("@example.org", True),
        ("contact", True),
        ("@org", False),
        ("@ample.org", False),
        (EVE, False),
    ],
)
def test_a_recipient_is_one_address_one_domain_or_the_contacts(recipient: str, holds: bool) -> None:
    assert applies(own("allow", recipient=recipient), SENDING) == holds


def test_an_act_without_recipient_is_to_nobody() -> None:
    assert not applies(own("allow", recipient=ADA), replace(SENDING, recipient=""))


@pytest.mark.parametrize(("amount", "allowed"), [("4.99", False), ("5", True), ("5.01", True)])
def test_a_rule_allows_up_to_its_amount_and_denies_above(amount: str, allowed: bool) -> None:
    assert applies(own("allow", amount=Decimal(amount)), PAYING) == allowed
    assert applies(own("deny", amount=Decimal(amount)), PAYING) == (not allowed)


def test_an_unknown_amount_is_never_below() -> None:
    assert not applies(own("allow", amount=Decimal(5)), SENDING)
    assert applies(own("ask", amount=Decimal(5)), SENDING)


@pytest.mark.parametrize(
    ("hours", "at", "holds"),
    [
        (("08:00", "18:00"), time(8), True),
        (("08:00", "18:00"), time(17, 59, 59), True),
        (("08:00", "18:00"), time(18), False),
        (("22:00", "06:00"), time(23), True),
        (("22:00", "06:00"), time(5, 59), True),
        (("22:00", "06:00"), time(6), False),
        (("22:00", "06:00"), time(12), False),
    ],
)
def test_hours_begin_and_end_and_may_pass_midnight(hours: tuple[str, str], at: time, holds: bool) -> None:
    assert applies(own("allow", hours=hours), replace(SENDING, at=at)) == holds


@given(rules())
def test_a_rule_comes_back_from_plain_data_as_it_was(rule: Rule) -> None:
    assert from_plain(json.loads(json.dumps(rule.to_plain())), rule.id) == rule


@pytest.mark.parametrize(
    "plain",
    [
        {},
        {"effect": "permit"},
        {"effect": "allow", "act": "breathe"},
        {"effect": "allow", "id": 0},
        {"effect": "allow", "colour": "red"},
        {"effect": "allow", "skill": 7},
        {"effect": "allow", "amount": "NaN"},
        {"effect": "allow", "amount": "-1"},
        {"effect": "allow", "amount": "much"},
        {"effect": "allow", "hours": ["8", "18"]},
        {"effect": "allow", "hours": ["08:00"]},
        {"effect": "allow", "hours": ["24:00", "08:00"]},
        {"effect": "allow", "sources": "note"},
        {"effect": "allow", "sources": ["mail"]},
    ],
)
def test_a_rule_that_is_not_understood_is_refused(plain: dict[str, Any]) -> None:
    with pytest.raises(BadRule):
        from_plain(plain, 1)


def test_a_stored_rule_never_passes_for_a_built_in_one() -> None:
    with pytest.raises(BadRule):
        from_plain({"effect": "allow"}, 0)


@pytest.mark.parametrize("language", LANGUAGES)
@given(rule=rules())
def test_every_rule_is_said_in_one_sentence_that_names_its_conditions(language: str, rule: Rule) -> None:
    said = describe(rule, text, language)
    assert said.endswith(".")
    assert rule.skill in said
    assert rule.hours is None or rule.hours[1] in said
    assert rule.recipient in ("", "contact") or rule.recipient.lstrip("@") in said


def test_a_rule_in_both_languages() -> None:
    hours = ("08:00", "18:00")
    rule = own("allow", function="mail.send", skill="reply", recipient=ADA, hours=hours, sources=("contact",))
    assert describe(rule, text, "en") == (
        "Without asking: send a mail, by the skill reply, to ada@example.org, from 08:00 to 18:00, "
        "even after reading what comes from people in your contacts, and nobody else."
    )
    assert describe(Rule("deny", "pay", amount=Decimal("2.50")), text, "fr") == "Jamais : payer, au-dessus de 2.50."


def test_every_act_function_origin_and_answer_has_its_words() -> None:
    keys = {f"agent.act.{act}" for act in (*ACTS, "any")}
    keys |= {f"agent.function.{name.replace('.', '-')}" for name in FUNCTIONS}
    keys |= {f"agent.origin.{origin}" for origin in ORIGINS}
    keys |= {f"agent.because.{reason}" for reason in ("default", "rule", "tainted")}
    codes = (Deny.__doc__ or "").removeprefix("`code`: ").rstrip(".").split(" | ")
    keys |= {f"agent.denied.{code}" for code in codes}
    assert keys - set(catalogue()) == set()


def test_every_act_has_a_built_in_rule() -> None:
    assert {rule.act for rule in DEFAULTS} == set(ACTS)
    assert all(rule.id == 0 for rule in DEFAULTS)


def test_a_rule_that_allows_after_reading_some_does_not_after_reading_others_too() -> None:
    rule = own("allow", sources=(ADA,))
    assert applies(rule, replace(SENDING, taint=having_read(mail_from(ADA))))
    assert not applies(rule, replace(SENDING, taint=having_read(mail_from(ADA), mail_from(EVE))))
