"""What a request means, for people: the key of a sentence, and every value that is signed."""

from __future__ import annotations

from dataclasses import fields

from p2p.methods import METHODS, Method
from p2p.networks import network_name
from p2p.wallet_requests import AgentWallet, Bid, Meaning, Request, Transaction, WalletBinding

_CALLED = {"counterparty": "peer", "peer_id": "peer"}
_KEYS: dict[type[Request], str] = {Bid: "bid", AgentWallet: "agent-wallet", WalletBinding: "wallet-binding"}


def meaning_of(request: Request, by: str = "") -> Meaning:
    """Of a call that is in the table, or of any other kind of request.  `by`: the delegate (did:key) who asks for it.

    Errors: LookupError, ValueError.
    """
    if isinstance(request, Transaction):
        return _of_call(METHODS[request.role, request.signature], request, by)
    values = {_CALLED.get(item.name, item.name): _shown(getattr(request, item.name)) for item in fields(request)}
    chain = getattr(request, "chain", None)
    network = {} if chain is None else {"network": network_name(chain)}
    return Meaning(_KEYS[type(request)], tuple(sorted({**values, **network}.items())))


def _of_call(method: Method, request: Transaction, by: str) -> Meaning:
    values = {name: _shown(value) for name, value in zip(method.names, request.args, strict=True)}
    common = {
        "network": network_name(request.chain),
        "chain": str(request.chain),
        "account": str(request.account),
        "contract": request.contract.lower(),
        "token": (request.contract if request.role == "token" else request.token).lower(),
        "task": request.task,
        "peer": request.counterparty,
        "fee": str(request.fee),
    }
    asked = {"by": by} if by else {}
    return Meaning(method.key, tuple(sorted({**common, **values, **asked}.items())))


def _shown(value: object) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)
