"""From what the vault says of a chain to one that can be asked.  Blocking: the first time it imports for a second."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from app.chain.port import Connected
from app.chain.rehearsal import Rehearsal
from app.chain.sending_store import SendingStore
from p2p.chain import Chain, ChainIdentity, Endpoint
from p2p.networks import has_real_value
from p2p.sender import Entry, Sender, Sign
from p2p.sending import Rules
from storage.chains import ChainRow
from storage.vault import Vault

GWEI = 10**9
MOST_FEE = 100 * GWEI  # wei for a unit of gas, unless the person says otherwise
CONFIRMATIONS = 12  # where blocks have real value and are taken back at times
MOST_CONFIRMATIONS = 1_000


@dataclass
class Link:
    """A chain that is being used.  `closed`: nothing is asked or signed any more."""

    row: ChainRow
    connected: Connected
    sender: Sender
    closed: bool = False


@dataclass(frozen=True)
class Ways:
    """How a chain is reached.  `carry` brings bytes to the peer who hosts it, and back; OSError where there is none."""

    rehearsal: Rehearsal
    carry: Callable[[str, bytes], bytes]
    allowed: Callable[[], None]  # raises what is raised where nothing may be asked

    def chain(self, row: ChainRow) -> Chain:
        """Errors: VaultError, OSError."""
        if row.kind == "embedded":
            return self.rehearsal.chain()
        return Chain(self.endpoints(row), ChainIdentity(row.chain_id, row.genesis), self.allowed)

    def endpoints(self, row: ChainRow) -> Sequence[Endpoint]:
        from p2p.chain import http_endpoint, stream_endpoint

        if row.kind == "rpc":
            return [http_endpoint(url) for url in row.endpoints]
        return [stream_endpoint(peer, partial(self.carry, peer)) for peer in row.endpoints]


def link(
    ways: Ways,
    row: ChainRow,
    vault: Vault,
    sign: Sign,
    address: str,
    clock: Callable[[], float],
    told: Callable[[Entry], None],
) -> Link:
    """`told`: as SendingStore's.  Errors: VaultError, OSError."""
    chain = ways.chain(row)
    identity = ChainIdentity(row.chain_id, row.genesis)
    rules = Rules(confirmations=row.confirmations, most_fee=most_fee(row))
    sender = Sender(chain, identity, SendingStore(vault.transactions, told), sign, address, clock, rules)
    connected = Connected(
        row.name, row.kind, chain, identity, row.contracts, row.dialect, row.confirmations, address
    )  # fmt: skip
    return Link(row, connected, sender)


def most_fee(row: ChainRow) -> int:
    """What a unit of gas may cost, wei."""
    return int(row.settings.get("most_fee", MOST_FEE))


def confirmations(chain_id: int) -> int:
    """How many blocks until a place is believed, unless the person says otherwise."""
    return CONFIRMATIONS if has_real_value(chain_id) else 1
