"""What somebody wants to forget."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ForgetWish:
    """Records by their ids; or all from a sender, all from before a day (YYYY-MM-DD, local), or what fits both."""

    ids: tuple[str, ...] = ()
    sender: str = ""
    before: str = ""
