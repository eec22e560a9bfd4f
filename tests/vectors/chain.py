"""What the vault of a release holds of chains, the wallet, receipts and reputation; since the sixth release."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from storage.agents import Registry
from storage.chains import ChainRow
from storage.feedback import Place
from storage.receipts import Due, Said
from storage.settlements import Settlement
from storage.transactions import AttemptRow, TransactionRow
from storage.vault import Vault

GENESIS = "0x" + "5a" * 32
CHAIN = 0x4E75 << 32
ME, THEM, TOKEN, REGISTRY = ("0x" + pair * 20 for pair in ("a1", "b2", "c3", "d4"))
RECEIPT = "e5" * 32


def fill(vault: Vault, peer: str, task: str) -> None:
    """`task`: a conversation of this node's with `peer`."""
    contracts = {"token": TOKEN, "identity": REGISTRY}
    vault.chains.add(ChainRow("rehearsal", "embedded", CHAIN, GENESIS, contracts=contracts, settings={"seen": [1]}))
    vault.chains.add(ChainRow("sepolia", "rpc", 11155111, "0x" + "6b" * 32, ("https://rpc.example.org",)))
    vault.chains.use("rehearsal")
    vault.chains.keep({b"block": b"zero", b"gone": None})
    attempt = AttemptRow("0x" + "f6" * 32, b"signed", 2_000_000_000, 1_000_000_000, 1.79e9)
    vault.transactions.begin(TransactionRow("1/fund", CHAIN, GENESIS, 0, 3, "{}", (attempt,), task=task, peer=peer))
    vault.wallet_asks.ask("07" * 32, {"key": "kernel-fund", "values": []}, {"kind": "transaction"}, task, peer)
    vault.watched.add(THEM, "Élodie")
    vault.settlements.begin(
        Settlement(task, "initiator", peer, CHAIN, GENESIS, 7, 10**19, TOKEN, b"plan", problem="wallet", wake=4e9)
    )
    said = Said(peer, outgoing=True, performative="accept-proposal", answers="propose", raw=b"signed words")
    vault.outbox.begin(
        "ef" * 16, "participant", peer, "inference", b"state", [], within=[
            vault.tasks.created(f"{peer}/{'ef' * 16}", "participant", "inference", {}, [peer], "working"),
            vault.receipts.said("ef" * 16, "participant", peer, [said]),
        ],
    )  # fmt: skip
    dialogue = vault.outbox.find("ef" * 16, "participant", peer)
    assert dialogue is not None
    due = Due(dialogue.number, f"{peer}/{'ef' * 16}", "participant", peer, "inference", 1, "settled")
    vault.receipts.keep(due, RECEIPT, "done", ("25", "credit"), b"a receipt")
    registry = Registry(GENESIS, CHAIN, REGISTRY)
    vault.agents.keep(
        registry, 0, peer=peer, owner=THEM, wallet=THEM, uri="data:,{}", file=b"{}", problem="", told=True
    )
    vault.feedback.say(RECEIPT, task, peer, 90, "inference")
    vault.feedback.publish(RECEIPT, Place(CHAIN, GENESIS, REGISTRY, 0))


def read(vault: Vault) -> dict[str, Any]:
    """As `tests.vectors.make.read` has it."""
    used = vault.chains.used()
    registry = Registry(GENESIS, CHAIN, REGISTRY)
    agent = vault.agents.get(registry, 0)
    return {
        "chains": [asdict(row) for row in vault.chains.list()],
        "chain in use": None if used is None else used.name,
        "chain state": {key.hex(): value.hex() for key, value in vault.chains.content().items()},
        "transactions": [_plain(asdict(row)) for row in vault.transactions.latest()],
        "asked": [asdict(one) for one in vault.wallet_asks.waiting()],
        "watched": [asdict(one) for one in vault.watched.list()],
        "settlements": [_plain(asdict(one)) for one in vault.settlements.list()],
        "receipts": [{**asdict(one), "data": vault.receipts.data(one.name).hex()} for one in vault.receipts.list()],
        "agent": None if agent is None else _plain(asdict(agent)),
        "feedback": [asdict(one) for one in vault.feedback.list()],
    }


def _plain(value: Any) -> Any:
    """Bytes as hexadecimal digits."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value.hex() if isinstance(value, bytes) else value
