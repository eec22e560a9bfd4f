"""Installing and updating: what goes by itself, what is asked, what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skills.api import Permission
from skills.permissions import parse_permission
from skills.trust import Ask, Candidate, Install, Installed, Promise, Refuse, covers, decide


def permissions(*texts: str) -> tuple[Permission, ...]:
    return tuple(parse_permission(text) for text in texts)


MAIL = permissions("mail.read")
OLD = Installed("digest", "1.0.0", "a1" * 32, "ours", "author", MAIL)
NEW = Candidate("digest", "1.1.0", "b2" * 32, "ours", "author", MAIL)
PROMISE = Promise(NEW.digest, MAIL)


def refusal(candidate: Candidate, *installed: Installed, promise: Promise | None = None) -> str:
    decision = decide(candidate, installed, promise)
    assert isinstance(decision, Refuse)
    assert decision.sentence.endswith((".", "!"))
    return decision.code


def test_a_first_install_asks_for_all_permissions() -> None:
    assert decide(NEW, [], PROMISE) == Ask(MAIL)


def test_a_skill_without_permissions_is_installed() -> None:
    assert decide(replace(NEW, permissions=()), []) == Install()


def test_an_update_that_asks_for_the_same_is_installed() -> None:
    assert decide(NEW, [OLD], PROMISE) == Install()


def test_an_update_that_asks_for_less_is_installed_and_says_what_it_drops() -> None:
    assert decide(replace(NEW, permissions=()), [OLD]) == Install(dropped=MAIL)


def test_an_update_that_asks_for_more_is_asked_for_what_is_new_in_the_authors_order() -> None:
    more = permissions("spend:max=2", "mail.read", "mail.send:to=contact")
    assert decide(replace(NEW, permissions=more), [OLD]) == Ask(permissions("spend:max=2", "mail.send:to=contact"))


def test_what_one_skill_may_do_another_may_not() -> None:
    other = replace(OLD, slug="calendar")
    assert decide(NEW, [other]) == Ask(MAIL)


def test_the_same_files_again_are_installed() -> None:
    assert decide(replace(NEW, version=OLD.version, digest=OLD.digest), [OLD]) == Install()


@pytest.mark.parametrize("version", ["0.9.9", "1.0.0-rc.1"])
def test_a_downgrade_is_refused(version: str) -> None:
    assert refusal(replace(NEW, version=version), OLD) == "downgrade"


def test_version_ten_is_no_downgrade_from_nine() -> None:
    assert decide(replace(NEW, version="1.10.0"), [replace(OLD, version="1.9.0")]) == Install()


def test_losing_the_version_is_a_downgrade() -> None:
    assert refusal(replace(NEW, version=None), OLD) == "downgrade"


def test_instructions_alone_can_be_replaced_by_newer_ones_from_the_same_place() -> None:
    plain = replace(NEW, version=None, permissions=())
    assert decide(plain, [replace(OLD, version=None, permissions=())]) == Install()


@pytest.mark.parametrize("version", ["1.0.0", "1.0.0+build2"])
def test_other_files_under_the_same_version_are_refused(version: str) -> None:
    assert refusal(replace(NEW, version=version), OLD) == "changed-version"


@pytest.mark.parametrize("signer", ["stranger", None])
def test_another_signer_than_the_installed_ones_is_refused(signer: str | None) -> None:
    assert refusal(replace(NEW, signer=signer), OLD) == "other-signer"


def test_the_same_author_may_come_from_another_source() -> None:
    assert decide(replace(NEW, source="elsewhere"), [OLD]) == Install()


def test_without_a_signer_the_source_has_to_stay() -> None:
    assert refusal(replace(NEW, source="elsewhere"), replace(OLD, signer=None)) == "other-source"


def test_an_unsigned_skill_may_become_signed() -> None:
    assert decide(NEW, [replace(OLD, signer=None)]) == Install()


def test_other_files_than_the_catalog_lists_are_refused() -> None:
    assert refusal(NEW, promise=replace(PROMISE, digest="c3" * 32)) == "wrong-digest"


def test_other_permissions_than_the_catalog_lists_are_refused() -> None:
    assert refusal(NEW, promise=replace(PROMISE, permissions=())) == "other-permissions"


def test_the_order_of_permissions_in_the_catalog_does_not_matter() -> None:
    two = permissions("mail.read", "peer.ask")
    assert decide(replace(NEW, permissions=two), [], replace(PROMISE, permissions=two[::-1])) == Ask(two)


def test_a_revoked_version_is_refused_with_the_reason() -> None:
    decision = decide(NEW, [OLD], replace(PROMISE, revoked="It leaks."))
    assert decision == Refuse("revoked", "'digest' 1.1.0 was revoked: It leaks.")


def test_an_expired_catalog_installs_nothing() -> None:
    assert refusal(NEW, OLD, promise=replace(PROMISE, expired=True)) == "expired"


def test_an_unsigned_skill_is_refused_where_the_catalog_requires_a_signature() -> None:
    assert refusal(replace(NEW, signer=None), promise=replace(PROMISE, signed_only=True)) == "unsigned"


def test_a_name_like_that_of_an_installed_skill_from_elsewhere_is_refused() -> None:
    assert refusal(replace(NEW, slug="d1gest", source="elsewhere", signer="other"), OLD) == "look-alike"
    unsigned = replace(NEW, slug="d1gest", source="elsewhere", signer=None)
    assert refusal(unsigned, replace(OLD, signer=None)) == "look-alike"


def test_the_same_author_may_use_a_name_that_looks_alike() -> None:
    assert decide(replace(NEW, slug="d1gest", source="elsewhere"), [OLD]) == Ask(MAIL)


def test_names_within_one_source_are_its_keepers_business() -> None:
    assert decide(replace(NEW, slug="d1gest"), [OLD]) == Ask(MAIL)


@pytest.mark.parametrize(
    ("granted", "wanted"),
    [
        ("mail.send:to=anyone", "mail.send:to=contact"),
        ("spend:max=3", "spend:max=2.5"),
        ("net.fetch:https://example.org/*", "net.fetch:https://example.org/news/*"),
        ("net.fetch:https://example.org/news/*", "net.fetch:https://example.org/news/today"),
    ],
)
def test_more_covers_less_and_not_the_reverse(granted: str, wanted: str) -> None:
    more, less = permissions(granted, wanted)
    assert covers(more, less)
    assert not covers(less, more)


@pytest.mark.parametrize(
    "wanted",
    [
        "net.fetch:https://example.com/news/x",
        "net.fetch:https://example.org:8443/news/x",
        "net.fetch:https://example.org/new",
        "mail.read",
    ],
)
def test_an_address_covers_nothing_beside_it(wanted: str) -> None:
    assert not covers(*permissions("net.fetch:https://example.org/news/*", wanted))


ALL = st.sampled_from(
    permissions(
        "mail.read",
        "mail.send:to=contact",
        "mail.send:to=anyone",
        "peer.ask",
        "spend:max=1",
        "spend:max=20",
        "net.fetch:https://example.org/*",
        "net.fetch:https://example.org/a",
        "net.fetch:https://example.org/a*",
        "net.fetch:https://example.com/*",
    )
)
SETS = st.lists(ALL, unique=True, max_size=6).map(tuple)


@given(SETS, SETS)
def test_nothing_is_granted_that_was_not_granted_or_asked(
    had: tuple[Permission, ...], now: tuple[Permission, ...]
) -> None:
    decision = decide(replace(NEW, permissions=now), [replace(OLD, permissions=had)])
    added = decision.added if isinstance(decision, Ask) else ()
    assert all(p in added or any(covers(granted, p) for granted in had) for p in now)
    assert not any(p in had for p in added)


@given(ALL, ALL, ALL)
def test_covering_is_an_order(a: Permission, b: Permission, c: Permission) -> None:
    assert covers(a, a)
    assert not (covers(a, b) and covers(b, c)) or covers(a, c)
    assert not (covers(a, b) and covers(b, a)) or a == b
