"""`nuee node` whose model's words are scripted: `python -m tests.faults.node HOME ADDRESS WORKED HOLD`.

Each piece of work adds a line to the file WORKED when it begins, and is not done before the file HOLD is gone.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import trio

from agent.llm import Finished, Generation, Llm, Token
from app import headless
from app.swarm import swarm
from app.swarm.kinds.inference import Inference
from tests.fakes import ScriptedLlm
from tests.faults.pair import PASSPHRASE


class Model(ScriptedLlm):
    """Says the same to everybody."""

    def __init__(self, worked: Path, hold: Path) -> None:
        super().__init__(())
        self._worked, self._hold = worked, hold

    def generate(self, request: Generation) -> AsyncIterator[Token | Finished]:
        return self._say(request)

    async def _say(self, request: Generation) -> AsyncIterator[Token | Finished]:
        with self._worked.open("a") as file:
            file.write("begun\n")
        while self._hold.exists():  # noqa: ASYNC110 - a file has no event
            await trio.sleep(0.02)
        yield Token("Good day.")
        yield Finished("stop", len(request.turns), 0, 2, 0.0, 0.0)


def main(home: Path, address: str, worked: Path, hold: Path) -> int:
    def scripted(_llm: Callable[[], Llm], *_of_the_model: Callable[[], object]) -> Inference:
        return Inference(lambda: Model(worked, hold), lambda: True)

    setattr(swarm, "Inference", scripted)  # noqa: B010 - a name that the module imports
    return headless.run(home, PASSPHRASE, "en", (address,), None)


if __name__ == "__main__":
    os.umask(0o077)
    own, listen, *files = sys.argv[1:]
    sys.exit(main(Path(own), listen, Path(files[0]), Path(files[1])))
