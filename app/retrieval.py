"""What the program's own features look up: through the host functions, as anybody's skill.  Trio thread only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from agent.ports import Evidence
from agent.taint import Turn
from app.functions.port import FunctionFailed
from app.hosting.performing import Forgotten
from app.hosting.port import Denied, NeedsApproval
from app.results import CommandFailed
from storage.database import VaultError
from storage.filters import BadFilter

if TYPE_CHECKING:
    from app.node import Node


async def looked_up(node: Node, function: str, arguments: Mapping[str, Any], turn: Turn) -> Any:
    """The value of a host function that reads; what it read is entered in `turn`.

    Errors: BadFilter, VaultError, FunctionFailed; CommandFailed("look-up-denied" | "look-up-waits" | "locked" |
    "absent").
    """
    while True:
        try:
            return await node.skills.call(function, arguments, turn)
        except Forgotten:  # in the moment between: what is there now is what is wanted
            continue
        except Denied as denied:
            raise CommandFailed("look-up-denied", why=str(denied)) from denied
        except NeedsApproval as asked:
            raise CommandFailed("look-up-waits", number=asked.approval) from asked
        except FunctionFailed as failed:
            cause = failed.__cause__
            if isinstance(cause, VaultError | BadFilter | CommandFailed):
                raise cause from None  # the person's own features say it as the vault does
            raise


class Retrieval:
    """Implements agent.ports.Memory for one turn."""

    def __init__(self, node: Node, turn: Turn) -> None:
        self._node = node
        self._turn = turn

    async def recall(self, question: str, limit: int) -> Sequence[Evidence]:
        """Errors: as `looked_up`'s."""
        given = {"question": question, "limit": limit}
        return [Evidence(**one) for one in await looked_up(self._node, "vault.recall", given, self._turn)]

    async def empty(self) -> bool:
        counts = await self._node.blocking(self._node.vault.vault.library.counts)
        return counts.records == 0
