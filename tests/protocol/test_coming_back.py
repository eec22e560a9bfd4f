"""What waits for a peer goes when the peer is there again, whatever was being tried at that moment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from p2p.delivery import NotReached
from tests.protocol.negotiator_fixtures import TASK, Party, Wire, call, deadlines


class LineOfThePast(Wire):
    """The first message hangs on a line that is dead; while it does, its peer comes back."""

    def asker(self, sender: str) -> Callable[[str, bytes], Any]:
        ask = super().asker(sender)

        async def asked(peer: str, data: bytes) -> bytes:
            if self.count:
                answer: bytes = await ask(peer, data)
                return answer
            self.count += 1
            await self.nodes[sender].delivery.arrived(peer)
            raise NotReached

        return asked


async def test_what_failed_on_a_line_of_the_past_goes_again_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("p2p.delivery.FIRST_PAUSE", 600)
    wire = LineOfThePast()
    alice, bob = Party(tmp_path, wire), Party(tmp_path, wire)
    async with bob.open(), alice.open() as node:
        await node.announce(TASK, "echo", call(), (bob.id,), deadlines())
        await alice.deciding.until("done")
