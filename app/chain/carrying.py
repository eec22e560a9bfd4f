"""Brings a question about a chain to the contact who hosts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.node import Node


class Carrying:
    def __init__(self, node: Node) -> None:
        self._node = node

    def carry(self, peer: str, request: bytes) -> bytes:
        raise OSError(peer)
