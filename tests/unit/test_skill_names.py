"""Names that a person could take for one another, and the order of versions."""

from __future__ import annotations

import hashlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skills.catalog_index import MAX_SKILLS
from skills.names import first_look_alikes, is_slug, look_alike
from skills.versions import is_prerelease, is_version, precedence

SLUGS = st.from_regex(r"\A[acrnml1-]{1,8}\Z").filter(is_slug)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("calendar", "calender"),
        ("calendar", "calendars"),
        ("calendar", "calndar"),
        ("calendar", "calednar"),
        ("web-page", "webpage"),
        ("web-page", "we-bpage"),
        ("web-page", "page-web"),
        ("follow-ups", "f0llow-ups"),
        ("mail-triage", "ma1l-tr1age"),
        ("mail", "mai1"),
        ("mail", "rnail"),
        ("sum", "5um"),
        ("wallet", "vvallet"),
        ("news", "newz"),
    ],
)
def test_these_could_be_mistaken_for_each_other(one: str, other: str) -> None:
    assert look_alike(one, other)
    assert look_alike(other, one)
    assert first_look_alikes(["contracts", one, "another", other]) is not None


@pytest.mark.parametrize(
    ("one", "other"), [("mail", "mail"), ("reply", "digest"), ("abc", "abd"), ("news", "mews-old")]
)
def test_these_could_not(one: str, other: str) -> None:
    assert not look_alike(one, other)
    assert first_look_alikes([one, other]) is None


def test_the_names_of_the_bundled_skills_are_far_enough_apart() -> None:
    bundled = ["mail-triage", "reply", "digest", "calendar", "follow-ups", "news", "web-page", "contracts"]
    assert first_look_alikes(bundled) is None


@given(st.lists(SLUGS, max_size=12))
def test_the_quick_search_finds_what_comparing_each_with_each_finds(slugs: list[str]) -> None:
    by_pairs = any(look_alike(a, b) for a in slugs for b in slugs)
    assert (first_look_alikes(slugs) is not None) == by_pairs


def test_as_many_names_as_a_catalog_may_have_are_compared_in_seconds() -> None:
    names = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(MAX_SKILLS)]
    started = time.process_time()
    assert first_look_alikes(names) is None
    assert time.process_time() - started < 10


ORDER = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11"]
ORDER += ["1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0-1", "2.0.0"]


@pytest.mark.parametrize("place", range(len(ORDER) - 1))
def test_versions_are_in_the_order_of_semver(place: int) -> None:
    assert precedence(ORDER[place]) < precedence(ORDER[place + 1])


def test_build_metadata_does_not_count() -> None:
    assert precedence("1.0.0+a-b") == precedence("1.0.0+c")


@pytest.mark.parametrize(("version", "is_one"), [("1.0.0", False), ("1.0.0-rc", True), ("1.0.0+a-b", False)])
def test_a_prerelease_is_known_as_one(version: str, is_one: bool) -> None:
    assert is_prerelease(version) == is_one


@pytest.mark.parametrize(
    "text", ["", "1", "1.0", "01.0.0", "1.0.0-", "1.0.0-01", "v1.0.0", "1.0.0\n", "1.0.0-" + "a" * 59]
)
def test_what_is_no_version_has_no_order(text: str) -> None:
    assert not is_version(text)
    with pytest.raises(ValueError, match="no version"):
        precedence(text)
