"""Policy: what a host call may do, whatever a model was talked into."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.policy import (
    FUNCTIONS,
    Allow,
    Ask,
    Decision,
    Deny,
    HostCall,
    Limits,
    Spent,
    call,
    decide,
    exist,
    standing,
)
from agent.rules import Rule
from agent.taint import Provenance, Taint, Turn
from skills.api import MailDraft, MailSend, NetFetch, NetFetchAsked, Permission, Spend
from tests.unit.policy_fixtures import (
    ADA,
    BOB,
    CONSEQUENTIAL,
    CONTACTS,
    EVE,
    GRANTED,
    NEWS,
    NO_LIMITS,
    PAGE,
    calling,
    calls,
    having_read,
    mail_from,
    provenances,
    rules,
    taints,
)

CLEAN = having_read()


def decided(asked: HostCall, taint: Taint = CLEAN, own: Any = (), **given_: Any) -> Decision:
    return decide(asked, taint, list(own), CONTACTS, given_.get("spent", Spent()), given_.get("limits", NO_LIMITS))


def strictness(decision: Decision) -> int:
    return [Allow, Ask, Deny].index(type(decision))


def always(function: str, recipient: str = "", *sources: str, **more: Any) -> Rule:
    return Rule("allow", function=function, skill="reply", recipient=recipient, sources=sources, id=7, **more)


@given(calls, taints, st.lists(rules(), max_size=4), rules(effects=("deny",)), st.integers(0, 4))
def test_adding_a_deny_rule_never_makes_anything_laxer(
    asked: HostCall, taint: Taint, own: list[Rule], deny: Rule, at: int
) -> None:
    before = decided(asked, taint, own)
    assert strictness(decided(asked, taint, [*own[:at], deny, *own[at:]])) >= strictness(before)


@given(calls, taints, st.lists(rules(), max_size=4), st.frozensets(provenances, max_size=3))
def test_more_taint_never_makes_anything_laxer(
    asked: HostCall, taint: Taint, own: list[Rule], more: frozenset[Provenance]
) -> None:
    before = decided(asked, taint, own)
    assert strictness(decided(asked, taint | Taint(more), own)) >= strictness(before)


@given(calls, taints, st.permutations([Rule("deny", "send", id=1), Rule("ask", id=2), Rule("allow", id=3)]))
def test_the_order_in_which_rules_were_made_does_not_matter(asked: HostCall, taint: Taint, own: list[Rule]) -> None:
    first = decided(asked, taint, own)
    assert strictness(first) == strictness(decided(asked, taint, own[::-1]))


@given(calls, st.lists(rules(), max_size=4), st.lists(st.sampled_from([ADA, EVE, BOB]), min_size=1, max_size=2))
def test_another_recipient_never_makes_anything_laxer(asked: HostCall, own: list[Rule], more: list[str]) -> None:
    if asked.function == "mail.send":
        wider = calling("mail.send", hour=asked.at.hour, to=[*asked.recipients, *more])
        assert strictness(decided(wider, CLEAN, own)) >= strictness(decided(asked, CLEAN, own))


@given(calls, st.lists(rules(), max_size=5), provenances.filter(lambda one: not one.trusted and not one.authenticated))
def test_whatever_the_rules_say_no_stranger_acts_without_a_question_that_names_them(
    asked: HostCall, own: list[Rule], stranger: Provenance
) -> None:
    derived = stranger.origin in ("model", "skill", "note")
    decision = decided(asked, having_read(stranger, typed="Go on."), own)
    if FUNCTIONS[asked.function].consequential and not derived:
        assert not isinstance(decision, Allow)
        assert isinstance(decision, Deny) or stranger in decision.sources


@pytest.mark.parametrize("function", ["", "mail.delete", "mail.SEND", "mail.send ", "os.system", "__class__"])
def test_an_unknown_function_is_denied_whatever_the_rules_say(function: str) -> None:
    asked = call("reply", GRANTED, function, {}, calling("mail.get").at)
    assert decided(asked, CLEAN, [Rule("allow", id=1), Rule("allow", function=function, id=2)]) == Deny(
        "unknown-function", ""
    )


@pytest.mark.parametrize("function", CONSEQUENTIAL)
def test_an_act_with_consequences_is_asked_after_reading_a_mail_though_a_rule_allows_everything(function: str) -> None:
    read = mail_from(EVE)
    decision = decided(
        calling(function), having_read(read), [Rule("allow", id=1), Rule("allow", function=function, id=2)]
    )
    assert isinstance(decision, Ask)
    assert (decision.reason, decision.sources) == ("tainted", (read,))


@pytest.mark.parametrize("function", sorted(set(FUNCTIONS) - set(CONSEQUENTIAL)))
def test_reading_and_drafting_need_no_question(function: str) -> None:
    assert decided(calling(function), having_read(mail_from(EVE))) == Allow((0,))


@pytest.mark.parametrize("function", sorted(set(CONSEQUENTIAL) - {"net.fetch", "event.add"}))
def test_an_act_with_consequences_is_asked_by_default(function: str) -> None:
    decision = decided(calling(function))
    assert isinstance(decision, Ask)
    assert (decision.reason, decision.sources, decision.call) == ("default", (), calling(function))


def test_an_event_is_added_without_a_question_in_a_turn_that_read_nothing() -> None:
    assert decided(calling("event.add")) == Allow((0,))


ASKED = "https://elsewhere.example/opening?day=sunday"


def fetching(address: str) -> HostCall:
    return call("reply", [NetFetchAsked()], "net.fetch", {"address": address}, calling("mail.get").at)


def test_an_address_that_the_person_typed_is_fetched_under_the_permission_for_those() -> None:
    assert decided(fetching(ASKED), having_read(mail_from(EVE), typed=f"What does {ASKED} say?")) == Allow((0,))


@pytest.mark.parametrize("typed", ["Go on.", "https://elsewhere.example/", f"{ASKED}&to=me", f"x{ASKED}"])
def test_an_address_that_was_not_typed_to_the_letter_is_not_covered_by_it(typed: str) -> None:
    assert decided(fetching(ASKED), having_read(typed=typed)) == Deny("not-permitted", "")


def test_of_two_permissions_to_fetch_the_one_that_names_the_address_is_used() -> None:
    granted: list[Permission] = [NetFetchAsked(), NetFetch("example.org", None, "/news/", True)]
    asked = call("reply", granted, "net.fetch", {"address": NEWS + "today"}, calling("mail.get").at)
    assert asked.permission == granted[1]


def test_an_address_that_no_other_permission_names_is_asked_for_under_the_one_for_typed_ones() -> None:
    granted: list[Permission] = [NetFetch("example.org", None, "/news/", True), NetFetchAsked()]
    asked = call("reply", granted, "net.fetch", {"address": ASKED}, calling("mail.get").at)
    assert asked.permission == granted[1]


def test_only_what_was_granted_exists() -> None:
    assert exist([NetFetchAsked(), MailDraft()]) == {"net.fetch", "mail.draft"}


def test_what_only_the_program_may_call_exists_for_no_skill() -> None:
    assert exist(GRANTED) == {name for name, known in FUNCTIONS.items() if known.permission is not None}


def test_a_rule_of_the_person_lets_it_happen_in_a_turn_that_read_nothing() -> None:
    assert decided(calling("mail.send"), CLEAN, [always("mail.send", ADA)]) == Allow((7,))


EXACT = always("mail.send", ADA, ADA)


def test_a_standing_rule_that_covers_the_sender_lets_it_happen() -> None:
    assert decided(calling("mail.send"), having_read(mail_from(ADA)), [EXACT]) == Allow((7,))


@pytest.mark.parametrize(
    "rule",
    [
        replace(EXACT, sources=()),
        replace(EXACT, sources=(BOB,)),
        replace(EXACT, recipient="contact"),
        replace(EXACT, recipient="@example.org"),
        replace(EXACT, recipient=""),
        replace(EXACT, function="", act="send"),
        replace(EXACT, skill=""),
    ],
)
def test_a_rule_that_does_not_name_exactly_this_does_not_lift_the_question(rule: Rule) -> None:
    assert isinstance(decided(calling("mail.send"), having_read(mail_from(ADA)), [rule]), Ask)


@pytest.mark.parametrize(
    "other",
    [
        mail_from(EVE),
        mail_from(ADA, authenticated=False),
        Provenance("article", sender=ADA, authenticated=True),
        Provenance("skill", sender="digest"),
        Provenance("mail", sender=f'"{ADA}" <{EVE}>', authenticated=True),
        Provenance("mail", sender=f"{ADA}, {EVE}", authenticated=True),
        Provenance("mail", authenticated=True),
    ],
)
def test_one_source_more_that_is_not_covered_and_it_is_asked(other: Provenance) -> None:
    assert isinstance(decided(calling("mail.send"), having_read(mail_from(ADA), other), [EXACT]), Ask)


def test_what_the_model_made_of_covered_content_is_covered() -> None:
    turn = Turn()
    turn.read("mail", mail_from(ADA))
    turn.made("answer", Provenance("model"))
    turn.made("draft", Provenance("skill", sender="reply"))
    assert decided(calling("mail.send"), turn.taint, [EXACT]) == Allow((7,))


def test_every_recipient_needs_a_rule_of_its_own() -> None:
    both = calling("mail.send", to=[ADA], bcc=[EVE])
    assert isinstance(decided(both, CLEAN, [EXACT]), Ask)


def test_a_payment_in_a_turn_that_read_something_needs_a_rule_with_an_amount() -> None:
    read = having_read(mail_from(ADA))
    assert isinstance(decided(calling("wallet.pay"), read, [always("wallet.pay", "0xabc", ADA)]), Ask)
    capped = always("wallet.pay", "0xabc", ADA, amount=Decimal("2.5"))
    assert decided(calling("wallet.pay"), read, [capped]) == Allow((7,))
    assert isinstance(decided(calling("wallet.pay", amount="2.51"), read, [capped]), Ask)


def test_an_address_is_fetched_that_the_permission_names_to_the_letter() -> None:
    assert decided(calling("net.fetch", address=PAGE), having_read(mail_from(EVE))) == Allow((0,))


def test_an_address_is_fetched_that_the_person_typed() -> None:
    read = having_read(mail_from(EVE), typed=f"What does <{NEWS}today>, say?")
    assert decided(calling("net.fetch"), read) == Allow((0,))


@pytest.mark.parametrize("typed", [NEWS, NEWS + "todayish", "today"])
def test_an_address_that_only_resembles_what_the_person_typed_is_asked(typed: str) -> None:
    assert isinstance(decided(calling("net.fetch"), having_read(mail_from(EVE), typed=typed)), Ask)


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org.evil.example/news/x",
        "https://example.org@evil.example/news/",
        "http://example.org/news/x",
        NEWS + "../private",
        NEWS + "%2e%2e/private",
        NEWS + "..%2fprivate",
        NEWS + "a\\..\\b",
        NEWS + "x#y",
        PAGE + "?q=secret",
        NEWS[:-1],
    ],
)
def test_an_address_that_no_permission_names_is_denied(address: str) -> None:
    assert decided(calling("net.fetch", address=address)) == Deny("not-permitted", "")


@pytest.mark.parametrize(
    "to",
    [
        [],
        [f"{ADA}, {EVE}"],
        [f"{ADA}\r\nBcc: {EVE}"],
        [f"Ada <{ADA}>"],
        [ADA, 7],
        {"address": ADA},
        "",
        [f"{ADA} "],
        ["ada@exämple.org"],
    ],
)
def test_a_recipient_that_is_not_one_plain_address_is_denied(to: Any) -> None:
    assert decided(calling("mail.send", to=to)) == Deny("malformed", "")


def test_recipients_that_are_not_those_of_the_arguments_are_denied() -> None:
    assert decided(replace(calling("mail.send", bcc=[EVE]), recipients=(ADA,))) == Deny("malformed", "")


@pytest.mark.parametrize("amount", [None, "", "0", "-1", "NaN", "sNaN", "Infinity", "1e9", "٣", 2.5, "1" * 13, "1,5"])
def test_an_amount_that_is_no_plain_number_is_denied(amount: Any) -> None:
    assert decided(calling("wallet.pay", amount=amount)) == Deny("malformed", "")


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_without_its_permission_nothing_is_called(function: str) -> None:
    asked = replace(calling(function), skill="reply", permission=None)
    assert decided(asked, CLEAN, [Rule("allow", id=1)]) == Deny("not-permitted", "")


def test_a_permission_for_contacts_covers_no_stranger() -> None:
    asked = replace(calling("mail.send", to=[ADA.upper(), BOB]), permission=MailSend("contact"))
    assert isinstance(decided(asked), Ask)
    stranger = replace(calling("mail.send", to=[ADA], cc=[EVE]), permission=MailSend("contact"))
    assert decided(stranger) == Deny("not-a-contact", "")


def test_a_permission_to_spend_is_for_the_whole_run() -> None:
    asked = calling("wallet.pay", amount="4")
    assert isinstance(decided(asked, spent=Spent(run=Decimal(6))), Ask)
    assert decided(asked, spent=Spent(run=Decimal("6.01"))) == Deny("not-permitted", "")


@pytest.mark.parametrize(
    "limits", [Limits(Decimal("2.4"), None), Limits(None, Decimal("3.4")), Limits()], ids=["call", "day", "none set"]
)
def test_nothing_is_spent_above_a_limit_whatever_the_rules_say(limits: Limits) -> None:
    own = [always("wallet.pay", "0xabc", amount=Decimal(100))]
    assert decided(calling("wallet.pay"), CLEAN, own, spent=Spent(today=Decimal(1)), limits=limits) == Deny(
        "over-limit", ""
    )


def test_what_is_within_the_limits_is_spent() -> None:
    own = [always("wallet.pay", "0xabc", amount=Decimal(100))]
    limits = Limits(Decimal("2.5"), Decimal("3.5"))
    assert decided(calling("wallet.pay"), CLEAN, own, spent=Spent(today=Decimal(1)), limits=limits) == Allow((7,))


def test_the_call_takes_the_permission_that_names_it_most_exactly() -> None:
    assert calling("net.fetch", address=PAGE).permission == NetFetch("example.org", None, "/page", False)
    assert calling("net.fetch").permission == NetFetch("example.org", None, "/news/", True)
    small, large = Spend(Decimal(1)), Spend(Decimal(5))
    at = calling("mail.get").at
    assert call("pay", [small, large], "wallet.pay", {"to": "0xabc", "amount": "2"}, at).permission == large


def test_always_for_this_lets_exactly_this_happen_again() -> None:
    asked, read = calling("mail.send", to=[ADA, BOB]), having_read(mail_from(ADA))
    own = [replace(rule, id=number) for number, rule in enumerate(standing(asked, read, "allow"), 1)]
    assert decided(asked, read, own) == Allow((1, 2))
    assert isinstance(decided(calling("mail.send", to=[ADA, EVE]), read, own), Ask)
    assert isinstance(decided(replace(asked, skill="digest"), read, own), Ask)
    assert isinstance(decided(asked, having_read(mail_from(EVE)), own), Ask)


def test_never_denies_exactly_this_whatever_was_read() -> None:
    asked = calling("mail.send")
    own = [replace(rule, id=1) for rule in standing(asked, having_read(mail_from(ADA)), "deny")]
    assert decided(asked, CLEAN, own) == Deny("rule", "", (1,))
    assert isinstance(decided(calling("mail.send", to=[BOB]), CLEAN, own), Ask)


def test_after_reading_a_mail_a_rule_for_one_recipient_does_not_speak_for_the_other() -> None:
    both = calling("mail.send", to=[ADA, BOB])
    assert isinstance(decided(both, having_read(mail_from(ADA)), [EXACT, Rule("allow", id=9)]), Ask)


OWN_MAIL = Provenance("mail", "m1", "Holidays", "Marie <marie@example.org>", own=True)


def test_what_the_person_wrote_themselves_is_covered_by_an_exact_rule() -> None:
    assert decided(calling("mail.send"), having_read(mail_from(ADA), OWN_MAIL), [EXACT]) == Allow((7,))


def test_what_the_person_wrote_themselves_lifts_no_question_by_itself() -> None:
    assert isinstance(decided(calling("mail.send"), having_read(OWN_MAIL)), Ask)
    assert isinstance(decided(calling("mail.send"), having_read(OWN_MAIL), [replace(EXACT, recipient="")]), Ask)


def test_always_for_this_names_no_address_of_the_persons_own() -> None:
    read = having_read(mail_from(ADA), replace(OWN_MAIL, authenticated=True))
    assert [rule.sources for rule in standing(calling("mail.send"), read, "allow")] == [(ADA,)]


def test_what_a_turn_read_is_the_persons_own_after_a_restart_too() -> None:
    read = having_read(mail_from(ADA), OWN_MAIL)
    assert Taint.from_plain(read.to_plain()) == read


def test_a_run_that_an_older_program_suspended_read_nothing_of_the_persons_own() -> None:
    plain = {"sources": [["mail", "m1", "Holidays", "Marie <marie@example.org>", True]], "typed": []}
    assert [one.own for one in Taint.from_plain(plain).untrusted] == [False]
