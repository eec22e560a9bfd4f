"""Agents of a registry that were looked at, and whether they are who they say; ours among them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from storage.database import Database
from storage.outbox import Write

MOST = 2000  # looked-at agents that are neither ours nor of a known peer; the oldest go
_AGENT = """SELECT genesis, chain_id, registry, agent, peer, owner, wallet, uri, file, problem, mine, told, wanted,
    turn, looked FROM agent WHERE genesis = ? AND chain_id = ? AND registry = ?"""


@dataclass(frozen=True)
class Registry:
    """One registry on one chain.  `genesis`: hash of block 0; `address` in lower case."""

    genesis: str
    chain: int
    address: str


@dataclass(frozen=True)
class AgentRow:
    """`peer`: whom its file names and its keys vouch for, "" where they do not; `problem`: "" where it is believed.

    `file`: as it was read, None where it could not be had.  `told`: the peer named it as its own.  `wanted`, `turn`: of
    ours, the address that the chain is to have, and how often that was another.  `looked`: seconds since the epoch.
    """

    registry: Registry
    agent: int
    peer: str
    owner: str
    wallet: str
    uri: str
    file: bytes | None
    problem: str
    mine: bool
    told: bool
    wanted: str
    turn: int
    looked: float

    @property
    def verified(self) -> bool:
        return bool(self.peer) and not self.problem


class Agents:
    """Blocking; any thread.  Errors: VaultError."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def keep(
        self,
        registry: Registry,
        agent: int,
        *,
        peer: str,
        owner: str,
        wallet: str,
        uri: str,
        file: bytes | None,
        problem: str,
        told: bool = False,
    ) -> AgentRow:
        """What was found just now.  Whether it is ours, and what its peer told before, stays."""
        place = (registry.genesis, registry.chain, registry.address)
        with self._database.write() as connection:
            connection.execute(
                """INSERT INTO agent (genesis, chain_id, registry, agent, peer, owner, wallet, uri, file, problem, told,
                looked) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET peer = excluded.peer, owner = excluded.owner, wallet = excluded.wallet,
                    uri = excluded.uri, file = excluded.file, problem = excluded.problem,
                    told = max(told, excluded.told), looked = excluded.looked""",
                (*place, agent, peer, owner, wallet, uri, file, problem, int(told), self._clock()),
            )
            connection.execute(
                """DELETE FROM agent WHERE genesis = ?1 AND chain_id = ?2 AND registry = ?3 AND NOT mine
                AND peer NOT IN (SELECT id FROM peer) AND agent NOT IN (SELECT agent FROM agent
                    WHERE genesis = ?1 AND chain_id = ?2 AND registry = ?3 ORDER BY looked DESC LIMIT ?4)""",
                (*place, MOST),
            )
        found = self.get(registry, agent)
        assert found is not None
        return found

    def get(self, registry: Registry, agent: int) -> AgentRow | None:
        return self._one(f"{_AGENT} AND agent = ?", registry, agent)

    def verified(self, registry: Registry, peer: str) -> AgentRow | None:
        """The agent of this peer that is believed: the one it named itself, else its first."""
        return self._one(
            f"{_AGENT} AND peer = ? AND peer <> '' AND problem = '' ORDER BY told DESC, agent LIMIT 1",
            registry,
            peer,
        )

    def of(self, registry: Registry, peer: str) -> AgentRow | None:
        """As `verified`; where there is none, the last that was found for it."""
        found = self.verified(registry, peer)
        return found or self._one(f"{_AGENT} AND peer = ? AND peer <> '' ORDER BY looked DESC LIMIT 1", registry, peer)

    def mine(self, registry: Registry) -> AgentRow | None:
        """The agent that this node registered last."""
        return self._one(f"{_AGENT} AND mine ORDER BY agent DESC LIMIT 1", registry)

    def registered(self, registry: Registry, agent: int, owner: str) -> AgentRow:
        """It is ours from now on, its file still to come."""
        place = (registry.genesis, registry.chain, registry.address)
        with self._database.write() as connection:
            connection.execute(
                """INSERT INTO agent (genesis, chain_id, registry, agent, owner, wallet, problem, mine, looked)
                VALUES (?, ?, ?, ?, ?, ?, 'agent-no-file', 1, ?) ON CONFLICT DO UPDATE SET mine = 1""",
                (*place, agent, owner, owner, self._clock()),
            )
        found = self.get(registry, agent)
        assert found is not None
        return found

    def want(self, row: AgentRow, uri: str, *, again: bool = False, within: Sequence[Write] = ()) -> AgentRow:
        """The address that the chain is to have for it: another, or (`again`) the same once more, is another turn.

        `within`: kept in the same step.
        """
        with self._database.write() as connection:
            for write in within:
                write(connection)
            connection.execute(
                """UPDATE agent SET turn = turn + (wanted <> ?1 OR ?2), wanted = ?1
                WHERE genesis = ?3 AND chain_id = ?4 AND registry = ?5 AND agent = ?6""",
                (uri, int(again), row.registry.genesis, row.registry.chain, row.registry.address, row.agent),
            )
        found = self.get(row.registry, row.agent)
        assert found is not None
        return found

    def _one(self, sql: str, registry: Registry, *values: Any) -> AgentRow | None:
        with self._database.read() as connection:
            row = connection.execute(sql, (registry.genesis, registry.chain, registry.address, *values)).fetchone()
        if row is None:
            return None
        genesis, chain, address, agent, peer, owner, wallet, uri, file, problem, mine, told, wanted, turn, looked = row
        return AgentRow(
            Registry(genesis, chain, address), agent, peer, owner, wallet, uri,
            None if file is None else bytes(file), problem, bool(mine), bool(told), wanted, turn, looked,
        )  # fmt: skip
