"""Worker processes: every request ends in exactly one final reply, whatever happens to the process."""

from __future__ import annotations

import os
import queue
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app import workers
from app.workers import WorkerFailed, WorkerProcess, WorkerSpec

SERVICE = """
import os, time, sys
from app.worker_host import Refused, private_pipes, serve
def count(args, reply):
    for i in range(args["to"]):
        if reply.cancelled:
            return {"reached": i}
        reply.emit({"at": i}); time.sleep(0.01)
    return {"reached": args["to"]}
def refuse(args, reply): raise Refused("no", "not today")
def fail(args, reply): raise ValueError("the text of a mail")
def chatter(args, reply):
    print("library noise"); os.system("echo more noise"); return {"ok": True}
def environment(args, reply): return {"names": sorted(os.environ)}
def garbage(args, reply):
    os.write(sink.fileno(), b"\\xff\\xff\\xff\\xff nonsense"); time.sleep(30); return {}
source, sink = private_pipes()
serve({"count": count, "refuse": refuse, "fail": fail, "chatter": chatter, "environment": environment,
       "garbage": garbage, "echo": lambda a, r: a}, source, sink)
"""


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[WorkerProcess]:
    monkeypatch.setattr(workers, "command", lambda _name: [sys.executable, "-c", SERVICE])
    process = WorkerProcess(WorkerSpec("echo", {}))
    yield process
    process.kill()


def final(replies: queue.SimpleQueue[dict[str, Any]]) -> dict[str, Any]:
    while "event" in (reply := replies.get(timeout=20)):
        pass
    return reply


def test_a_call_returns_what_the_handler_returned(worker: WorkerProcess) -> None:
    assert worker.call("echo", text="é", data=b"\0\1") == {"text": "é", "data": b"\0\1"}


def test_a_refusal_keeps_its_code_and_sentence(worker: WorkerProcess) -> None:
    with pytest.raises(WorkerFailed, match="not today") as caught:
        worker.call("refuse")
    assert caught.value.code == "no"


def test_an_unforeseen_error_does_not_quote_its_text(worker: WorkerProcess) -> None:
    with pytest.raises(WorkerFailed) as caught:
        worker.call("fail")
    assert str(caught.value) == "internal error (ValueError)"


def test_what_libraries_print_does_not_break_the_frames(worker: WorkerProcess) -> None:
    assert worker.call("chatter") == {"ok": True}


def test_events_come_before_the_final_reply_in_order(worker: WorkerProcess) -> None:
    replies: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    worker.submit("count", {"to": 3}, replies.put)
    seen = [replies.get(timeout=20) for _ in range(4)]
    assert [r.get("event", {}).get("at") for r in seen[:3]] == [0, 1, 2]
    assert seen[3]["done"] == {"reached": 3}


def test_a_cancelled_request_ends_early_with_its_one_reply(worker: WorkerProcess) -> None:
    replies: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    number = worker.submit("count", {"to": 10_000}, replies.put)
    replies.get(timeout=20)
    worker.cancel(number)
    assert final(replies)["done"]["reached"] < 10_000


def test_a_killed_worker_answers_every_open_request(worker: WorkerProcess) -> None:
    replies: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    for _ in range(3):
        worker.submit("count", {"to": 10_000}, replies.put)
    replies.get(timeout=20)
    os.kill(worker.pid, signal.SIGKILL)
    assert [final(replies)["error"]["code"] for _ in range(3)] == ["worker-died"] * 3


def test_a_dead_worker_answers_later_requests_too(worker: WorkerProcess) -> None:
    worker.kill()
    with pytest.raises(WorkerFailed) as caught:
        worker.call("echo")
    assert caught.value.code == "worker-died"


def test_a_worker_that_breaks_the_framing_is_ended(worker: WorkerProcess) -> None:
    with pytest.raises(WorkerFailed) as caught:
        worker.call("garbage")
    assert caught.value.code == "worker-died"


def test_a_worker_never_sees_the_passphrase_in_its_environment(
    worker: WorkerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUEE_PASSPHRASE", "canary")
    other = WorkerProcess(WorkerSpec("echo", {}))
    names = other.call("environment")["names"]
    other.kill()
    assert "NUEE_PASSPHRASE" not in names


@pytest.mark.skipif(not Path("/proc").exists(), reason="needs /proc to look at another process")
def test_a_worker_does_not_outlive_the_process_that_started_it() -> None:
    parent = f"""
import sys
from app import workers
workers.command = lambda name: [sys.executable, "-c", {SERVICE!r}]
w = workers.WorkerProcess(workers.WorkerSpec("echo", {{}}))
w.call("echo"); w.submit("count", {{"to": 100000}}, lambda r: None)
print(w.pid, flush=True)
import os, signal; os.kill(os.getpid(), signal.SIGKILL)
"""
    import subprocess

    run = subprocess.run([sys.executable, "-c", parent], capture_output=True, text=True, check=False, timeout=60)
    pid = int(run.stdout)
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists()
