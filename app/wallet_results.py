"""What the commands on the wallet return, and what it says unasked.  Frozen, standard types only.

Times are ISO 8601 in UTC.  Amounts are decimal text in tokens.  Names and texts of others are theirs: data.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class WalletAsks:
    """Something waits for the person before it is signed, or was answered: `waiting` says how many do now."""

    digest: str
    waiting: int
    task: str = ""
