"""`python -m benchmarks.negotiating HOME`: a contact in a process of its own that has tasks for us all the time.

`prepare` makes the two profiles.  The contact reads its passphrase from standard input, and prints how many tasks were
done when its input ends.  Each is a whole negotiation: a call, our proposal, the award, our skill's run in its sandbox,
and the signed result.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trio

from app import commands, demo
from app.actions import tasks
from app.node import Node, open_node
from app.serving import open_serving
from app.swarm.negotiating import Terms
from skills import archive
from skills.manifest import validate_files
from storage.skill_store import Coming

NAME = "adding"
FILES = {
    "SKILL.md": f"---\nname: {NAME}\ndescription: Adds two numbers.\n---\nAdds.\n".encode(),
    "skill.toml": b"""version = "1.0.0"
permissions = []
[entry]
go = "main.py:go"
[[triggers]]
on = "task"
run = "go"
""",
    "main.py": b"def go(language, task):\n    return {'sum': task['a'] + task['b']}\n",
}
TASK = {"skill": NAME, "entry": "go", "arguments": '{"a": 2, "b": 3}'}
AT_ONCE = 4  # tasks that the contact has under way
ENDING = 60.0  # seconds


def prepare(ours: Path, theirs: Path, passphrase: str) -> None:
    """Two profiles that are contacts; ours offers them a skill."""
    trio.run(_prepare, ours, theirs, passphrase)


async def _prepare(ours: Path, theirs: Path, passphrase: str) -> None:
    await demo.prepare((ours, theirs), passphrase)
    async with open_node(ours) as node:
        await commands.unlock(node, passphrase)
        report = validate_files(FILES, NAME)
        assert report.manifest is not None, report.problems
        packed = archive.pack(FILES)
        coming = Coming(NAME, "1.0.0", report.manifest.digest, "/skills", "", (), packed)
        await node.blocking(node.vault.vault.skills.put, coming, None)
        offered = {"skills": [NAME]}
        await tasks.set_offer(node, "skill", audience="contacts", quota=10**9, at_once=64, settings=offered)


@contextmanager
def negotiating(theirs: Path, passphrase: str) -> Iterator[list[int]]:
    """The contact negotiates while the block lasts; afterwards the list has the number of tasks that were done."""
    done: list[int] = []
    contact = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.negotiating", str(theirs)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert contact.stdin is not None
    assert contact.stdout is not None
    try:
        contact.stdin.write(passphrase + "\n")
        contact.stdin.flush()
        yield done
        contact.stdin.close()
        done.extend(int(line) for line in contact.stdout.read().split() if line.isdigit())
        contact.wait(ENDING)
    finally:
        contact.kill()
        contact.wait()
        contact.stdout.close()


async def _contact(home: Path) -> None:
    passphrase = (await trio.to_thread.run_sync(sys.stdin.readline)).strip()
    count, over = 0, False
    async with open_serving(home, lambda _event: None) as node:
        await commands.unlock(node, passphrase)
        await node.swarm.start()

        async def ask() -> None:
            nonlocal count
            while not over:
                count += await _is_done(node)

        async with trio.open_nursery() as nursery:
            for _ in range(AT_ONCE):
                nursery.start_soon(ask)
            await trio.to_thread.run_sync(sys.stdin.read)
            over = True
    sys.stdout.write(f"{count}\n")


async def _is_done(node: Node) -> bool:
    task = await tasks.announce_and_wait(node, "skill", TASK, ("contacts",), Terms(seconds=60, reply_seconds=10))
    return task.state == "done"


if __name__ == "__main__":
    trio.run(_contact, Path(sys.argv[1]))
