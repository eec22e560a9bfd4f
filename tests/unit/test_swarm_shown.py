"""What peers wrote, on a terminal and in JSON: shown as data, whatever it is."""

from __future__ import annotations

import io
import json
from pathlib import Path

from app.actions.tasks import REQUESTS, announce_and_wait
from app.oneshot import Screen
from app.swarm.kinds.inference import Inference
from app.swarm.kinds.port import Report as Told
from app.swarm.negotiating import Terms
from p2p.contents import Result
from p2p.deciding import Job
from tests.fakes import ScriptedLlm
from tests.unit.fault_fixtures import PATIENCE, two_nodes

CLEAR = "\x1b[2J\x1b]0;pwned\x07"


class Odd(Inference):
    """Gives a result that is no text."""

    async def work(self, job: Job, report: Told) -> tuple[Result, int]:
        return Result({"text": b"\xff\x00", "deep": [b"x", {"a": b"y"}], "big": 2**52}), 1


async def test_a_result_with_bytes_in_it_is_shown_and_is_json(tmp_path: Path) -> None:
    async with two_nodes(tmp_path) as (alice, bob):
        kinds = bob.swarm.kinds()
        kinds["inference"] = Odd(lambda: ScriptedLlm([]), lambda: True)  # type: ignore[index]
        done = await announce_and_wait(alice, "inference", {"prompt": "Hi"}, ("Bob",), Terms(seconds=PATIENCE))
        shown = await REQUESTS["task"][0](alice, {"id": done.id}, lambda _event: None)
    assert done.result == {"text": "ff00", "deep": ["78", {"a": "79"}], "big": 2**52}
    assert json.loads(json.dumps(shown))["result"] == done.result


def test_what_a_peer_streams_is_nothing_that_a_terminal_obeys() -> None:
    out = io.StringIO()
    Screen("en", as_json=False, out=out, err=io.StringIO()).report({"kind": "Piece", "text": f"{CLEAR}Good day.\n"})
    assert out.getvalue() == "⟦U+001B⟧[2J⟦U+001B⟧]0;pwned⟦U+0007⟧Good day.\n"
