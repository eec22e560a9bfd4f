"""What a person does with skills, over a real node: plan, install, update, switch, remove."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import requests
from app.actions import skills
from app.results import CommandFailed
from app.skill_results import SkillsChanged
from skills.archive import pack
from skills.signing import Release, sign_release
from storage.vault import VaultError
from tests.unit.catalog_fixtures import AUTHOR, STRANGER, files
from tests.unit.skill_fixtures import Publisher, bench, refresh, with_catalog

INSTRUCTIONS = b"---\nname: manners\ndescription: How to be polite.\n---\nSay please.\n"


async def test_a_plan_says_what_would_be_granted_and_nothing_is_done(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        folder = made.write("weather", files("weather"))
        plan = await skills.plan_install(made.node, str(folder))
        (asked,) = plan.permissions
        assert (plan.name, plan.version, plan.before, plan.verdict) == ("weather", "1.0.0", "", "ask")
        assert (asked.permission, asked.sentence, asked.new) == ("mail.read", "Read your mail.", True)
        assert plan.source == str(folder)
        assert await skills.skills(made.node) == ()


async def test_a_folder_is_installed_with_what_was_agreed_to(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        row = await made.install(made.write("weather", files("weather")))
        assert (row.name, row.version, row.permissions, row.enabled, row.runs) == (
            "weather",
            "1.0.0",
            ("mail.read",),
            True,
            True,
        )
        assert made.events[-1] == SkillsChanged()


async def test_what_changed_since_it_was_shown_is_not_installed(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        folder = made.write("weather", files("weather"))
        plan = await skills.plan_install(made.node, str(folder))
        made.write("weather", files("weather", permissions='"mail.read", "peer.ask"'))
        with pytest.raises(CommandFailed) as caught:
            await skills.install(made.node, str(folder), plan.agreed)
        assert caught.value.key == "plan-changed"
        assert await skills.skills(made.node) == ()


async def test_an_agreement_to_an_install_is_none_to_the_same_files_as_an_update(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        folder = made.write("weather", files("weather"))
        plan = await skills.plan_install(made.node, str(folder))
        await skills.install(made.node, str(folder), plan.agreed)
        with pytest.raises(CommandFailed) as caught:
            await skills.install(made.node, str(folder), plan.agreed)
        assert caught.value.key == "plan-changed"


async def test_a_folder_of_instructions_is_installed_and_its_scripts_never_run(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        content = {"SKILL.md": INSTRUCTIONS, "scripts/do.py": b"raise SystemExit(1)\n", "scripts/do.sh": b"exit 1\n"}
        row = await made.install(made.write("manners", content))
        view = await skills.skill(made.node, "manners")
        assert (row.version, row.permissions, row.runs, view.entries) == ("", (), False, ())
        assert view.instructions.strip() == "Say please."


async def test_an_update_that_asks_for_the_same_is_not_asked(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        keeper = await with_catalog(made)
        await made.install("weather")
        keeper.add("weather", "1.1.0")
        keeper.publish()
        await refresh(made)
        plan = await skills.plan_update(made.node, "weather")
        assert (plan.before, plan.version, plan.verdict) == ("1.0.0", "1.1.0", "install")
        assert (await skills.update(made.node, "weather", plan.agreed)).version == "1.1.0"


async def test_an_update_that_asks_for_more_is_asked_and_shows_the_difference(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        keeper = await with_catalog(made)
        await made.install("weather")
        keeper.add("weather", "1.1.0", '"peer.ask", "mail.label"')
        keeper.publish()
        await refresh(made)
        (row,) = await skills.skills(made.node)
        plan = await skills.plan_update(made.node, "weather")
        assert row.update == "1.1.0"
        assert plan.verdict == "ask"
        assert {each.permission: each.new for each in plan.permissions} == {"peer.ask": True, "mail.label": True}
        assert plan.lost == ("Read your mail.",)
        assert (await skills.skill(made.node, "weather")).row.permissions == ("mail.read",)  # until it is agreed to


async def test_what_is_switched_off_is_off_until_it_is_switched_on(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        await made.install(made.write("weather", files("weather")))
        assert not (await skills.enable_skill(made.node, "weather", False)).enabled
        assert not made.node.vault.vault.skills.get("weather").enabled
        assert (await skills.enable_skill(made.node, "weather", True)).enabled


async def test_what_is_removed_is_gone(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        await made.install(made.write("weather", files("weather")))
        await skills.remove_skill(made.node, "weather")
        assert await skills.skills(made.node) == ()
        assert made.events[-1] == SkillsChanged()
        with pytest.raises(VaultError) as caught:
            await skills.remove_skill(made.node, "weather")
        assert caught.value.code == "unknown-skill"


async def test_a_signature_beside_an_archive_names_its_author(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        Publisher(tmp_path).add("weather")
        await made.install(tmp_path / "weather-1.0.0.nskill")
        assert (await skills.skill(made.node, "weather")).signer == AUTHOR.id


async def test_a_signature_for_other_files_is_refused(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        archive = tmp_path / "weather.nskill"
        archive.write_bytes(pack(files("weather")))
        archive.with_name("weather.nskill.sig").write_bytes(
            sign_release(AUTHOR, Release("weather", "1.0.0", "ab" * 32))
        )
        with pytest.raises(CommandFailed) as caught:
            await skills.plan_install(made.node, str(archive))
        assert caught.value.key == "packing-wrong-signature"


async def test_the_same_name_from_elsewhere_does_not_replace_what_is_installed(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        await made.install(made.write("weather", files("weather")))
        other = made.write("other/weather", files("weather", "2.0.0"))
        assert "another source" in await made.refused(other)


async def test_another_author_does_not_replace_what_is_installed(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        Publisher(tmp_path / "one").add("weather")
        Publisher(tmp_path / "two").add("weather", "1.1.0", author=STRANGER)
        await made.install(tmp_path / "one" / "weather-1.0.0.nskill")
        assert "not signed by the author" in await made.refused(tmp_path / "two" / "weather-1.1.0.nskill")


async def test_an_older_version_is_refused(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        keeper = await with_catalog(made)
        keeper.add("weather", "1.1.0")
        keeper.publish()
        await refresh(made)
        await made.install("weather")
        assert "older" in await made.refused("weather@1.0.0")


async def test_a_name_like_that_of_another_skill_is_refused(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        await with_catalog(made)
        await made.install("weather")
        squatter = made.write("wheather", files("wheather"))
        assert "mistaken for “weather”" in await made.refused(squatter)


async def test_a_name_like_that_of_a_bundled_skill_is_refused_even_where_that_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bench(tmp_path) as made:
        monkeypatch.setattr("app.catalogs.bundled.folder", lambda: tmp_path / "program")
        made.write("program/calendar", files("calendar"))
        assert "“calendar”" in await made.refused(made.write("calender", files("calender")))


@pytest.mark.parametrize(
    ("name", "code"),
    [("../escape.md", "packing-path-outside"), ("C:/escape.md", "packing-path-outside")],
)
async def test_a_path_trick_in_an_archive_is_refused(name: str, code: str, tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        archive = tmp_path / "weather.nskill"
        archive.write_bytes(pack({**files("weather"), "x" * len(name): b""}).replace(b"x" * len(name), name.encode()))
        with pytest.raises(CommandFailed) as caught:
            await skills.plan_install(made.node, str(archive))
        assert caught.value.key == code
        assert not (tmp_path / "escape.md").exists()


async def test_a_bomb_is_refused(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        archive = tmp_path / "weather.nskill"
        with archive.open("wb") as file:
            file.truncate(4 * 1024**3)  # a hole: no reader should take it all in
        with pytest.raises(CommandFailed) as caught:
            await skills.plan_install(made.node, str(archive))
        assert caught.value.key == "packing-archive-too-large"


async def test_what_is_no_skill_is_said_with_its_reason(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        folder = made.write("weather", {"skill.toml": b'version = "1.0.0"\n'})
        with pytest.raises(CommandFailed) as caught:
            await skills.plan_install(made.node, str(folder))
        assert caught.value.key == "skill-invalid"
        assert "SKILL.md" in caught.value.values["detail"]


async def test_the_list_is_the_public_format(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        folder = made.write("weather", files("weather"))
        await made.install(folder)
        reply = await requests.run(made.node, "skills", {}, lambda _: None)
        (row,) = reply["skills"]
        wanted = {"name": "weather", "version": "1.0.0", "source": str(folder), "permissions": ("mail.read",)}
        assert wanted.items() <= row.items()
