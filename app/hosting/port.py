"""What whoever has the program act meets: an act that waits for the person, or one that is not allowed."""

from __future__ import annotations

UNSURE = "effect-unsure"  # code of a FunctionFailed: it may have happened all the same, and is never done again unasked


class NeedsApproval(Exception):
    """It waits for the person's answer.  `approval`: the question."""

    code = "needs-approval"

    def __init__(self, approval: int) -> None:
        super().__init__("This waits for an answer.")
        self.approval = approval


class Denied(Exception):
    """Policy does not allow it.  `code`: as agent.policy.Deny; the message is a sentence in the person's language."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
