"""Registration files, and the keys that sign them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from p2p.identity import new_host_key, peer_id
from p2p.keyholder import KeyHolder
from p2p.registration import TYPE, Entry, made
from p2p.registration_checks import OnChain
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
