"""A peer that the benchmark of the swarm freezes: it prints its address and waits."""

from __future__ import annotations

import trio

from p2p import identity
from p2p.node import Host


async def _main() -> None:
    async with Host(identity.new_host_key(), ["/ip4/127.0.0.1/tcp/0"]) as host:
        print(host.addresses[0], flush=True)
        await trio.sleep_forever()


if __name__ == "__main__":
    trio.run(_main)
