"""Three whole nodes on one chain: Alice asks and pays, Bob works and names Carol as who may do it again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trio

from agent.llm import Finished, Generation, Llm, Token
from app.actions import agents, offers, tasks
from app.actions import validation as validating
from app.node import Node
from app.swarm.kinds.inference import Inference
from app.swarm.negotiating import Terms
from app.validation_results import ValidationView
from p2p.chain import topic
from tests.unit.anvil_fixtures import Anvil
from tests.unit.fault_fixtures import Model, acquaint, open_profile
from tests.unit.settle_fixtures import PATIENCE, deployed, ended, joins, settled, until

MODEL = "ab" * 32
BUILD = "0.3 AVX2 ab"
RESPONSE = "ValidationResponse(address,uint256,bytes32,uint8,string,bytes32,string)"
REQUEST = "ValidationRequest(address,uint256,string,bytes32)"


class Says(Model):
    """A model of the test that says what it is told to."""

    def __init__(self, text: str = "Good day.") -> None:
        super().__init__()
        self.text = text

    async def _say(self, request: Generation) -> AsyncIterator[Token | Finished]:
        await trio.lowlevel.checkpoint()
        yield Token(self.text)
        yield Finished("stop", len(request.turns), 0, 2, 0.0, 0.0)


@dataclass
class Three:
    """`digest`, `build`: of the model that all three have in use."""

    alice: Node
    bob: Node
    carol: Node
    anvil: Anvil
    contracts: dict[str, str]
    digest: str = MODEL
    homes: dict[str, Path] = field(default_factory=dict)

    async def task(self, **given: Any) -> str:
        """One that Bob did for Alice, and that is paid."""
        wanted = Terms(seconds=600.0, reply_seconds=60.0, pay="5")
        asked = {"prompt": "Hello?", "max_tokens": 12, "sha256": self.digest, **given}
        row = await tasks.announce(self.alice, "inference", asked, ("Bob",), wanted)
        assert await ended(self.alice, row.id) == "done"
        assert await settled(self.alice, row.id) == "settled"
        assert await settled(self.bob, self.theirs(row.id)) == "settled"
        await until(lambda: self._receipts(row.id))
        return row.id

    async def _receipts(self, task: str) -> bool:
        kept = [
            await self.alice.blocking(self.alice.vault.vault.receipts.list, task),
            await self.bob.blocking(self.bob.vault.vault.receipts.list, self.theirs(task)),
        ]
        return all(rows and rows[0].settled == "settled" for rows in kept)

    def theirs(self, task: str) -> str:
        """The same task at Bob's."""
        return f"{self.alice.vault.peer_id}/{task}"

    async def check(self, task: str) -> Any:
        """What Bob's command does, once he saw what leaves."""
        shown = await validating.preview_validation(self.bob, self.theirs(task))
        with trio.fail_after(PATIENCE):
            return await validating.check_validation(self.bob, self.theirs(task), "", shown.digest)

    async def becomes(self, node: Node, task: str, state: str) -> ValidationView:
        found: list[ValidationView] = []

        async def there() -> bool:
            found.append(await validating.validation(node, task))
            return found[-1].state == state

        await until(there)
        return found[-1]

    def logs(self, event: str) -> int:
        """How many of these the registry has.  Blocks."""
        chain = self.anvil.chain()
        return len(chain.logs(self.contracts["validation"], [topic(event)], 0, chain.head().number))


def thinks(node: Node, llm: Llm, digest: str = MODEL, build: str = BUILD) -> None:
    """From now on this node's `inference` is done by this model."""
    node.swarm.kinds()["inference"] = Inference(lambda: llm, lambda: True, lambda: digest, lambda: build)  # type: ignore[index]


async def registers(node: Node, name: str) -> None:
    draft = await agents.draft_registration(node, name, "", False, "")
    await agents.register_agent(node, draft.digest, name, "", False, "")


@asynccontextmanager
async def three(folder: Path, anvil: Anvil, rule: str = "always", digest: str = MODEL) -> AsyncIterator[Three]:
    """Contacts of one another; Bob's and Carol's agents are registered, and believed by the others."""
    contracts = await trio.to_thread.run_sync(deployed, anvil)
    async with AsyncExitStack() as stack:
        alice, bob, carol = [
            await stack.enter_async_context(open_profile(folder / name)) for name in ("alice", "bob", "carol")
        ]
        await acquaint(alice, bob)
        await acquaint(alice, carol, "Carol")
        await acquaint(bob, carol, "Carol", "Bob")
        made = Three(alice, bob, carol, anvil, contracts, digest)
        for node in (alice, bob, carol):
            await joins(node, anvil, contracts)
            thinks(node, Says(), digest)
        await registers(bob, "Bob")
        await registers(carol, "Carol")
        for node, name in ((alice, "Bob"), (alice, "Carol"), (bob, "Carol"), (carol, "Bob")):
            assert (await agents.show_agent(node, name)).verified
        await offers.set_offer(bob, "inference", settings={"token_price": "2.5", "validator": "Carol"})
        await offers.set_offer(carol, "inference", settings={"validates": rule})
        yield made
