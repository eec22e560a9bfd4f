"""The commands on doing an inference again, with canned results."""

from __future__ import annotations

from typing import Any

from app.settle_results import SettlementView
from app.swarm_results import Preview, TaskRow
from app.validation_results import ValidationView
from tests.gui.scripted import Scripted
from tests.gui.scripted_skills import DIGEST, when
from tests.gui.scripted_swarm import BOB, CLEO, task_row, view

BUILD = "0.3.36 avx2 1a2b3c4d"
PROMPT = "Why is the sky blue?"
PAID = SettlementView("settled", "2.5 NREH", "rehearsal", 86264418140167, 7, "client", "0x" + "4f" * 20)


def checked(state: str, **fields: Any) -> ValidationView:
    named = state in ("waiting", "passed", "failed", "other")
    usual: dict[str, Any] = {"engine": BUILD, "named": CLEO.name, "by": CLEO.peer_id}
    usual |= {"validator": "0x" + "77" * 20, "name": CLEO.name, "when": when(minutes=-1)} if named else {}
    return ValidationView("5e" * 32, state, **{**usual, **fields})


class Checking(Scripted):
    """A prompt that was answered and paid for; `chain_says`: of it."""

    def __init__(self, found: ValidationView, role: str = "initiator", paid: SettlementView | None = PAID) -> None:
        super().__init__("open")
        self.known = [BOB, CLEO]
        self.chain_says = found
        row = task_row(role=role, state="done", provider=BOB.peer_id, provider_name=BOB.name, ended=when(minutes=-1))
        result = {"text": "Air scatters blue light most.", "model": "SmolLM2-135M-Instruct", "engine": BUILD}
        spec = {"max-tokens": 64, "prompt": PROMPT, "model": "5c" * 32, "seed": 0}
        self.given = [view(row, result=result, spec=spec, settlement=paid)]

    async def task_validation(self, node: object, task: str) -> ValidationView:
        self._refuse()
        return self.chain_says

    async def preview_validation(self, node: object, task: str, by: str) -> Preview:
        self.calls.append(("preview_validation", (task, by)))
        return Preview((by,), "inference", 180, DIGEST, PROMPT, (), (CLEO.name,))

    async def ask_validation(self, node: object, task: str, by: str, shown: str) -> TaskRow:
        self.calls.append(("ask_validation", (task, by, shown)))
        self._refuse()
        self.chain_says = checked("none", going="0b" * 16)
        return task_row("0b" * 16)
