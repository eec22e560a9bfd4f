"""docs/policy.md says what the code does."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from agent.policy import DEFAULTS, FUNCTIONS, Deny, HostFunction
from agent.rules import order
from agent.taint import ORIGINS
from skills.api import MailSend, NetFetch, Spend
from storage.approvals import TRANSITIONS
from tests.paths import ROOT
from tests.unit.policy_fixtures import ADA
from tests.unit.test_rules import own

TEXT = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
ARGUMENTS = {MailSend: "mail.send", NetFetch: "net.fetch", Spend: "spend"}  # in the table without their argument
BUILT_IN = {rule.act: rule.effect for rule in DEFAULTS}


def cells(first: str) -> list[list[str]]:
    """The rows of the table whose heading begins with `first`."""
    table = TEXT.partition(f"\n| {first} |")[2].partition("\n\n")[0].split("\n")[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def spelt(function: HostFunction) -> str:
    given = function.permission
    kinds = given if isinstance(given, tuple) else (given,) if given else ()
    return ", ".join(f"`{ARGUMENTS.get(kind) or str(kind())}`" for kind in kinds)  # type: ignore[call-arg]


def test_the_table_of_functions_is_that_of_the_code() -> None:
    assert cells("function") == [
        [
            f"`{name}`",
            one.act,
            spelt(one),
            ", ".join(f"`{key}`" for key in one.to),
            "yes" if one.consequential else "no",
            BUILT_IN[one.act],
        ]
        for name, one in FUNCTIONS.items()
    ]


def test_the_table_of_approvals_is_that_of_the_code() -> None:
    assert cells("state") == [[before, event, after] for (before, event), after in TRANSITIONS.items()]


@pytest.mark.parametrize("code", (Deny.__doc__ or "").removeprefix("`code`: ").rstrip(".").split(" | "))
def test_every_reason_to_deny_is_named(code: str) -> None:
    assert f"`{code}`" in TEXT


@pytest.mark.parametrize("origin", [one for one in ORIGINS if one != "user"])
def test_every_untrusted_origin_is_named(origin: str) -> None:
    (listed,) = re.findall(r"Trusted is what the person typed\. (.*?) are not\.", " ".join(TEXT.split()))
    assert re.search(rf"\b{origin}", listed, re.IGNORECASE)


def test_the_order_of_rules_is_that_of_the_code() -> None:
    ranked = [
        own("allow"),
        own("allow", hours=("08:00", "18:00")),
        own("allow", amount=Decimal(1)),
        own("allow", act="send"),
        own("allow", function="mail.send"),
        own("allow", skill="reply"),
        own("allow", recipient="contact"),
        own("allow", recipient="@example.org"),
        own("allow", recipient=ADA),
    ]
    assert sorted(ranked, key=order) == ranked
    told = [TEXT.index(words) for words in ("own before", "one address before", "the skill;", "a function before")]
    assert told == sorted(told)
