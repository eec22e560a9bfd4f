"""A chain of its rules alone: nonces, a pool, blocks, reorganisations, and nothing of an EVM.

For tests that try thousands of orders of events, which a node could not be asked for in time.  Fees matter as far as
they do for a pool: the same nonce again takes a tenth more.  Raw bytes are `nonce|fee|uri`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field

from p2p.chain import Block, ChainError, ChainIdentity, Fees, Mined


@dataclass(frozen=True)
class Sent:
    nonce: int
    fee: int
    uri: str
    raw: bytes

    @property
    def name(self) -> str:
        return name_of(self.raw)


@dataclass
class ModelChain:
    """What p2p.sender.Sender asks of a p2p.chain.Chain; `reachable` false: nobody answers.

    `heard`: all that was ever in its pool.
    """

    genesis: str = "0x" + "11" * 32
    reachable: bool = True
    base: int = 10
    blocks: list[tuple[str, tuple[Sent, ...]]] = field(default_factory=lambda: [("0xgenesis", ())])
    pool: dict[int, Sent] = field(default_factory=dict)
    heard: list[bytes] = field(default_factory=list)
    forks: int = 0

    def doubt(self) -> None: ...

    def identity(self) -> ChainIdentity:
        self._answer()
        return ChainIdentity(31337, self.genesis)

    def head(self) -> Block:
        return self.block(len(self.blocks) - 1)

    def block(self, which: int) -> Block:
        self._answer()
        return Block(which, self.blocks[which][0], which)

    def nonce(self, _address: str, which: int | str = "latest") -> int:
        self._answer()
        return sum(len(taken) for _hash, taken in (self.blocks if which == "latest" else self.blocks[: int(which) + 1]))

    def fees(self) -> Fees:
        self._answer()
        return Fees(self.base, 1)

    def gas(self, _sender: str, _contract: str, _data: bytes) -> int:
        self._answer()
        return 1000

    def send(self, raw: bytes) -> None:
        self._answer()
        self.admit(raw)

    @property
    def taken(self) -> int:
        """The next nonce of the one account that there is."""
        return sum(len(taken) for _hash, taken in self.blocks)

    def admit(self, raw: bytes) -> None:
        """Errors: ChainError("chain-refused")."""
        sent = read(raw)
        if sent.nonce < self.taken:
            raise ChainError("chain-refused", "No.", "nonce too low")
        there = self.pool.get(sent.nonce)
        if there is not None and sent.raw != there.raw and sent.fee * 10 < there.fee * 11:
            raise ChainError("chain-refused", "No.", "replacement transaction underpriced")
        self.pool[sent.nonce] = sent
        self.heard.append(raw)

    def mined(self, name: str) -> Mined | None:
        self._answer()
        for number, (block_hash, taken) in enumerate(self.blocks):
            if any(sent.name == name for sent in taken):
                return Mined(name, number, block_hash, True, 1000, ())
        return None

    def mine(self) -> None:
        """A block with everything that pays the fee and whose turn it is."""
        taken: list[Sent] = []
        nonce = self.taken
        while (sent := self.pool.get(nonce)) is not None and sent.fee >= self.base:
            taken.append(self.pool.pop(nonce))
            nonce += 1
        self._add(tuple(taken))

    def reorganise(self, depth: int, keep: bool) -> None:
        """The last blocks are gone and others, empty, stand there; `keep`: what they had taken waits again."""
        for _hash, taken in self.blocks[-depth:]:
            for sent in taken:
                if keep and sent.nonce not in self.pool:
                    self.pool[sent.nonce] = sent
        del self.blocks[-depth:]
        self.forks += 1
        for _block in range(depth):
            self._add(())

    def effects(self) -> Counter[str]:
        return Counter(sent.uri for _hash, taken in self.blocks for sent in taken)

    def _add(self, taken: tuple[Sent, ...]) -> None:
        self.blocks.append((f"0x{len(self.blocks)}.{self.forks}", taken))

    def _answer(self) -> None:
        if not self.reachable:
            raise ChainError("chain-unreachable", "Nobody answers.")


def raw_of(nonce: int, fee: int, uri: str) -> bytes:
    return f"{nonce}|{fee}|{uri}".encode()


def read(raw: bytes) -> Sent:
    nonce, fee, uri = raw.decode().split("|")
    return Sent(int(nonce), int(fee), uri, raw)


def name_of(raw: bytes) -> str:
    return "0x" + hashlib.sha256(raw).hexdigest()
