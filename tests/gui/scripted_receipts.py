"""The commands on receipts, with canned results."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.receipt_results import ChainCheck, ReceiptRow, ReceiptSaved, ReceiptView, Spoken, Verified
from tests.gui.scripted_skills import DIGEST, when
from tests.gui.scripted_swarm import BOB, CLEO, TASK, ScriptedSwarm

ME = "12D3KooWMe"
PROMPT = "Why is the sky blue, and why does it turn red in the evening?"
TEXT = "Molecules of the air scatter short waves more than long ones (Rayleigh). " * 12


def receipt_row(name: str = "aa" * 32, **fields: Any) -> ReceiptRow:
    row = ReceiptRow(
        name,
        TASK,
        "initiator",
        "inference",
        BOB.peer_id,
        BOB.name,
        "done",
        "",
        "250",
        "credit",
        when(minutes=-4),
        True,
        "250 credit",
    )
    return replace(row, **fields)


def spoken(by: str, act: str, **says: Any) -> Spoken:
    return Spoken(by, act, when(minutes=-5), DIGEST, says)


def receipt_view(name: str = "aa" * 32, **fields: Any) -> ReceiptView:
    view = ReceiptView(
        name=name, kind="inference", conversation=TASK, initiator=ME, initiator_name="", participant=BOB.peer_id,
        participant_name=BOB.name, issuer=ME, mine="initiator", outcome="done",
        asked={"max-tokens": 256, "prompt": PROMPT}, amount="250", token="credit",
        result={"text": TEXT, "model": "SmolLM2-135M-Instruct", "tokens": 212}, result_digest=DIGEST, settlement={},
        messages=(
            spoken("initiator", "cfp"),
            spoken("participant", "propose", price={"amount": "250", "token": "credit"}),
            spoken("initiator", "accept-proposal"),
            spoken("participant", "inform-result"),
        ),
        bytes=1803, price="250 credit",
    )  # fmt: skip
    return replace(view, **fields)


THEIRS = receipt_view(
    "bb" * 32, mine="", initiator=CLEO.peer_id, initiator_name=CLEO.name, issuer=BOB.peer_id, outcome="failed",
    result=None, result_digest="",
    messages=(spoken("initiator", "cfp"), spoken("participant", "failure", reason="deadline")),
)  # fmt: skip


SETTLED = {
    "chain": {"id": 31337, "genesis": f"0x{DIGEST}"},
    "contracts": {"kernel": "0x" + "ce" * 20, "token": "0x" + "70" * 20},
    "job": 7, "outcome": "settled", "transactions": [f"0x{DIGEST}", "0x" + "cd" * 32],
}  # fmt: skip


class ScriptedReceipts(ScriptedSwarm):
    """Trio thread, but for the attributes that a test sets before."""

    def __init__(self) -> None:
        super().__init__()
        self.receipt_rows: tuple[ReceiptRow, ...] = ()
        self.receipt_views: dict[str, ReceiptView] = {}
        self.chain_check = ChainCheck(True, "rehearsal")
        self.receipt_files: dict[str, Verified] = {}  # by the name of the file

    async def receipts(self, node: object, task: str = "") -> tuple[ReceiptRow, ...]:
        return tuple(one for one in self.receipt_rows if task in ("", one.task))

    async def receipt(self, node: object, name: str) -> ReceiptView:
        return self.receipt_views.get(name) or receipt_view(name)

    async def read_receipt(self, node: object, path: str) -> Verified:
        self.calls.append(("read_receipt", (path,)))
        return self.receipt_files[path.rpartition("/")[2]]

    async def check_receipt(self, node: object, name: str) -> ChainCheck:
        self.calls.append(("check_receipt", (name,)))
        self._refuse()
        return self.chain_check

    async def verify_receipt(self, node: object, path: str, result: str | None, chain: bool) -> Verified:
        return replace(await self.read_receipt(node, path), chain=self.chain_check if chain else None)

    async def save_receipt(self, node: object, name: str, path: str) -> ReceiptSaved:
        self.calls.append(("save_receipt", (name, path)))
        self._refuse()
        return ReceiptSaved(name, path, 1803)

    async def remove_receipt(self, node: object, name: str) -> None:
        self.calls.append(("remove_receipt", (name,)))
        self.receipt_rows = tuple(one for one in self.receipt_rows if one.name != name)
