"""Receipts of tasks: list, look at, verify a file of anybody's, save, remove."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app import receipt_reading
from app.actions.group import Requests
from app.actions.peers import names
from app.actions.settling_cli import told
from app.node import Node
from app.receipt_results import ChainCheck, ReceiptRow, ReceiptSaved, ReceiptsChanged, ReceiptView, Remains, Verified
from app.reports import Report
from app.results import CommandFailed
from app.swarm.job_view import money_text, view_of
from app.swarm.settled import kept_of
from app.texts import text
from p2p.receipts import Receipt, verified
from storage.receipts import Kept
from storage.vault import Vault


async def receipts(node: Node, task: str = "") -> tuple[ReceiptRow, ...]:
    """Newest first; those of one task where its whole id is given."""
    called = await names(node)
    vault = node.vault.vault

    def rows() -> tuple[ReceiptRow, ...]:
        return tuple(_row(one, called, _price(vault, one, node.language)) for one in vault.receipts.list(task))

    found: tuple[ReceiptRow, ...] = await node.blocking(rows)
    return found


async def receipt(node: Node, name: str) -> ReceiptView:
    """By its name or its task's id, or a beginning of one.

    Errors: VaultError `unknown-receipt`, `ambiguous-receipt`; CommandFailed("receipt-forgotten"); BadReceipt.
    """
    data = await _data(node, name)
    return await _shown(node, name, await node.blocking(verified, data))


async def _shown(node: Node, name: str, receipt: Receipt) -> ReceiptView:
    known = await _known(node)
    vault, me = node.vault.vault, node.vault.peer_id

    def view() -> ReceiptView:
        price = _price(vault, vault.receipts.find(name), node.language)
        return replace(receipt_reading.view(receipt, node.language, known, me), price=price)

    found: ReceiptView = await node.blocking(view)
    return found


async def read_receipt(node: Node, path: str) -> Verified:
    """As `verify_receipt`, for a person who looks: with the names that they gave, where the vault is open."""
    return await verify_receipt(node, path)


async def verify_receipt(node: Node, path: str, result: str | None = None, chain: bool = False) -> Verified:
    """What the file at `path` proves, whoever made it; `result`: see app.receipt_reading.verify.

    `chain`: what it says of a chain is held against the one in use.  Errors: as `check_receipt` then.
    """
    known = await _known(node)
    found: Verified = await node.blocking(receipt_reading.verify, path, result, node.language, known)
    if not chain or not found.holds:
        return found
    return replace(found, chain=await _checked(node, await node.blocking(lambda: verified(receipt_reading.read(path)))))


async def verify_kept(node: Node, name: str, result: str | None = None, chain: bool = False) -> Verified:
    """As `verify_receipt`, of one in this profile; where its words were forgotten, what is left of it.

    Errors: as `receipt`, but for that; as `verify_receipt`.
    """
    found: Kept = await node.blocking(node.vault.vault.receipts.find, name)
    if not found.size:
        reason = text("error.receipt-forgotten", node.language, name=found.name)
        return Verified(False, code="receipt-forgotten", reason=reason, remains=await _remains(node, found))
    receipt = await node.blocking(verified, await _data(node, name))
    shown = await _shown(node, name, receipt)
    same = await node.blocking(receipt_reading.same, receipt, result)
    return Verified(True, shown, matches=same, chain=await _checked(node, receipt) if chain else None)


async def _remains(node: Node, found: Kept) -> Remains:
    called = await names(node)
    vault = node.vault.vault

    def look() -> Remains:
        job = view_of(vault, found.task, node.language)
        said = "" if job is None else " ".join(told(asdict(job), node.language)[:2])
        row = _row(found, called, _price(vault, found, node.language))
        word = next((one for one in vault.feedback.list(found.peer) if one.receipt == found.name), None)
        return Remains(row, said, None if word is None else word.value, word is not None and bool(word.written))

    remains: Remains = await node.blocking(look)
    return remains


async def check_receipt(node: Node, name: str) -> ChainCheck:
    """Hold what a receipt of this profile says of a chain against the chain in use.

    Errors: as `receipt`; CommandFailed("chain-none" | "airplane"), ChainError.
    """
    data = await _data(node, name)
    return await _checked(node, await node.blocking(verified, data))


async def _checked(node: Node, receipt: Receipt) -> ChainCheck:
    if not receipt.settlement:
        return ChainCheck(True)
    from p2p import receipt_claims  # and with it what speaks to chains

    connected = await node.chains.connected()
    codes = await node.chains.ask(receipt_claims.wrong, connected.chain, connected.identity, receipt)
    reasons = tuple(text(f"error.{code}", node.language) for code in codes)
    return ChainCheck(not codes, connected.name, codes, reasons)


async def save_receipt(node: Node, name: str, path: str) -> ReceiptSaved:
    """Write it to a new file, for anybody to verify; into a folder under its own name.  Nothing is overwritten.

    Errors: as `receipt`; CommandFailed("receipt-exists" | "receipt-write").
    """
    data = await _data(node, name)
    receipt = await node.blocking(verified, data)

    def write() -> ReceiptSaved:
        target = Path(path)
        if target.is_dir():
            target = target / f"{receipt.name[:12]}{receipt_reading.SUFFIX}"
        try:
            with target.open("xb") as file:
                file.write(data)
        except FileExistsError as error:
            raise CommandFailed("receipt-exists", path=str(target)) from error
        except OSError as error:
            raise CommandFailed("receipt-write", path=str(target)) from error
        return ReceiptSaved(receipt.name, str(target), len(data))

    saved: ReceiptSaved = await node.blocking(write)
    return saved


async def remove_receipt(node: Node, name: str) -> None:
    """Forget it and what it was made of, for good.  Errors: VaultError `unknown-receipt`, `ambiguous-receipt`."""
    store = node.vault.vault.receipts
    await node.blocking(store.remove, (await node.blocking(store.find, name)).name)
    node.listener(ReceiptsChanged())


async def _data(node: Node, name: str) -> bytes:
    store = node.vault.vault.receipts
    found: Kept = await node.blocking(store.find, name)
    if not found.size:
        raise CommandFailed("receipt-forgotten", name=found.name)
    data: bytes = await node.blocking(store.data, found.name)
    return data


async def _known(node: Node) -> Callable[[str], str]:
    """What the person calls a peer; "" where they do not know it, or the vault is not open."""
    if node.state != "open":
        return lambda _peer: ""
    known = {peer.id: peer.name for peer in await node.blocking(node.vault.vault.peers.list)}
    return lambda peer: known.get(peer, "")


def _price(vault: Vault, one: Kept, language: str) -> str:
    """In the token as the chain had it, where this node was there.  Worker thread."""
    job = vault.settlements.find(one.task) if one.amount else None
    if job is None:
        return receipt_reading.price_text(one.amount, one.token, language)
    return money_text(vault, job, kept_of(job), int(one.amount), language)


def _row(one: Kept, called: Callable[[str], str], price: str) -> ReceiptRow:
    created = datetime.fromtimestamp(one.created, UTC).isoformat(timespec="seconds")
    return ReceiptRow(
        one.name, one.task, one.role, one.kind, one.peer, called(one.peer), one.outcome, one.settled, one.amount,
        one.token, created, one.size > 0, price,
    )  # fmt: skip


async def _list(node: Node, _args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"receipts": [asdict(row) for row in await receipts(node)]}


async def _show(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await receipt(node, args["id"]))


async def _read(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await read_receipt(node, args["path"]))


async def _verify(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    if name := args.get("name"):
        return asdict(await verify_kept(node, name, args["result"], bool(args.get("chain"))))
    return asdict(await verify_receipt(node, args["path"], args["result"], chain=True))


async def _save(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await save_receipt(node, args["id"], args["path"]))


async def _remove(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    await remove_receipt(node, args["id"])
    return {"removed": args["id"]}


REQUESTS: Requests = {
    "receipts": (_list, True),
    "receipt": (_show, True),
    "receipt-read": (_read, False),
    "receipt-verify": (_verify, True),
    "receipt-save": (_save, True),
    "receipt-remove": (_remove, True),
}
