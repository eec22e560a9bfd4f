"""What the wallet refuses, with amounts as people read them: the key-holder knows numbers, and no token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.chain.meaning import Names, coin_text, token_text
from app.chain.wallet_names import names_of
from p2p.wallet_requests import Request, Transaction
from storage.vault import Vault

if TYPE_CHECKING:
    from app.node import Node
    from app.workers import WorkerFailed

_LIMITS = "wallet-limit-"


async def in_words(node: Node, request: Request, failed: WorkerFailed) -> dict[str, str]:
    """The values of the sentence for a refusal."""
    left = failed.values.get("left", "")
    if not failed.code.startswith(_LIMITS) or not left.isdigit() or not isinstance(request, Transaction):
        return failed.values
    names = await node.blocking(_names, node.vault.vault, request.chain, node.language)
    if failed.code == f"{_LIMITS}fee":
        return {"left": coin_text(int(left), names, node.language)}
    token = (request.contract if request.role == "token" else request.token).lower()
    return {"left": token_text(int(left), token, names, node.language)}


def _names(vault: Vault, chain_id: int, language: str) -> Names:
    """Of the chain in use if it has this id, else of the first that has it.  Blocking."""
    known = [vault.chains.used(), *vault.chains.list()]
    row = next((one for one in known if one is not None and one.chain_id == chain_id), None)
    return names_of(vault, "", row, language)
