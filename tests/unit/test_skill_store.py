"""What is installed, and the catalogs, in a real vault."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storage.skill_store import Coming
from storage.vault import Vault, VaultError
from tests.unit.vault_fixtures import path_fixture, vault_fixture  # noqa: F401

WEATHER = Coming("weather", "1.0.0", "aa" * 32, "/skills/weather", "", ("mail.read",), b"its files")
NEWER = replace(WEATHER, version="1.1.0", digest="bb" * 32, permissions=())


def test_a_skill_is_there_with_its_bytes_and_what_was_agreed_to(vault: Vault) -> None:
    vault.skills.put(WEATHER, None)
    found = vault.skills.get("weather")
    assert (found.version, found.digest, found.source, found.permissions) == (
        "1.0.0",
        "aa" * 32,
        "/skills/weather",
        ("mail.read",),
    )
    assert vault.skills.archive("weather") == b"its files"


def test_an_update_takes_the_place_of_the_version_before(vault: Vault) -> None:
    first = vault.skills.put(WEATHER, None)
    second = vault.skills.put(NEWER, WEATHER.digest)
    assert [(skill.version, skill.permissions) for skill in vault.skills.list()] == [("1.1.0", ())]
    assert second.installed == first.installed


def test_what_was_installed_meanwhile_is_not_overwritten(vault: Vault) -> None:
    vault.skills.put(NEWER, None)
    for before in (None, WEATHER.digest):
        with pytest.raises(VaultError) as caught:
            vault.skills.put(WEATHER, before)
        assert caught.value.code == "skill-changed"
    assert vault.skills.get("weather").version == "1.1.0"


def test_an_update_does_not_switch_on_what_was_switched_off(vault: Vault) -> None:
    vault.skills.put(WEATHER, None)
    vault.skills.set_enabled("weather", False)
    vault.skills.put(NEWER, WEATHER.digest)
    assert not vault.skills.get("weather").enabled


def test_a_revoked_skill_is_off_until_it_is_revoked_no_more(vault: Vault) -> None:
    vault.skills.put(WEATHER, None)
    assert vault.skills.set_revoked({"weather": "It leaks."})
    vault.skills.set_enabled("weather", True)
    revoked = vault.skills.get("weather")
    assert not vault.skills.set_revoked({"weather": "It leaks."})
    assert vault.skills.set_revoked({})
    assert (revoked.enabled, revoked.revoked) == (False, "It leaks.")
    assert vault.skills.get("weather").enabled


def test_another_skill_of_the_same_name_inherits_nothing(vault: Vault) -> None:
    vault.skills.put(WEATHER, None)
    for skill in ("weather", "other"):
        vault.approvals.add_rule({"effect": "allow", "skill": skill, "function": "mail.send"})
    vault.approvals.add_rule({"effect": "deny", "skill": "weather"})
    vault.skills.remove("weather")
    left = [(rule.rule["effect"], rule.rule["skill"]) for rule in vault.approvals.rules()]
    assert left == [("allow", "other"), ("deny", "weather")]
    assert vault.skills.find("weather") is None


def test_what_a_skill_kept_goes_with_it(vault: Vault) -> None:
    vault.skills.put(WEATHER, None)
    with vault.skills._database.write() as connection:
        connection.execute("INSERT INTO kept (skill, key, value, changed) VALUES ('weather', 'k', '1', 0)")
        connection.execute("INSERT INTO fired (skill, trigger_, upto, at) VALUES ('weather', 'mail:e', 0, 0)")
    vault.skills.remove("weather")
    with vault.read() as connection:
        left = connection.execute("SELECT (SELECT count(*) FROM kept) + (SELECT count(*) FROM fired)").fetchone()
    assert left == (0,)


def test_a_catalog_keeps_its_index_and_the_highest_sequence(vault: Vault) -> None:
    number = vault.skills.add_catalog("https://skills.example.org/nuee.catalog", ["k2", "k1"])
    vault.skills.read_catalog(number, b"signed", "Ours", 7, ["k3"])
    with pytest.raises(VaultError) as caught:
        vault.skills.read_catalog(number, b"older", "Ours", 6, ["k1"])
    found = vault.skills.catalog(number)
    assert caught.value.code == "catalog-rollback"
    assert (found.name, found.index, found.sequence, found.trusted) == ("Ours", b"signed", 7, ("k3",))


def test_a_failure_leaves_the_index_and_a_success_takes_the_failure_away(vault: Vault) -> None:
    number = vault.skills.add_catalog("/catalog", ["k1"])
    vault.skills.read_catalog(number, b"signed", "Ours", 7, ["k1"])
    vault.skills.failed_catalog(number, "source-unreachable", "It is away.")
    failed = vault.skills.catalog(number)
    vault.skills.read_catalog(number, b"signed", "Ours", 7, ["k1"])
    now = vault.skills.catalog(number)
    assert (failed.index, failed.problem, failed.detail) == (b"signed", "source-unreachable", "It is away.")
    assert (now.problem, now.detail) == ("", "")


def test_a_catalog_is_added_once(vault: Vault) -> None:
    vault.skills.add_catalog("/catalog", ["k1"])
    with pytest.raises(VaultError) as caught:
        vault.skills.add_catalog("/catalog", ["k2"])
    assert caught.value.code == "catalog-there"


def test_what_is_not_there_is_said(vault: Vault) -> None:
    store = vault.skills
    for act in (
        lambda: store.get("no"),
        lambda: store.archive("no"),
        lambda: store.remove("no"),
        lambda: store.set_enabled("no", True),
    ):
        with pytest.raises(VaultError) as caught:
            act()
        assert caught.value.code == "unknown-skill"
