"""Has the wallet in the key-holder sign, and has what it wants to be asked first wait for the person.

Trio thread only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app.chain.wallet_refusals import in_words
from app.wallet_results import WalletAsks
from app.workers import WorkerFailed
from p2p.delegated import Note
from p2p.networks import has_real_value
from p2p.wallet_requests import ApprovalNeeded, Request, Signed, Transaction, WalletRefused, digest
from p2p.wallet_state import Network, WalletState, network_from_map, network_to_map
from p2p.wallet_wire import meaning_from_map, request_to_map, signed_from_map
from storage import wallet_asks
from storage.vault import Vault, VaultError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.node import Node


def deadline_of(vault: Vault, task: str) -> float:
    """When the job of a task ends on its chain, in seconds since the epoch; 0 for none.  Blocking."""
    from app.swarm.settled import kept_of

    row = vault.settlements.find(task) if task else None
    return 0.0 if row is None or row.outcome else float(kept_of(row).plan.call.expires)


class Signing:
    """What the chain asks of the wallet."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._notes: dict[str, dict[str, Any]] = {}  # by digest: the delegate who asks for it, and what they signed

    @contextmanager
    def noted(self, request: Request, did: str, note: Note) -> Iterator[None]:
        """Meanwhile this request is a delegate's, and signed within their authority alone."""
        name = digest(request)
        self._notes[name] = {"did": did, "note": note.text, "signature": note.signature}
        try:
            yield
        finally:
            self._notes.pop(name, None)

    async def address(self, account: int = 0) -> str:
        """In lower case.  Errors: CommandFailed("locked" | "absent"), WorkerFailed."""
        return str((await self._node.ask_wallet("wallet_account", index=account))["address"])

    async def signed(self, request: Request, approval: str = "") -> Signed:
        """`approval`: of an earlier signature of the same; else what the person agreed to is looked up.

        Errors: ApprovalNeeded, once it stands among what waits for the person; WalletRefused, "wallet-declined" for
        what they said no to; CommandFailed, WorkerFailed, VaultError.
        """
        name = digest(request)
        deadline = await self._node.blocking(deadline_of, self._node.vault.vault, getattr(request, "task", ""))
        if not approval and await self._node.blocking(self._asks.agreed, name, deadline):
            approval = name
        asked: dict[str, Any] = {"request": request_to_map(request), "approval": approval}
        by = self._notes.get(name)
        try:
            reply = await self._node.ask_wallet("wallet_sign_for" if by else "wallet_sign", **asked, **(by or {}))
        except WorkerFailed as failed:
            if failed.code.startswith("wallet-"):
                values = await in_words(self._node, request, failed)
                raise WalletRefused(failed.code, str(failed), **values) from None
            raise
        if "asks" in reply:
            raise await self._asked(request, reply)
        if not isinstance(request, Transaction):
            await self.used(request)  # a transaction's is used once it is stored
        return signed_from_map(reply["signed"])

    async def used(self, request: Request) -> None:
        """What the person agreed to for it has been done with it."""
        if await self._node.blocking(self._state, digest(request)) == "agreed":
            await self._node.blocking(self._asks.use, digest(request))

    async def fresh(self, request: Transaction) -> Transaction:
        """The request, as one that nobody has agreed to and that has happened already."""
        while await self._node.blocking(self._happened, digest(request)):
            request = replace(request, again=request.again + 1)
        return request

    async def knows(self, chain_id: int, contracts: Mapping[str, str]) -> bool:
        """Whether the wallet signs for these contracts (addresses by role)."""
        network = await self._network(chain_id)
        return all(network.contracts.get(address) == role for role, address in contracts.items())

    async def on(self, chain_id: int) -> bool:
        """Whether the wallet signs for this network at all."""
        return (await self._network(chain_id)).on

    async def introduce(self, chain_id: int, contracts: Mapping[str, str], secret: str = "") -> None:
        """Have the wallet know these contracts; `secret`: passphrase or recovery phrase, for a network with real value.

        Errors: WorkerFailed("wallet-secret" | "wrong-secret" | …).
        """
        if await self.knows(chain_id, contracts):
            return
        network = await self._network(chain_id)
        known = {**network.contracts, **{address: role for role, address in contracts.items()}}
        wanted = network_to_map(replace(network, contracts=known))
        proof = {"secret": secret} if has_real_value(chain_id) else {}
        await self._node.ask_wallet("wallet_network", network=wanted, **proof)

    async def _network(self, chain_id: int) -> Network:
        shown = await self._node.ask_wallet("wallet_shows")
        known = (network_from_map(row) for row in shown["networks"])
        return next((network for network in known if network.chain == chain_id), WalletState().network(chain_id))

    async def _asked(self, request: Request, reply: Mapping[str, Any]) -> WalletRefused:
        """What is raised for it."""
        task, peer = getattr(request, "task", ""), getattr(request, "counterparty", "")
        name, meaning, whole = reply["asks"], reply["meaning"], request_to_map(request)
        state = await self._node.blocking(self._asks.ask, name, meaning, whole, task, peer)
        self._node.listener(WalletAsks(name, await self._node.blocking(self._asks.count), task))
        if state == "declined":
            return WalletRefused("wallet-declined", "The person said no to this.")
        return ApprovalNeeded(name, meaning_from_map(meaning))

    def _happened(self, name: str) -> bool:
        return self._state(name) == "used"

    def _state(self, name: str) -> str:
        """How the question stands, "" for one that was not put."""
        try:
            return self._asks.get(name).state
        except VaultError as error:
            if error.code == "unknown-wallet-ask":
                return ""
            raise

    @property
    def _asks(self) -> wallet_asks.WalletAsks:
        return self._node.vault.vault.wallet_asks
