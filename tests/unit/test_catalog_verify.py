"""Who may say what a catalog holds: signer, age, order, names; and nothing that was changed on the way."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skills import catalog
from skills.canonical import encode
from skills.catalog import Catalog, Handover, hand_over, sign_index, verify
from skills.catalog_index import MAX_INDEX, CatalogError, Revoked, write_index
from skills.signing import INDEX_PREFIX, RELEASE_PREFIX, SigningKey
from tests.unit.catalog_fixtures import DAY, KEEPER, NEXT, NOW, STRANGER, entry, index, signed

GOOD = signed()


def code_of(data: bytes, now: int = NOW, last: int = 0, trusted: tuple[str, ...] = (KEEPER.id,)) -> str:
    with pytest.raises(CatalogError) as caught:
        verify(data, trusted, now, last)
    assert str(caught.value).endswith(".")
    return caught.value.code


def test_a_catalog_of_a_trusted_key_is_taken() -> None:
    assert verify(GOOD, [KEEPER.id], NOW) == Catalog(index(), KEEPER.id, (KEEPER.id,))


@given(st.data())
@settings(deadline=None, max_examples=300)
def test_no_byte_of_a_catalog_can_change(data: st.DataObject) -> None:
    changed = bytearray(GOOD)
    changed[data.draw(st.integers(0, len(GOOD) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(CatalogError):
        verify(bytes(changed), [KEEPER.id], NOW)


@given(st.integers(0, len(GOOD)), st.integers(0, 40), st.binary(max_size=40))
@settings(deadline=None, max_examples=300)
def test_nothing_can_be_cut_out_or_put_in(place: int, gone: int, put: bytes) -> None:
    changed = GOOD[:place] + put + GOOD[place + gone :]
    if changed != GOOD:
        with pytest.raises(CatalogError):
            verify(changed, [KEEPER.id], NOW)


def test_another_signer_is_refused() -> None:
    assert code_of(signed(STRANGER)) == "catalog-wrong-signer"


def test_whoever_trusts_nobody_takes_no_catalog() -> None:
    assert code_of(GOOD, trusted=()) == "catalog-wrong-signer"


def test_the_name_of_a_trusted_key_is_not_its_signature() -> None:
    forged = signed(STRANGER).replace(STRANGER.public.encode(), KEEPER.public.encode())
    assert code_of(forged) == "catalog-bad-signature"


def test_the_content_is_not_parsed_before_its_signature_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    forged = signed(STRANGER).replace(STRANGER.public.encode(), KEEPER.public.encode())
    monkeypatch.setattr(catalog, "parse_index", lambda data: pytest.fail("it was parsed"))
    assert code_of(forged) == "catalog-bad-signature"


@pytest.mark.parametrize(("now", "refused"), [(NOW + DAY - 1, False), (NOW + DAY, True), (NOW + 9 * DAY, True)])
def test_a_catalog_is_good_until_it_expires(now: int, refused: bool) -> None:
    if refused:
        assert code_of(GOOD, now=now) == "catalog-expired"
    else:
        verify(GOOD, [KEEPER.id], now)


def test_an_older_catalog_than_the_one_seen_is_refused() -> None:
    assert code_of(GOOD, last=8) == "catalog-rollback"


def test_the_same_catalog_again_is_taken() -> None:
    assert verify(GOOD, [KEEPER.id], NOW, last_sequence=7).index.sequence == 7


def test_a_catalog_over_the_limit_is_not_looked_at() -> None:
    assert code_of(GOOD + bytes(MAX_INDEX + catalog.MAX_HEADER)) == "catalog-too-large"


@pytest.mark.parametrize("data", [b"", b"\n", b"{}\n{}\n", b"null\n", b"[" * 5000, b"<html></html>", b"\xff\xfe"])
def test_what_is_no_catalog_is_refused(data: bytes) -> None:
    assert code_of(data) == "catalog-malformed"


def test_names_that_look_alike_are_refused_together() -> None:
    twins = {"calendar": (entry("calendar"),), "calender": (entry("calender", author=STRANGER),)}
    body = write_index(index(skills=twins))
    header = encode({"format": catalog.FORMAT, "handovers": [], "key": KEEPER.public})
    signature = KEEPER.sign(INDEX_PREFIX, header + b"\n" + body)
    whole = header[:-1] + b',"signature":"' + signature.encode() + b'"}\n' + body
    assert code_of(whole) == "catalog-look-alike"


def test_an_index_with_names_that_look_alike_is_not_signed() -> None:
    twins = {"calendar": (entry("calendar"),), "calender": (entry("calender", author=STRANGER),)}
    with pytest.raises(CatalogError, match="mistaken"):
        signed(skills=twins)


def test_one_author_may_have_names_that_look_alike() -> None:
    twins = {"calendar": (entry("calendar"),), "calender": (entry("calender"),)}
    found = verify(signed(skills=twins), [KEEPER.id], NOW)
    assert set(found.index.skills) == {"calendar", "calender"}


def test_who_signed_one_version_of_both_is_not_the_author_of_both() -> None:
    first, second = entry("calender"), entry("calender", "1.1.0", author=STRANGER)
    with pytest.raises(CatalogError, match="mistaken"):
        signed(skills={"calendar": (entry("calendar"),), "calender": (first, second)})


def test_names_that_nobody_signed_have_no_author_in_common() -> None:
    twins = {name: (entry(name, author=None),) for name in ("calendar", "calender")}
    with pytest.raises(CatalogError, match="mistaken"):
        signed(skills=twins)


def handed(*handovers: Handover, by: SigningKey = NEXT) -> bytes:
    return sign_index(by, write_index(index()), handovers)


def test_a_key_hands_over_to_the_next() -> None:
    found = verify(handed(hand_over(KEEPER, NEXT.public)), [KEEPER.id], NOW)
    assert (found.signer, found.trusted) == (NEXT.id, (NEXT.id,))


def test_a_handover_that_is_announced_is_remembered() -> None:
    found = verify(handed(hand_over(KEEPER, NEXT.public), by=KEEPER), [KEEPER.id], NOW)
    assert set(found.trusted) == {KEEPER.id, NEXT.id}


def test_a_chain_of_handovers_is_followed_in_any_order() -> None:
    chain = (hand_over(NEXT, STRANGER.public), hand_over(KEEPER, NEXT.public))
    assert verify(handed(*chain, by=STRANGER), [KEEPER.id], NOW).trusted == (STRANGER.id,)


def test_the_key_that_handed_over_is_no_longer_trusted_afterwards() -> None:
    trusted = verify(handed(hand_over(KEEPER, NEXT.public)), [KEEPER.id], NOW).trusted
    assert code_of(GOOD, trusted=trusted) == "catalog-wrong-signer"


def test_nobody_hands_over_to_themselves() -> None:
    own = hand_over(STRANGER, NEXT.public)
    assert code_of(handed(own)) == "catalog-wrong-signer"


def test_a_forged_handover_is_refused() -> None:
    own = hand_over(STRANGER, NEXT.public)
    with pytest.raises(CatalogError, match="not signed by the key before"):
        handed(Handover(KEEPER.public, own.new, own.signature))


def test_a_signature_over_a_release_is_no_handover() -> None:
    message = encode({"new": NEXT.public, "old": KEEPER.public})
    with pytest.raises(CatalogError, match="not signed by the key before"):
        handed(Handover(KEEPER.public, NEXT.public, KEEPER.sign(RELEASE_PREFIX, message)))


def test_a_longer_chain_than_any_real_one_is_refused() -> None:
    with pytest.raises(CatalogError, match="no catalog"):
        handed(*[hand_over(KEEPER, NEXT.public)] * 17)


REVOKED = (Revoked("digest", "It leaks.", version="1.0.0"), Revoked("reply", "So does it.", digest="cd" * 32))


def opened(*versions: str) -> Catalog:
    skills = {"digest": tuple(entry(version=version) for version in versions)}
    return verify(signed(skills=skills, revoked=REVOKED), [KEEPER.id], NOW)


@pytest.mark.parametrize(
    ("slug", "version", "digest", "reason"),
    [
        ("digest", "1.0.0", "00" * 32, "It leaks."),
        ("digest", "1.0.1", "00" * 32, None),
        ("reply", "1.0.0", "00" * 32, None),
        ("renamed", "7.0.0", "cd" * 32, "So does it."),
        ("digest", None, "00" * 32, None),
    ],
)
def test_a_version_or_a_digest_is_revoked(slug: str, version: str | None, digest: str, reason: str | None) -> None:
    assert opened("1.0.0").revoked(slug, version, digest) == reason


def test_the_newest_version_that_is_good_is_offered() -> None:
    found = opened("0.9.0", "1.0.0", "2.0.0-rc.1").entry("digest")
    assert found is not None
    assert found.version == "0.9.0"  # 1.0.0 is revoked, 2.0.0-rc.1 not released


def test_a_version_that_is_named_is_found() -> None:
    found = opened("0.9.0", "2.0.0-rc.1").entry("digest", "2.0.0-rc.1")
    assert found is not None
    assert opened("0.9.0").entry("digest", "3.0.0") is None


def test_a_skill_that_is_not_there_is_not_found() -> None:
    assert opened("1.0.0").entry("nothing") is None
