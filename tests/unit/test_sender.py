"""What is sent over the chain in the process, with the real wallet and the real vault."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from p2p.chain import Chain
from p2p.sender import Sender
from p2p.wallet import Wallet
from storage.vault import Vault
from tests.unit.sender_fixtures import (
    EMBEDDED_ID,
    RULES,
    Clock,
    effects,
    embedded_with_registry,
    registering,
    sender_for,
    wallet_for,
)
from tests.unit.vault_fixtures import path_fixture, vault_fixture

__all__ = ["path_fixture", "vault_fixture"]


@dataclass
class World:
    chain: Chain
    registry: str
    wallet: Wallet
    vault: Vault
    clock: Clock

    def sender(self, **rules: Any) -> Sender:
        return sender_for(self.chain, self.vault.transactions, self.wallet, self.clock, replace(RULES, **rules))


@pytest.fixture(name="world")
def world_fixture(vault: Vault) -> World:
    clock = Clock()
    address = wallet_for(EMBEDDED_ID, "0x" + "11" * 20, clock).address(0)
    chain, registry = embedded_with_registry(address, clock)
    return World(chain, registry, wallet_for(EMBEDDED_ID, registry, clock), vault, clock)


def test_what_was_submitted_takes_effect(world: World) -> None:
    world.sender().submit("k", registering(world.registry, "a"))
    assert effects(world.chain, world.registry) == {"a": 1}


def test_what_is_final_has_its_gas_and_its_events(world: World) -> None:
    sender = world.sender()
    sender.submit("k", registering(world.registry, "a"))
    sender.advance()
    entry = sender.outcome("k")
    assert entry is not None and entry.mined is not None
    assert (entry.sending.state, entry.mined.ok, entry.mined.gas > 0) == ("final", True, True)
    assert entry.mined.logs == world.chain.mined(entry.mined.hash).logs  # type: ignore[union-attr]
