"""Catalogs over a real node: trusted, read again, expired, replayed, handed over, revoking."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app import commands
from app.actions import skills
from app.catalogs import addresses
from app.results import CommandFailed
from skills.catalog import hand_over
from skills.catalog_index import CatalogError, Revoked
from skills.signing import key_id
from tests.unit.catalog_fixtures import DAY, KEEPER, NEXT, STRANGER, files
from tests.unit.skill_fixtures import Publisher, bench, refresh, with_catalog


async def test_a_catalog_is_read_when_it_is_added_and_its_skills_are_offered(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        await with_catalog(made)
        (catalog,) = await skills.catalogs(made.node)
        (offer,) = [row for row in await skills.offers(made.node) if row.catalog]
        assert (catalog.name, catalog.keys, catalog.problem) == ("Ours", (KEEPER.id,), "")
        assert catalog.expires == "2026-10-20T14:13:20Z"
        assert (offer.name, offer.version, offer.state) == ("weather", "1.0.0", "new")


async def test_a_key_is_taken_by_its_id_or_its_public_part_and_nothing_else(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        path = Publisher(tmp_path / "catalog").publish()
        for key in ("", "mine", KEEPER.id[:-1]):
            with pytest.raises(CommandFailed) as caught:
                await skills.add_catalog(made.node, path, key)
            assert caught.value.key == "catalog-key"
        assert (await skills.add_catalog(made.node, path, KEEPER.public)).keys == (key_id(KEEPER.public),)


async def test_a_catalog_of_another_signer_is_not_added(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        path = Publisher(tmp_path / "catalog", STRANGER).publish()
        with pytest.raises(CatalogError) as caught:
            await skills.add_catalog(made.node, path, KEEPER.id)
        assert caught.value.code == "catalog-wrong-signer"
        assert await skills.catalogs(made.node) == ()


async def test_a_catalog_that_another_signs_from_now_on_is_not_read_and_the_last_one_stays(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        keeper = await with_catalog(made)
        replace(keeper, key=STRANGER).publish()
        assert "do not trust" in await refresh(made)
        assert (await skills.plan_install(made.node, "weather")).verdict == "ask"


async def test_an_older_index_is_refused(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        keeper = await with_catalog(made)
        first = Path(keeper.folder / "nuee.catalog").read_bytes()
        keeper.publish()
        assert await refresh(made) == ""
        (keeper.folder / "nuee.catalog").write_bytes(first)
        assert "older than the one that was seen" in await refresh(made)


async def test_an_expired_index_is_refused(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        await with_catalog(made)
        made.clock[0] += 40 * DAY
        assert "expired" in await refresh(made)


async def test_nothing_is_installed_from_a_catalog_that_expired_since(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        await with_catalog(made)
        made.clock[0] += 40 * DAY
        assert "expired" in await made.refused("weather")


async def test_a_key_that_hands_over_is_trusted_no_more(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        keeper = await with_catalog(made)
        after = replace(keeper, key=NEXT, handovers=(hand_over(KEEPER, NEXT.public),))
        after.publish()
        assert await refresh(made) == ""
        replace(after, key=KEEPER, handovers=()).publish()
        assert "do not trust" in await refresh(made)
        (catalog,) = await skills.catalogs(made.node)
        assert catalog.keys == (NEXT.id,)


async def test_an_installed_skill_that_is_revoked_is_off_and_says_so(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        keeper = await with_catalog(made)
        await made.install("weather")
        keeper.revoked = (Revoked("weather", "It leaks.", version="1.0.0"),)
        keeper.publish()
        await refresh(made)
        (row,) = await skills.skills(made.node)
        assert (row.enabled, row.revoked, row.reason) == (False, True, "It leaks.")
        with pytest.raises(CommandFailed) as caught:
            await skills.enable_skill(made.node, "weather", True)
        assert caught.value.values["reason"] == "It leaks."


async def test_a_revoked_version_is_not_installed(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        keeper = await with_catalog(made)
        keeper.revoked = (Revoked("weather", "It leaks.", version="1.0.0"),)
        keeper.publish()
        await refresh(made)
        assert "It leaks." in await made.refused("weather")


async def test_revoked_files_are_not_installed_from_a_folder_either(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        keeper = await with_catalog(made)
        keeper.revoked = (Revoked("weather", "It leaks.", digest=keeper.add("weather")),)
        keeper.publish()
        await refresh(made)
        assert "It leaks." in await made.refused(made.write("weather", files("weather")))


async def test_a_catalog_cannot_revoke_a_version_that_came_from_elsewhere(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        keeper = await with_catalog(made)
        folder = made.write("weather", files("weather", permissions='"peer.ask"'))
        await made.install(folder)
        keeper.revoked = (Revoked("weather", "A rival.", version="1.0.0"),)
        keeper.publish()
        await refresh(made)
        assert (await skills.skill(made.node, "weather")).row.enabled


async def test_other_files_than_the_catalog_lists_are_refused(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        keeper = await with_catalog(made)
        path = keeper.folder / "weather-1.0.0.nskill"
        data = path.read_bytes()
        keeper.add("weather", permissions='"mail.send:to=anyone"')
        with pytest.raises(CommandFailed) as caught:  # of another size
            await skills.plan_install(made.node, "weather")
        assert caught.value.key == "refused-wrong-digest"
        keeper.add("weather", permissions='"peer.ask" ')  # of the same size
        assert len(path.read_bytes()) == len(data)
        assert "not weather 1.0.0 as the catalog lists it" in await made.refused("weather")


async def test_another_skill_under_the_listed_name_is_refused(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        keeper = await with_catalog(made)
        keeper.add("whether")
        (keeper.folder / "whether-1.0.0.nskill").replace(keeper.folder / "weather-1.0.0.nskill")
        with pytest.raises(CommandFailed) as caught:
            await skills.plan_install(made.node, "weather")
        assert caught.value.key == "refused-wrong-digest"


async def test_a_name_that_two_catalogs_offer_has_to_be_told_apart(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        await with_catalog(made)
        other = Publisher(tmp_path / "other", NEXT)
        other.add("weather", "3.0.0", author=STRANGER)
        await skills.add_catalog(made.node, other.publish(), NEXT.id)
        with pytest.raises(CommandFailed) as caught:
            await skills.plan_install(made.node, "weather")
        assert caught.value.key == "skill-offered-twice"
        assert (await skills.plan_install(made.node, "2:weather")).version == "3.0.0"


async def test_what_nobody_offers_is_said(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        await with_catalog(made)
        unknown, no_version = "skill-not-offered", "skill-no-version"
        for what, key in (("snow", unknown), ("weather@9.0.0", no_version), ("A b", unknown)):
            with pytest.raises(CommandFailed) as caught:
                await skills.plan_install(made.node, what)
            assert caught.value.key == key


async def test_a_removed_catalog_leaves_what_came_from_it(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        await with_catalog(made)
        await made.install("weather")
        await skills.remove_catalog(made.node, 1)
        assert await skills.catalogs(made.node) == ()
        assert (await skills.skill(made.node, "weather")).row.enabled
        with pytest.raises(CommandFailed) as caught:
            await skills.plan_update(made.node, "weather")
        assert caught.value.key == "skill-no-source"


async def test_in_airplane_mode_a_catalog_of_the_web_is_not_asked(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        await commands.airplane(made.node, True)
        with pytest.raises(CommandFailed) as caught:
            await skills.add_catalog(made.node, "http://127.0.0.1:1/", KEEPER.id)
        assert caught.value.key == "airplane"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://skills.example.org/", "https://skills.example.org/nuee.catalog"),
        ("HTTPS://skills.example.org/all.catalog", "https://skills.example.org/all.catalog"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000/nuee.catalog"),
        ("http://localhost:8000/x/nuee.catalog", "http://localhost:8000/x/nuee.catalog"),
    ],
)
def test_an_address_is_kept_in_one_spelling(typed: str, kept: str) -> None:
    assert addresses.cleaned(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "http://skills.example.org/",  # anybody on the way could hold back a warning
        "http://192.168.1.5/",
        "http://127.0.0.1.example.org/",
        "https://ada:secret@skills.example.org/",
        "https://skills.example.org/?token=secret",
        "ftp://skills.example.org/",
        "relative/path",
    ],
)
def test_an_address_that_is_not_safe_is_refused(typed: str) -> None:
    with pytest.raises(CommandFailed):
        addresses.cleaned(typed)


def test_an_archive_lies_beside_its_catalog_or_at_an_address_of_its_own() -> None:
    web = "https://skills.example.org/all/nuee.catalog"
    assert addresses.beside(web, "a/b.nskill") == "https://skills.example.org/all/a/b.nskill"
    assert addresses.beside(web, "https://example.net/b.nskill") == "https://example.net/b.nskill"
    assert addresses.beside("/srv/all/nuee.catalog", "a/b.nskill") == "/srv/all/a/b.nskill"
