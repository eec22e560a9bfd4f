"""The chains that the vault knows, which one is in use, and what the chain in the process wrote."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from storage.chains import ChainRow, Chains
from storage.vault import Vault, VaultError

KEY = bytes(range(32))
ROW = ChainRow(
    "sepolia",
    "rpc",
    11155111,
    "0x" + "ab" * 32,
    ("https://a.example", "https://b.example"),
    {"token": "0x" + "11" * 20},
    "printed",
    3,
    {"most_fee": 5},
)


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with Vault.create(tmp_path / "vault.nuee", KEY) as opened:
        yield opened


@pytest.fixture
def chains(vault: Vault) -> Chains:
    return vault.chains


def test_a_chain_comes_back_as_it_was_added(chains: Chains) -> None:
    chains.add(ROW)
    assert replace(chains.get("sepolia"), added=0.0) == ROW


def test_a_name_is_taken_once(chains: Chains) -> None:
    chains.add(ROW)
    with pytest.raises(VaultError) as failed:
        chains.add(replace(ROW, chain_id=1))
    assert failed.value.code == "chain-known"


def test_what_a_chain_is_never_changes(chains: Chains) -> None:
    chains.add(ROW)
    chains.put(replace(ROW, chain_id=1, genesis="0x" + "00" * 32, endpoints=("https://c.example",)))
    found = chains.get("sepolia")
    assert (found.chain_id, found.genesis, found.endpoints) == (11155111, ROW.genesis, ("https://c.example",))


def test_no_chain_is_in_use_at_first(chains: Chains) -> None:
    assert chains.used() is None


@pytest.mark.parametrize("name", ["sepolia", "réseau", "链"])
def test_one_is_in_use(chains: Chains, name: str) -> None:
    chains.add(replace(ROW, name=name))
    chains.use(name)
    assert chains.used() == chains.get(name)


def test_none_is_in_use_any_more(chains: Chains) -> None:
    chains.add(ROW)
    chains.use("sepolia")
    chains.use("")
    assert chains.used() is None


@pytest.mark.parametrize("act", [Chains.use, Chains.get, Chains.remove])
def test_an_unknown_name_is_told(chains: Chains, act: object) -> None:
    assert callable(act)
    with pytest.raises(VaultError) as failed:
        act(chains, "nowhere")
    assert failed.value.code == "unknown-chain"


def test_a_chain_that_is_removed_is_not_in_use(chains: Chains) -> None:
    chains.add(ROW)
    chains.use("sepolia")
    chains.remove("sepolia")
    chains.add(ROW)
    assert chains.used() is None


def test_what_the_chain_in_the_process_wrote_is_there_after_a_restart(tmp_path: Path) -> None:
    with Vault.create(tmp_path / "vault.nuee", KEY) as vault:
        vault.chains.keep({b"a": b"1", b"b": b"2"})
        vault.chains.keep({b"a": None, b"b": b"3"})
    with Vault.open(tmp_path / "vault.nuee", KEY) as vault:
        assert vault.chains.content() == {b"b": b"3"}


def test_it_goes_with_the_chain_and_with_no_other(chains: Chains) -> None:
    chains.add(ROW)
    chains.add(replace(ROW, name="rehearsal", kind="embedded"))
    chains.keep({b"a": b"1"})
    chains.remove("sepolia")
    assert chains.content()
    chains.remove("rehearsal")
    assert not chains.content()
