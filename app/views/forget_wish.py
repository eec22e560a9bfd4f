"""What somebody wants to forget."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ForgetWish:
    """Records by their ids, or all from a sender, or all from before a day (YYYY-MM-DD); one of the three."""

    ids: tuple[str, ...] = ()
    sender: str | None = None
    before: str | None = None
