"""A version that asks for what this release does not know is left out, with a word; the rest of its catalog counts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.actions import skills
from skills.canonical import encode
from skills.catalog import FORMAT, sign_index, verify
from skills.catalog_index import CatalogError, parse_index, write_index
from skills.signing import INDEX_PREFIX
from tests.unit.catalog_fixtures import KEEPER, NOW, entry, index
from tests.unit.skill_fixtures import Publisher, bench, refresh

TWO = {"digest": (entry(), entry(version="2.0.0")), "reply": (entry("reply"),)}
LATER = ("mail.read", "thoughts.read:all")


def asking(data: bytes, slug: str, number: int, permissions: Sequence[str]) -> bytes:
    """An index of a later release, whose version asks for these."""
    fields = json.loads(data)
    fields["skills"][slug][number]["permissions"] = list(permissions)
    return encode(fields) + b"\n"


def signed(data: bytes) -> bytes:
    """As a later release signs it."""
    header = {"format": FORMAT, "handovers": [], "key": KEEPER.public}
    signature = KEEPER.sign(INDEX_PREFIX, encode(header) + b"\n" + data)
    return encode({**header, "signature": signature}) + b"\n" + data


def test_only_that_version_is_left_out() -> None:
    later = asking(write_index(index(skills=TWO)), "digest", 1, LATER)
    found = verify(signed(later), {KEEPER.id}, NOW).index
    assert {slug: [one.version for one in entries] for slug, entries in found.skills.items()} == {
        "digest": ["1.0.0"],
        "reply": ["1.0.0"],
    }
    assert found.skipped == ("digest 2.0.0",)


def test_a_skill_of_which_nothing_is_left_is_not_offered() -> None:
    found = parse_index(asking(write_index(index(skills=TWO)), "reply", 0, LATER))
    assert (set(found.skills), found.skipped) == ({"digest"}, ("reply 1.0.0",))


@pytest.mark.parametrize("permissions", [["root", "root"], ["", "mail.read"], ["ro\u202eot"]])
def test_what_no_release_would_write_is_refused_whole(permissions: list[str]) -> None:
    with pytest.raises(CatalogError):
        parse_index(asking(write_index(index(skills=TWO)), "digest", 1, permissions))


def test_it_cannot_be_written_or_signed_here() -> None:
    data = write_index(index(skills=TWO))
    with pytest.raises(CatalogError):
        write_index(index(skills={"digest": (entry(permissions=LATER),)}))
    with pytest.raises(CatalogError):
        sign_index(KEEPER, asking(data, "digest", 1, LATER))


async def test_the_person_is_told_and_the_rest_is_offered(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        keeper = Publisher(made.folder / "catalog")
        keeper.add("weather")
        keeper.add("weather", "2.0.0")
        path = Path(keeper.publish())
        await skills.add_catalog(made.node, str(path), KEEPER.id)
        keeper.publish()
        whole = path.read_bytes().partition(b"\n")[2]
        path.write_bytes(signed(asking(whole, "weather", 1, LATER)))

        assert await refresh(made) == (
            "Left out, because they ask for what this release of the program does not know: weather 2.0.0."
        )
        (offer,) = [row for row in await skills.offers(made.node) if row.catalog]
        assert (offer.name, offer.version) == ("weather", "1.0.0")
