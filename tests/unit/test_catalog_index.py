"""The index: written one way, parsed strictly, every limit held."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skills import catalog_index
from skills.archive import MAX_ARCHIVE
from skills.canonical import MAX_NUMBER, NotCanonical, decode, encode
from skills.catalog_index import CatalogError, Revoked, is_location, parse_index, write_index
from tests.unit.catalog_fixtures import AUTHOR, DAY, NOW, STRANGER, entry, index

REVOKED = (Revoked("digest", "It leaks.", version="0.1.0"), Revoked("reply", "So does it.", digest="cd" * 32))
Change = Callable[[dict[str, Any]], object]


def code_of(data: bytes) -> str:
    with pytest.raises(CatalogError) as caught:
        parse_index(data)
    assert str(caught.value).endswith(".")
    return caught.value.code


def changed(change: Change) -> bytes:
    """The good index, with a change that its keeper could sign."""
    fields = json.loads(write_index(index(revoked=REVOKED)))
    change(fields)
    return encode(fields) + b"\n"


def test_what_is_written_is_read_again() -> None:
    whole = index(revoked=REVOKED, signed_only=True, skills={"digest": (entry(), entry(version="1.0.1", author=None))})
    assert parse_index(write_index(whole)) == whole


def skill(fields: dict[str, Any]) -> dict[str, Any]:
    (first,) = fields["skills"]["digest"]
    assert isinstance(first, dict)
    return first


MALFORMED: dict[str, Change] = {
    "a field that is not known": lambda f: f.update(extra=1),
    "a field that is missing": lambda f: f.pop("name"),
    "no name": lambda f: f.update(name=""),
    "a name that is too long": lambda f: f.update(name="n" * 101),
    "a name that hides something": lambda f: f.update(name="a\u202eb"),
    "half a letter": lambda f: f.update(name="\ud800"),
    "a number as text": lambda f: f.update(sequence="7"),
    "true for a number": lambda f: f.update(sequence=True),
    "no sequence": lambda f: f.update(sequence=0),
    "an end before the beginning": lambda f: f.update(expires=NOW - 2 * DAY),
    "no end in sight": lambda f: f.update(expires=NOW + 400 * DAY),
    "signed_only as a number": lambda f: f.update(signed_only=1),
    "skills as a list": lambda f: f.update(skills=[]),
    "a skill without a version": lambda f: f["skills"].update(reply=[]),
    "a skill with a bad name": lambda f: f["skills"].update({"Reply": f["skills"]["digest"]}),
    "a version that is none": lambda f: skill(f).update(version="1.0"),
    "a digest that is none": lambda f: skill(f).update(digest="AB" * 32),
    "an archive that is too large": lambda f: skill(f).update(size=MAX_ARCHIVE + 1),
    "permissions as a text": lambda f: skill(f).update(permissions="mail.read"),
    "a signer without a signature": lambda f: skill(f).update(signature=None),
    "a description that hides something": lambda f: skill(f).update(description="a\u200bb"),
    "a location above": lambda f: skill(f).update(location="../x.nskill"),
    "an entry with more": lambda f: skill(f).update(note=""),
    "something else revoked": lambda f: f["revoked"].append("digest"),
    "revoked by nothing": lambda f: f["revoked"].append({"slug": "a", "reason": "b"}),
    "revoked by both": lambda f: f["revoked"][0].update(digest="ab" * 32),
    "revoked without a reason": lambda f: f["revoked"][0].update(reason=""),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_it_is_refused_with(name: str) -> None:
    assert code_of(changed(MALFORMED[name])) == "catalog-malformed"


def test_versions_out_of_order_are_refused() -> None:
    with pytest.raises(CatalogError, match="not in order"):
        write_index(index(skills={"digest": (entry(version="1.10.0"), entry(version="1.9.0"))}))


@pytest.mark.parametrize("twin", ["1.0.0", "1.0.0+other"])
def test_a_version_twice_is_refused(twin: str) -> None:
    with pytest.raises(CatalogError) as caught:
        write_index(index(skills={"digest": (entry(), entry(version=twin))}))
    assert caught.value.code == "catalog-duplicate"


def test_a_skill_twice_is_refused() -> None:
    data = write_index(index()).replace(b'"skills":{', b'"skills":{"digest":[],')
    assert code_of(data) == "catalog-duplicate"


def test_a_permission_twice_is_refused() -> None:
    double = changed(lambda f: skill(f).update(permissions=["mail.read", "mail.read"]))
    assert code_of(double) == "catalog-duplicate"


@pytest.mark.parametrize("field", ["version", "digest", "signer"])
def test_a_catalog_cannot_sign_for_an_author(field: str) -> None:
    other = {"version": "1.0.1", "digest": "cd" * 32, "signer": STRANGER.public}[field]
    assert code_of(changed(lambda f: skill(f).update({field: other}))) == "catalog-bad-signature"


def test_the_signature_of_one_skill_is_none_for_another() -> None:
    moved = changed(lambda f: f.update(skills={"reply": f["skills"]["digest"]}))
    assert code_of(moved) == "catalog-bad-signature"


@pytest.mark.parametrize("count", ["MAX_SKILLS", "MAX_VERSIONS", "MAX_REVOKED", "MAX_PERMISSIONS"])
def test_every_list_has_a_limit(count: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_index(index(revoked=REVOKED))
    monkeypatch.setattr(catalog_index, count, 0)
    assert code_of(data) == "catalog-malformed"


def test_an_index_over_the_limit_is_not_parsed() -> None:
    assert code_of(bytes(catalog_index.MAX_INDEX + 1)) == "catalog-too-large"


@pytest.mark.parametrize("old", [b"\n", b'"sequence":7'])
def test_another_way_to_write_the_same_is_refused(old: bytes) -> None:
    data = write_index(index())
    assert code_of(data.replace(old, b" " + old)) == "catalog-malformed"


@pytest.mark.parametrize(
    "location",
    ["digest-1.0.0.nskill", "a/b.nskill", "https://example.org/a.nskill", "https://example.org:8443/skills/a+b.nskill"],
)
def test_these_places_are_allowed(location: str) -> None:
    assert is_location(location)


@pytest.mark.parametrize(
    "location",
    [
        "",
        "/etc/passwd",
        "../a",
        "a/../b",
        "./a",
        "http://example.org/a",
        "https://u:p@example.org/a",
        "file:///a",
        "https://example.org/a?b",
        "https://example.org/a#b",
        "https://example.org/../a",
        "https://example.org",
        "//example.org/a",
        "a//b",
        "a\\b",
        "C:/a",
        "a b",
        "a%2e",
        "a\n",
        "https:/a",
        "a" * 501,
    ],
)
def test_these_places_are_not(location: str) -> None:
    assert not is_location(location)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_NUMBER, MAX_NUMBER) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_canonical_json_has_one_encoding(value: object) -> None:
    assert decode(encode(value)) == value


@given(JSON)
@settings(deadline=None)
def test_any_other_json_is_malformed(value: object) -> None:
    assert code_of(encode(value) + b"\n") == "catalog-malformed"


@pytest.mark.parametrize(
    "data",
    [
        b"1.0",
        b"1e3",
        b"NaN",
        b"-0",
        b"01",
        b"[1, 2]",
        b'{"b":1,"a":2}',
        b'"\xc3\xa9"',
        b'"\\u0041"',
        b"9" * 5000,
        str(MAX_NUMBER + 1).encode(),
        b"[" * 100_000,
        b"",
        b"\xff",
        b'"\\ud800\xed\xa0\x80"',
        b"\xef\xbb\xbf1",
    ],
)
def test_what_is_not_canonical_is_refused(data: bytes) -> None:
    with pytest.raises(NotCanonical):
        decode(data)


def test_the_author_of_an_entry_is_kept() -> None:
    (found,) = parse_index(write_index(index())).skills["digest"]
    assert found.signer == AUTHOR.public
