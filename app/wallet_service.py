"""The wallet's part of the key-holder process: signs typed requests under policy, and changes the policy.

What makes more possible with real money (a network turned on, a limit raised, a contract added there), what gives
somebody else authority, and what shows a key, takes the passphrase or the recovery phrase; what makes less possible
takes nothing.  The wallet's file (p2p.wallet_state) is opened once, at the path of the first request.

  wallet_account {index}                          {address}
  wallet_sign {request, approval}                 {signed} or {asks, meaning}: the person has to agree to `asks` first
  wallet_sign_for {did, note, signature, approval, request?}  the same, for a delegate (p2p.delegation); `request` is
                                                  what the note asks for with this node's nonce and fees in it
  wallet_note {request, issued}                   {note, signature, did}: ask the wallet of somebody else for it
  wallet_bind {account, peer_id, created}         {binding}
  wallet_shows {}                                 {networks, delegates, spent}
  wallet_network {network, secret?}               sets one; see `_looser`
  wallet_delegate {delegate, secret}              wallet_undelegate {did}
  wallet_export {index, secret}                   {key}: 0x and 64 hexadecimal digits

Every request but the first kinds carries `path`, the wallet's file; `key_path`, the key file, goes with a secret.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.worker_host import Handler, Refused, Reply
from p2p import delegation, hd
from p2p.keyholder import KeyHolder
from p2p.networks import has_real_value
from p2p.spending import Limits
from p2p.wallet import Wallet
from p2p.wallet_requests import ApprovalNeeded, Request, WalletBinding, WalletRefused, digest
from p2p.wallet_state import Delegate, Network, network_from_map, network_to_map
from p2p.wallet_wire import meaning_to_map, request_from_map, signed_to_map
from storage import durable, keys


class WalletService:
    """`holder`: the open key-holder, or raises."""

    def __init__(self, holder: Callable[[], KeyHolder]) -> None:
        self._holder = holder
        self._of: KeyHolder | None = None
        self._path: Path | None = None

    def handlers(self) -> dict[str, Handler]:
        return {
            "wallet_account": self.account,
            "wallet_sign": self.sign,
            "wallet_sign_for": self.sign_for,
            "wallet_note": self.note,
            "wallet_bind": self.bind,
            "wallet_shows": self.shows,
            "wallet_network": self.network,
            "wallet_delegate": self.delegate,
            "wallet_undelegate": self.undelegate,
            "wallet_export": self.export,
        }

    def account(self, args: dict[str, Any], _reply: Reply) -> dict[str, Any]:
        return {"address": self._wallet(args).address(args["index"])}

    def sign(self, args: dict[str, Any], _reply: Reply) -> dict[str, Any]:
        return self._signed(self._wallet(args), request_from_map(args["request"]), args.get("approval", ""), "")

    def sign_for(self, args: dict[str, Any], _reply: Reply) -> dict[str, Any]:
        wallet = self._wallet(args)
        request = delegation.asked_by(
            wallet.state, args["did"], bytes(args["note"]), bytes(args["signature"]), time.time()
        )
        filled = request_from_map(args["request"]) if "request" in args else request
        if digest(filled) != digest(request):
            raise WalletRefused("wallet-delegate", "This was not asked by the delegate.")
        return self._signed(wallet, filled, args.get("approval", ""), args["did"])

    def note(self, args: dict[str, Any], _reply: Reply) -> dict[str, Any]:
        text, signature, did = self._holder().ask_for(request_from_map(args["request"]), int(args["issued"]))
        return {"note": text, "signature": signature, "did": did}

    def bind(self, args: dict[str, Any], _reply: Reply) -> dict[str, Any]:
        self._wallet(args)
        request = WalletBinding(int(args["account"]), str(args["peer_id"]), int(args["created"]))
        return {"binding": self._holder().bind_wallet(request).to_map()}

    def shows(self, args: dict[str, Any], _reply: Reply) -> dict[str, Any]:
        state = self._wallet(args).state
        return {
            "networks": [network_to_map(network) for network in state.networks.values()],
            "delegates": [asdict(delegate) for delegate in state.delegates],
            "spent": [asdict(entry) for entry in state.book.entries],
        }

    def network(self, args: dict[str, Any], _reply: Reply) -> dict[str, Any]:
        wallet = self._wallet(args)
        wanted = network_from_map(args["network"])
        if has_real_value(wanted.chain) and _looser(wallet.state.network(wanted.chain), wanted):
            self._proven(args)
        wallet.change(wallet.state.with_network(wanted))
        return {}

    def delegate(self, args: dict[str, Any], _reply: Reply) -> dict[str, Any]:
        self._proven(args)
        wallet = self._wallet(args)
        found = dict(args["delegate"])
        wanted = Delegate(**{**found, "limits": Limits(**found["limits"])})
        wallet.change(delegation.with_delegate(wallet.state, wanted))
        return {}

    def undelegate(self, args: dict[str, Any], _reply: Reply) -> dict[str, Any]:
        wallet = self._wallet(args)
        wallet.change(delegation.without_delegate(wallet.state, args["did"]))
        return {}

    def export(self, args: dict[str, Any], _reply: Reply) -> dict[str, Any]:
        """The one way by which a key leaves: to the person who knows the secret."""
        secrets = keys.open_file(Path(args["key_path"]), args["secret"])
        try:
            return {"key": "0x" + hd.account_key(secrets.identity_seed, int(args["index"])).hex()}
        finally:
            secrets.wipe()

    def _signed(self, wallet: Wallet, request: Request, approval: str, by: str) -> dict[str, Any]:
        try:
            return {"signed": signed_to_map(wallet.sign(request, approval, by))}
        except ApprovalNeeded as needed:
            return {"asks": needed.digest, "meaning": meaning_to_map(needed.meaning)}

    def _proven(self, args: dict[str, Any]) -> None:
        """Errors: KeyFileError `wrong-secret`, …; Refused("wallet-secret") without one."""
        if not args.get("secret"):
            raise Refused("wallet-secret", "this takes the passphrase")
        keys.open_file(Path(args["key_path"]), args["secret"]).wipe()

    def _wallet(self, args: dict[str, Any]) -> Wallet:
        holder = self._holder()
        if self._of is not holder:
            self._path = self._path or Path(args["path"])
            path = self._path
            sealed = path.read_bytes() if path.exists() else None
            holder.open_wallet(sealed, lambda whole: durable.replace(path, whole), time.time)
            self._of = holder
        return holder.wallet


def _looser(before: Network, after: Network) -> bool:
    """Whether `after` lets through what `before` did not."""
    if after.on and not before.on:
        return True
    if not set(after.contracts.items()) <= set(before.contracts.items()):
        return True
    if after.fee > before.fee:
        return True
    tokens = {*before.limits, *after.limits}
    pairs = [(before.limits_for(token), after.limits_for(token)) for token in tokens]
    return any(
        now > then for old, new in pairs for now, then in zip(vars(new).values(), vars(old).values(), strict=True)
    )
