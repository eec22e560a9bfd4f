"""A program that sends and is killed on the way: run with `python -m tests.unit.sender_killed`.

It imports everything once; then each line of its input, JSON, is one life, in a process forked from it:

  {url, vault, registry, genesis, clock, acts: [[key, uri], …], advances, kill}

The life opens the vault, submits the acts and advances so often, and is killed (SIGKILL, by itself) at step `kill` of
what it does that others could see: before and after each signature, each write to the store and each sending.  The
answer is {steps, killed}: how many there were, where it lived to the end.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import eth_account  # noqa: F401 - here, and not again in each life
import requests  # noqa: F401
import web3  # noqa: F401

from app.chain.sending_store import SendingStore
from p2p.chain import Chain, ChainIdentity, http_endpoint
from p2p.sender import Sender
from storage.vault import Vault
from tests.unit.sender_fixtures import RULES, Clock, registering, wallet_for

KEY = bytes(range(32))  # of the vault


class Steps:
    """Counts, and kills at the one it was given."""

    def __init__(self, kill: int | None) -> None:
        self.count = 0
        self._kill = kill

    def around(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any) -> Any:
            self._step()
            done = act(*args)
            self._step()
            return done

        return counted

    def _step(self) -> None:
        if self.count == self._kill:
            os.kill(os.getpid(), signal.SIGKILL)
        self.count += 1


def life(given: dict[str, Any]) -> int:
    """How many steps it took."""
    steps, clock = Steps(given["kill"]), Clock(given["clock"])
    identity = ChainIdentity(31337, given["genesis"])
    wallet = wallet_for(identity.chain_id, given["registry"], clock)
    chain = Chain([http_endpoint(given["url"])], identity)
    with Vault.open(Path(given["vault"]), KEY) as vault:
        store: Any = SendingStore(vault.transactions)
        store.begin, store.keep = steps.around(store.begin), steps.around(store.keep)
        chain.send = steps.around(chain.send)  # type: ignore[method-assign]
        sender = Sender(chain, identity, store, steps.around(wallet.sign), wallet.address(0), clock, RULES)
        for key, uri in given["acts"]:
            sender.submit(key, registering(given["registry"], uri, chain=identity.chain_id))
        for _time in range(given["advances"]):
            sender.advance()
    return steps.count


def main() -> None:
    for line in sys.stdin:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(writing, str(life(json.loads(line))).encode())
            os._exit(0)
        os.close(writing)
        _, status = os.waitpid(child, 0)
        with os.fdopen(reading) as answer:
            steps = answer.read()
        print(json.dumps({"steps": int(steps or 0), "killed": os.WIFSIGNALED(status)}), flush=True)


if __name__ == "__main__":
    main()
