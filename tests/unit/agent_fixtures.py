"""Registration files, and the keys that sign them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from eth_account import Account

from app.chain import agents
from app.node import Node
from p2p import hd
from p2p.chain import Chain, Mined, calldata
from p2p.identity import new_host_key, peer_id
from p2p.keyholder import KeyHolder
from p2p.registration import TYPE, Entry, data_uri, made
from p2p.registration_checks import OnChain
from p2p.typed_data import checksum
from p2p.wallet_binding import SignedWalletBinding
from p2p.wallet_requests import WalletBinding

CHAIN = 31337
REGISTRY = "0x" + "5e" * 20
ENTRY = Entry(CHAIN, REGISTRY, 7)


def bound(seed: bytes = bytes(range(32)), peer: str = "") -> SignedWalletBinding:
    holder = KeyHolder(seed)
    holder.open_wallet(None, lambda _whole: None, lambda: 0.0)
    return holder.bind_wallet(WalletBinding(0, peer or PEER, 1_800_000_000))


PEER = peer_id(new_host_key())
OURS = bound()
THEIRS = bound(bytes(32), peer_id(new_host_key()))


def file(binding: SignedWalletBinding = OURS, entry: Entry = ENTRY, **changed: Any) -> bytes:
    """A good file of agent 7; `changed`: members that are others in it."""
    found = json.loads(made("Ada", "Answers.", binding, entry.chain, registrations=(entry,)))
    return json.dumps({**found, **changed}).encode()


def on_chain(binding: SignedWalletBinding = OURS, entry: Entry = ENTRY, **changed: Any) -> OnChain:
    return replace(OnChain(entry, binding.address, binding.address, "data:"), **changed)


def foreign(**members: Any) -> bytes:
    """A file as another program writes it."""
    usual = {"type": TYPE, "name": "myAgentName", "description": "What it does", "image": "https://example.com/a.png"}
    return json.dumps({**usual, **members}).encode()


class Somebody:
    """Another person's account and node, on the same chain as `node`: everything signed with their own keys."""

    def __init__(self, node: Node, seed: bytes = bytes(32), peer_id: str = THEIRS.peer_id) -> None:
        self.node = node
        self.binding = bound(seed, peer_id)
        self._key = hd.account_key(bytearray(seed), 0)

    async def registers(self, whole: bytes | None = None, uri: str = "", **changed: Any) -> int:
        """The number of a new agent; its file is a good one of theirs with what is `changed` in it."""
        await self.node.chains.thread(self.node.chains.rehearsal.welcome, self.binding.address, await self._contracts())
        number = int.from_bytes((await self._send("register(string)", "")).logs[-1].topics[1])
        registry = agents.registry_of(await self.node.chains.connected())
        entry = Entry(registry.chain, registry.address, number)
        await self.says(number, uri or data_uri(whole or file(self.binding, entry, **changed)))
        return number

    async def says(self, number: int, uri: str) -> None:
        await self._send("setAgentURI(uint256,string)", number, uri)

    async def says_bytes(self, number: int, uri: bytes) -> None:
        """What is no text, where the ABI says that it is one."""
        whole = calldata("setAgentURI(uint256,bytes)", (number, uri))
        data = calldata("setAgentURI(uint256,string)", (0, ""))[:4] + whole[4:]
        at = await self.node.chains.connected()
        await self.node.chains.ask(self._sent, at.chain, at.contracts["identity"], data)

    async def gives(self, number: int, to: str) -> None:
        await self._send("transferFrom(address,address,uint256)", self.binding.address, to, number)

    async def _contracts(self) -> Mapping[str, str]:
        return (await self.node.chains.connected()).contracts

    async def _send(self, signature: str, *args: Any) -> Mined:
        at = await self.node.chains.connected()
        return await self.node.chains.ask(self._sent, at.chain, at.contracts["identity"], calldata(signature, args))

    def _sent(self, chain: Chain, registry: str, data: bytes) -> Mined:
        fees = chain.fees()
        signed = Account.sign_transaction(
            {
                "type": 2, "chainId": chain.identity().chain_id, "nonce": chain.nonce(self.binding.address),
                "to": checksum(registry), "value": 0, "gas": 5_000_000, "maxFeePerGas": 2 * fees.base + fees.tip,
                "maxPriorityFeePerGas": fees.tip, "data": data,
            },
            self._key,
        )  # fmt: skip
        chain.send(bytes(signed.raw_transaction))
        found = chain.mined("0x" + bytes(signed.hash).hex())
        assert found is not None
        assert found.ok
        return found
