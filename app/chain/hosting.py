"""The chain in this process, for contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.node import Node

SETTING = "chain-hosted"


class Hosting:
    """Trio thread, but for `on` which blocks."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def on(self) -> bool:
        """Blocking; any thread.  Errors: VaultError."""
        return self._node.vault.vault.settings.get(SETTING, False) is True
