"""People on a chain of their own: they register, work for each other, pay, and say how it was."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from eth_account import Account

from app.chain.port import Connected
from app.node import Node
from p2p.chain import Chain, Mined, calldata
from p2p.deploying import gift
from p2p.feedback import GIVE, RATING, Payment, address_of, made
from p2p.receipts import Receipt
from p2p.typed_data import checksum
from p2p.wallet_requests import NOBODY
from storage.agents import Registry
from storage.receipts import Due, Said

GAS = 3_000_000
PRICE = 1_000_000  # of a job, where nothing else is said
DAY = 24 * 3600


@dataclass
class Person:
    """An account of its own.  Blocking: worker thread."""

    at: Connected
    key: bytes

    @property
    def chain(self) -> Chain:
        return self.at.chain

    @property
    def address(self) -> str:
        return str(Account.from_key(self.key).address).lower()

    def does(self, role: str, signature: str, *args: Any) -> Mined:
        fees = self.chain.fees()
        call = {
            "type": 2, "chainId": self.at.identity.chain_id, "nonce": self.chain.nonce(self.address), "value": 0,
            "gas": GAS, "maxFeePerGas": 2 * fees.base + fees.tip, "maxPriorityFeePerGas": fees.tip,
            "data": calldata(signature, args), "to": checksum(self.at.contracts[role]),
        }  # fmt: skip
        signed = Account.sign_transaction(call, self.key)
        self.chain.send(bytes(signed.raw_transaction))
        mined = self.chain.mined("0x" + bytes(signed.hash).hex())
        assert mined is not None
        assert mined.ok
        return mined

    def registers(self) -> int:
        """The number of its agent."""
        mined = self.does("identity", "register(string)", "https://example.org/agent.json")
        return int.from_bytes(mined.logs[0].topics[3])

    def hires(self, provider: Person, amount: int = PRICE) -> tuple[int, str]:
        """A job, done and paid: its number, and the transaction that paid."""
        until = self.chain.head().time + DAY
        created = self.does(
            "kernel", "createJob(address,address,uint256,string,address)", NOBODY, self.address, until, "a job", NOBODY
        )
        job = int.from_bytes(created.logs[0].topics[1])
        self.does("kernel", "setProvider(uint256,address,bytes)", job, provider.address, b"")
        self.does("kernel", "setBudget(uint256,uint256,bytes)", job, amount, b"")
        self.does("token", "approve(address,uint256)", self.at.contracts["kernel"], amount)
        self.does("kernel", "fund(uint256,uint256,bytes)", job, amount, b"")
        provider.does("kernel", "submit(uint256,bytes32,bytes)", job, bytes(32), b"")
        return job, self.does("kernel", "complete(uint256,bytes32,bytes)", job, bytes(32), b"").hash

    def says(
        self, agent: int, value: int = 50, paid: tuple[Person, str] | None = None, receipt: str = "", **changed: Any
    ) -> Mined:
        """Feedback with a file; `paid`: to whom, and in which transaction."""
        payment = None
        if paid is not None:
            payment = Payment(self.address, paid[0].address, self.at.identity.chain_id, paid[1])
        where = (self.at.identity.chain_id, self.at.contracts["identity"])
        file = made(where, agent, self.address, value, "", receipt or "ab" * 32, 1_800_000_000, payment)
        uri, digest = address_of(file)
        args = {"value": value, "decimals": 0, "tag": RATING, "uri": uri, "digest": digest, **changed}
        return self.does(
            "reputation", GIVE, agent, args["value"], args["decimals"], args["tag"], "", "", args["uri"], args["digest"]
        )


async def person(node: Node, name: str) -> Person:
    """Somebody with coins and tokens."""
    at = await node.chains.connected()
    found = Person(at, hashlib.sha256(name.encode()).digest())
    rich = node.chains.rehearsal._key()
    await node.chains.thread(gift, at.chain, rich, at.contracts, found.address, 10**18, 1_000 * PRICE)
    return found


async def believed(node: Node, peer: str, who: Person, name: str = "Bob") -> int:
    """The person's agent, which this node has verified to be the contact's."""
    vault, at = node.vault.vault, who.at
    agent: int = await node.chains.thread(who.registers)

    def keep() -> None:
        registry = Registry(at.identity.genesis, at.identity.chain_id, at.contracts["identity"])
        vault.peers.add(peer, name)
        vault.agents.keep(
            registry, agent, peer=peer, owner=who.address, wallet=who.address, uri="", file=None, problem=""
        )

    await node.blocking(keep)
    return agent


def receipt_of(
    node: Node,
    peer: str,
    task: str = "ab" * 16,
    outcome: str = "done",
    role: str = "initiator",
    made: Receipt | None = None,
) -> str:
    """A task that came to its end, with a receipt in the vault.  Worker thread.  The name of the receipt."""
    vault = node.vault.vault
    key = task if role == "initiator" else f"{peer}/{task}"
    kept = [
        vault.tasks.created(key, role, "inference", {"spec": {}}, [peer], "calling"),  # type: ignore[arg-type]
        vault.tasks.changed(key, outcome, provider=peer if role == "initiator" else ""),  # type: ignore[arg-type]
        vault.receipts.said(task, role, "" if role == "initiator" else peer, [Said(peer, True, "cfp", "", b"x")]),  # type: ignore[arg-type]
    ]
    at = "" if role == "initiator" else peer
    number = vault.outbox.begin(task, role, at, "inference", b"", within=kept)  # type: ignore[arg-type]
    due = Due(number, key, role, peer, "inference", 1, "")  # type: ignore[arg-type]
    name = made.name if made else hashlib.sha256(key.encode()).hexdigest()
    assert vault.receipts.keep(due, name, outcome, ("", ""), made.data if made else b"data")
    return name
