"""The one exception of the installer that a user sees."""

from __future__ import annotations


class SetUpFailed(Exception):
    """A step cannot go on.  The message is one sentence; `remedy` says what to do, `log` where the details are.

    `code`: system-libraries | python | venv | packages | no-compiler | engine | models | busy | command
    """

    def __init__(self, code: str, message: str, remedy: str = "", log: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.remedy = remedy
        self.log = log

    def __str__(self) -> str:
        parts = [str(self.args[0]), self.remedy, f"Details: {self.log}" if self.log else ""]
        return "  ".join(part for part in parts if part)
