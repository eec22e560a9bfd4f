"""A node at work in a process of its own, for whoever looks into its memory: unlocked, with a chain, having signed.

Run as `python -m tests.unit.wallet_at_work HOME`; the passphrase comes on standard input.  It prints one line when it
has signed a transaction that was asked first, a bid, a wallet for an agent and a binding, and then waits for its input
to end.  LEAK=1 sends an account's key through the node once, which is what the test must notice.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path

import trio

from app import services
from app.actions import wallet, wallet_policy
from app.node import Node, open_node
from app.workers import WorkerProcess
from p2p.wallet_requests import AgentWallet, ApprovalNeeded, Bid
from p2p.wallet_wire import request_to_map
from tests.unit.wallet_node_fixtures import STRANGER, TOKEN, transfer


async def work(node: Node) -> None:
    at = await node.chains.connected()
    try:
        await node.chains.call("t/pay", transfer(TOKEN))
    except ApprovalNeeded as needed:
        await wallet.decide_wallet_ask(node, needed.digest, agreed=True)
    await node.chains.call("t/pay", transfer(TOKEN))
    now = int(node.surroundings.now())
    bid = Bid(
        0, at.identity.chain_id, at.contracts["hook"], 1, STRANGER, at.contracts["evaluator"], at.contracts["token"],
        TOKEN, now + 9_000, bytes(32), STRANGER, STRANGER, 600, 600, now + 600,
    )  # fmt: skip
    await node.chains.sign(bid)
    agent = AgentWallet(0, at.identity.chain_id, at.contracts["identity"], 0, STRANGER, now + 300)
    await node.ask_wallet("wallet_sign", request=request_to_map(agent), approval="")
    await node.ask_wallet("wallet_bind", account=1, peer_id=node.vault.peer_id, created=now)
    await wallet.wallet(node)
    await wallet.wallet_history(node)
    await wallet.wallet_pending(node)
    try:
        await wallet_policy.turn_network(node, "base", on=True, secret="not the passphrase")
    except Exception as error:  # noqa: BLE001 - what it says is what the test reads
        print(f"{error!r} {error}", file=sys.stderr)


async def main(home: Path, passphrase: str) -> None:
    heard: list[object] = []
    async with open_node(home, heard.append) as node:
        await node.unlock(passphrase)
        skills: WorkerProcess = services.start("skills")
        node.embedding.start()
        await work(node)
        leaked = await wallet_policy.export_key(node, passphrase) if os.environ.get("LEAK") else ""
        print(*map(repr, heard), file=sys.stderr, flush=True)
        print("ready", flush=True)
        await trio.to_thread.run_sync(sys.stdin.read)
        skills.kill()
        del leaked


if __name__ == "__main__":
    trio.run(partial(main, Path(sys.argv[1]), sys.stdin.readline().rstrip("\n")))
