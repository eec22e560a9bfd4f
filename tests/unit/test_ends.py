"""What left for a chain is said to have gone to somebody that a person knows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.chain import ends
from p2p.identity import new_host_key, peer_id
from storage.agents import Registry
from storage.chains import ChainRow
from storage.vault import Vault
from tests.unit.vault_fixtures import KEY

REGISTRY, SOMEBODY, PIA = ("0x" + two * 20 for two in ("1a", "99", "4f"))


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with Vault.create(tmp_path / "vault.db", KEY) as made:
        made.chains.add(ChainRow("village", "rpc", 31337, "0x" + "aa" * 32, contracts={"identity": REGISTRY}))
        made.watched.add(PIA, "Pia")
        yield made


@pytest.mark.parametrize(
    ("end", "name"),
    [
        (f"eip155:31337:{REGISTRY}/0", "the chain village"),
        ("eip155:31337/4", "the chain village"),
        ("eip155:31337", "the chain village"),
        (f"eip155:31337/{PIA}", "Pia"),
        (f"eip155:31337/{PIA.upper().replace('X', 'x')}", "Pia"),
        (f"eip155:31337/{SOMEBODY}", "0x9999…9999 on the chain village"),
        ("eip155:8453/7", "the chain Base"),
        ("eip155:" + "x" * 60, "eip155:xxxxxxxxxxxxx…xxxxxx"),
    ],
)
def test_it_is_called_as_a_person_calls_it(vault: Vault, end: str, name: str) -> None:
    assert ends.called(vault, [end], "en")(end) == name


def test_in_french_too(vault: Vault) -> None:
    end = f"eip155:31337:{REGISTRY}/0"
    assert ends.called(vault, [end], "fr")(end) == "la chaîne village"


def test_the_account_of_a_contact_whose_registration_is_believed_has_their_name(vault: Vault) -> None:
    peer = peer_id(new_host_key())
    vault.peers.add(peer, "Bob")
    place = Registry("0x" + "aa" * 32, 31337, REGISTRY)
    vault.agents.keep(place, 3, peer=peer, owner=SOMEBODY, wallet=SOMEBODY, uri="", file=None, problem="")
    end = f"eip155:31337/{SOMEBODY}"
    assert ends.called(vault, [end], "en")(end) == "Bob"
