"""The program's own skills: given to a new vault, updated with the program, away where they were removed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from app.actions import skills
from app.catalogs import bundled
from app.skill_results import SkillsChanged
from skills.catalog_index import Revoked
from tests.unit.catalog_fixtures import files
from tests.unit.skill_fixtures import Bench, bench, refresh, with_catalog


@pytest.fixture(name="program")
def program_fixture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of bundled skills of a program that has none yet."""
    folder = tmp_path / "program"
    folder.mkdir()
    monkeypatch.setattr("app.catalogs.bundled.folder", lambda: folder)
    return folder


async def release(made: Bench, **brought: Mapping[str, bytes]) -> None:
    """A program with these skills is started, and the vault opened."""
    for name, content in brought.items():
        made.write(f"program/{name}", content)
    await bundled.settle(made.node)


async def versions(made: Bench) -> dict[str, str]:
    return {row.name: row.version for row in await skills.skills(made.node)}


async def test_a_new_vault_is_given_them_with_what_they_ask_for(tmp_path: Path, program: Path) -> None:
    async with bench(tmp_path) as made:
        await release(made, digest=files("digest"))
        (row,) = await skills.skills(made.node)
        assert (row.name, row.source, row.permissions, row.enabled) == ("digest", "bundled", ("mail.read",), True)
        assert made.events[-1] == SkillsChanged()


async def test_what_is_settled_is_left_alone(tmp_path: Path, program: Path) -> None:
    async with bench(tmp_path) as made:
        await release(made, digest=files("digest"))
        made.events.clear()
        await bundled.settle(made.node)
        assert made.events == []


async def test_one_that_was_removed_stays_away_and_can_be_had_again(tmp_path: Path, program: Path) -> None:
    async with bench(tmp_path) as made:
        await release(made, digest=files("digest"))
        await skills.remove_skill(made.node, "digest")
        await release(made, digest=files("digest", "1.1.0"))
        (offer,) = await skills.offers(made.node)
        assert await versions(made) == {}
        assert (offer.name, offer.catalog, offer.state) == ("digest", 0, "new")
        await made.install("bundled:digest")
        assert await versions(made) == {"digest": "1.1.0"}


async def test_a_plain_name_means_the_programs_own_skill(tmp_path: Path, program: Path) -> None:
    async with bench(tmp_path) as made:
        await with_catalog(made)
        made.write("program/weather", files("weather", "0.9.0"))
        assert (await skills.plan_install(made.node, "weather")).source == "bundled"
        assert (await skills.plan_install(made.node, "1:weather")).version == "1.0.0"


async def test_one_that_is_new_in_a_later_program_is_offered_and_not_installed(tmp_path: Path, program: Path) -> None:
    async with bench(tmp_path) as made:
        await release(made, digest=files("digest"))
        await release(made, reply=files("reply"))
        assert await versions(made) == {"digest": "1.0.0"}
        assert [row.name for row in await skills.offers(made.node)] == ["reply"]


async def test_a_newer_program_updates_them(tmp_path: Path, program: Path) -> None:
    async with bench(tmp_path) as made:
        await release(made, digest=files("digest"))
        await release(made, digest=files("digest", "1.1.0"))
        assert await versions(made) == {"digest": "1.1.0"}


async def test_an_update_that_asks_for_more_waits_until_it_is_agreed_to(tmp_path: Path, program: Path) -> None:
    async with bench(tmp_path) as made:
        await release(made, digest=files("digest"))
        await release(made, digest=files("digest", "1.1.0", '"mail.read", "mail.send:to=contact"'))
        (row,) = await skills.skills(made.node)
        assert (row.version, row.update, row.permissions) == ("1.0.0", "1.1.0", ("mail.read",))
        plan = await skills.plan_update(made.node, "digest")
        assert [one.permission for one in plan.permissions if one.new] == ["mail.send:to=contact"]
        done = await skills.update(made.node, "digest", plan.agreed)
        assert (done.version, done.permissions) == ("1.1.0", ("mail.read", "mail.send:to=contact"))


async def test_an_older_program_leaves_the_newer_skill(tmp_path: Path, program: Path) -> None:
    async with bench(tmp_path) as made:
        await release(made, digest=files("digest", "1.1.0"))
        await release(made, digest=files("digest"))
        assert await versions(made) == {"digest": "1.1.0"}


async def test_one_that_was_switched_off_stays_off_over_an_update(tmp_path: Path, program: Path) -> None:
    async with bench(tmp_path) as made:
        await release(made, digest=files("digest"))
        await skills.enable_skill(made.node, "digest", False)
        await release(made, digest=files("digest", "1.1.0"))
        assert not (await skills.skill(made.node, "digest")).row.enabled


async def test_what_a_person_installed_under_the_name_is_not_replaced(tmp_path: Path, program: Path) -> None:
    async with bench(tmp_path) as made:
        await made.install(made.write("mine/digest", files("digest", "0.1.0")))
        await release(made, digest=files("digest"))
        assert await versions(made) == {"digest": "0.1.0"}


async def test_a_broken_one_keeps_no_other_away(tmp_path: Path, program: Path) -> None:
    async with bench(tmp_path) as made:
        await release(made, digest={"SKILL.md": b"nothing"}, reply=files("reply"))
        assert await versions(made) == {"reply": "1.0.0"}


async def test_what_an_interpreter_left_beside_the_program_is_none_of_its_files(tmp_path: Path, program: Path) -> None:
    async with bench(tmp_path) as made:
        await release(made, digest={**files("digest"), "__pycache__/main.cpython-311.pyc": b"cache"})
        assert await versions(made) == {"digest": "1.0.0"}


async def test_a_revoked_one_is_off(tmp_path: Path, program: Path) -> None:
    async with bench(tmp_path) as made:
        keeper = await with_catalog(made)
        keeper.revoked = (Revoked("digest", "It leaks.", digest=keeper.add("digest")),)
        keeper.publish()
        await refresh(made)
        await release(made, digest=files("digest"))
        assert (await skills.skill(made.node, "digest")).row.revoked


@pytest.mark.parametrize("name", bundled.names(bundled.folder()))
def test_each_that_comes_with_the_program_is_valid(name: str) -> None:
    assert bundled.found(bundled.folder(), name).manifest.name == name
