"""Authority over a wallet, from both sides: a delegate asks over libp2p, and the node of the wallet has it signed.

Whatever is asked is signed by the key-holder under p2p.delegation, within the delegate's limits and the wallet's own,
and is sent like everything else of this node: kept before it leaves, seen to the end, told in the history.  A request
that the owner is asked about waits among what waits for them.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import defaultdict, deque
from typing import TYPE_CHECKING

from app.chain.wallet_looking import policy
from app.chain.wallet_names import learn_token
from app.errors import code
from app.results import CommandFailed
from app.views.plain import one_line
from app.workers import WorkerFailed
from p2p.chain import ChainError
from p2p.delegated import (
    DELEGATED_PROTOCOL,
    Authority,
    BadDelegated,
    Note,
    Outcome,
    asking_authority,
    asking_signature,
    authority_answer,
    authority_of,
    outcome_answer,
    outcome_of,
    question,
)
from p2p.host_errors import HostFailed
from p2p.spending import Limits
from p2p.wallet_requests import ApprovalNeeded, Request, Transaction, WalletRefused
from p2p.wallet_wire import request_from_map, request_to_map
from storage.vault import VaultError

if TYPE_CHECKING:
    from app.chain.port import Connected
    from app.node import Node
    from p2p.node import Host
    from p2p.wallet_state import Delegate

WITHIN = 60.0  # seconds for one answer: it may take a signature and a chain that is slow
A_MINUTE = 30  # questions of one contact
MINUTE = 60.0
MOST_WAITING = 20  # for the owner's agreement, until a delegate may ask for more


class Delegated:
    """Trio thread only."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._asked: defaultdict[str, deque[float]] = defaultdict(deque)

    def serve(self, host: Host) -> None:
        """While this host runs; contacts alone come here."""
        host.serve(DELEGATED_PROTOCOL, self.answered)

    async def answered(self, peer_id: str, request: bytes) -> bytes:
        """See p2p.host_serving.Handler.  Errors: p2p.node.Refused("busy")."""
        from p2p.node import Refused

        recent, now = self._asked[peer_id], time.monotonic()
        while recent and recent[0] < now - MINUTE:
            recent.popleft()
        if len(recent) >= A_MINUTE:
            raise Refused("busy")
        recent.append(now)
        try:
            return await self._answer(peer_id, request)
        except ApprovalNeeded as needed:
            return outcome_answer(Outcome(asks=needed.digest))
        except (WalletRefused, WorkerFailed) as refused:
            return outcome_answer(Outcome(refused=refused.code, values=refused.values))
        except (ChainError, CommandFailed, VaultError, OSError) as failed:
            return outcome_answer(Outcome(refused=code(failed)))

    async def _answer(self, peer_id: str, request: bytes) -> bytes:
        note = question(request)
        did = (await self._node.blocking(self._node.vault.vault.peers.get, peer_id)).identity
        found = next((one for one in (await policy(self._node)).delegates if did and one.did == did), None)
        if found is None:
            raise WalletRefused("wallet-delegate", "This key has no authority.")
        at = await self._node.chains.connected()
        if found.chain != at.identity.chain_id:
            raise WalletRefused("wallet-delegate-authority", "The delegate has no authority for this chain.")
        if note is None:
            return authority_answer(await self._authority(found, at))
        return outcome_answer(await self._signed(did, note, at))

    async def _authority(self, found: Delegate, at: Connected) -> Authority:
        token = at.contracts.get("token", "")
        known = await learn_token(self._node, at, token)
        symbol, decimals = known or ("", -1)
        limits: Limits = found.limits
        spent = (await policy(self._node)).today(found.chain, token, found.did)
        return Authority(
            found.chain, at.address, dict(at.contracts), token, symbol, decimals, limits.task, limits.day,
            limits.counterparty, spent, found.until,
        )  # fmt: skip

    async def _signed(self, did: str, note: Note, at: Connected) -> Outcome:
        """Errors: ApprovalNeeded, WalletRefused, ChainError, WorkerFailed, VaultError, CommandFailed."""
        try:
            request = request_from_map(json.loads(note.text)["request"])
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            raise BadDelegated("This note is none.") from error
        if not isinstance(request, Transaction) or request.contract != at.contracts.get(request.role):
            raise WalletRefused("wallet-delegate-authority", "The delegate has no authority for this.")
        if request.account != at.account or request.chain != at.identity.chain_id:
            raise WalletRefused("wallet-delegate-authority", "The delegate has no authority for this account.")
        if await self._node.blocking(self._node.vault.vault.wallet_asks.count) >= MOST_WAITING:
            raise WalletRefused("wallet-asks-many", "Too much waits for the owner already.")
        key = "delegated/" + hashlib.sha256(note.text).hexdigest()
        with self._node.chains.signing.noted(request, did, note):
            entry = await self._node.chains.begin(key, request)
        return Outcome(sent=entry.sending.attempts[-1].name, state=entry.sending.state)


async def authority_at(node: Node, peer_id: str) -> Authority:
    """What this node's person may have signed by the wallet of a contact.

    Errors: WalletRefused with what that node refuses it with, CommandFailed("peer-unreachable" | …), HostFailed.
    """
    found = authority_of(await _carried(node, peer_id, asking_authority()))
    if isinstance(found, Outcome):
        raise _refused(found)
    return found


async def note_of(node: Node, request: Request) -> Note:
    """The key-holder signs, with the person's identity, that they ask for this.  Errors: WorkerFailed."""
    issued = int(node.surroundings.now())
    made = await node.ask_wallet("wallet_note", request=request_to_map(request), issued=issued)
    return Note(bytes(made["note"]), bytes(made["signature"]))


async def signature_at(node: Node, peer_id: str, note: Note) -> Outcome:
    """Errors: as `authority_at`'s."""
    found = outcome_of(await _carried(node, peer_id, asking_signature(note)))
    if found.refused:
        raise _refused(found)
    return found


def _refused(found: Outcome) -> WalletRefused:
    """What the other node says stands in a sentence of ours: plain, on one line."""
    refused = WalletRefused(found.refused, "The other node refuses it.")
    refused.values = {name: one_line(value) for name, value in (found.values or {}).items()}
    return refused


async def _carried(node: Node, peer_id: str, request: bytes) -> bytes:
    """Errors: CommandFailed, HostFailed."""
    await node.swarm.reach(peer_id, ())
    try:
        return await node.swarm.host.request(peer_id, DELEGATED_PROTOCOL, request, WITHIN)
    except HostFailed as failed:
        if failed.code in ("not-served", "peer-error"):
            raise CommandFailed("wallet-delegated-none") from failed
        raise
