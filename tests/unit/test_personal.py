"""What a person may set about themselves and their agent, and in which form it is kept."""

from __future__ import annotations

from typing import Any

import pytest

from app import personal
from app.functions import outgoing, people
from app.hosting import execution, gate
from app.results import CommandFailed
from app.texts import catalogue

GOOD = [
    ("my_name", "  Ada   Byron ", "Ada Byron"),
    ("my_addresses", "Ada@Example.org, ada@b.net;\n ada@example.org", ["ada@example.org", "ada@b.net"]),
    ("my_addresses", "", []),
    ("approval_days", "30", 30),
    ("approval_days", 365, 365),
    ("spend_call", "2,50", "2.50"),
    ("spend_day", "", "0"),
    ("sync_on_battery", "off", False),
    ("ipfs_gateway", " https://Gateway.example/ ", "https://gateway.example"),
    ("ipfs_gateway", "off", ""),
    ("window", {"any": 1}, {"any": 1}),
]
BAD = [
    ("my_name", "Ada\u202e", "setting-name"),
    ("my_name", "a" * 101, "setting-name"),
    ("my_addresses", "ada", "setting-address"),
    ("my_addresses", [1], "setting-address"),
    ("approval_days", "0", "setting-days"),
    ("approval_days", "366", "setting-days"),
    ("approval_days", "1.5", "setting-days"),
    ("approval_days", True, "setting-days"),
    ("spend_call", "-1", "setting-amount"),
    ("spend_call", "NaN", "setting-amount"),
    ("spend_day", "1e9", "setting-amount"),
    ("sync_on_battery", "maybe", "setting-switch"),
    ("ipfs_gateway", "http://gateway.example", "setting-gateway"),
    ("ipfs_gateway", "https://me:secret@gateway.example", "setting-gateway"),
    ("ipfs_gateway", "https://gateway.example/?to=", "setting-gateway"),
    ("ipfs_gateway", 5, "setting-gateway"),
]


@pytest.mark.parametrize(("key", "given", "kept"), GOOD)
def test_what_was_typed_is_kept_in_one_form(key: str, given: Any, kept: Any) -> None:
    assert personal.cleaned(key, given) == kept


@pytest.mark.parametrize(("key", "given", "code"), BAD)
def test_what_cannot_be_meant_is_refused(key: str, given: Any, code: str) -> None:
    with pytest.raises(CommandFailed) as caught:
        personal.cleaned(key, given)
    assert caught.value.key == code


def test_every_key_is_the_one_that_is_read() -> None:
    read = {outgoing.NAME, people.SETTING, execution.APPROVAL_DAYS, gate.CALL_LIMIT, gate.DAY_LIMIT}
    assert read < set(personal.DEFAULTS)


@pytest.mark.parametrize("key", personal.KEYS)
def test_every_key_is_explained(key: str) -> None:
    assert f"cli.settings.{key}" in catalogue()
