"""The sandbox as the node sees it: a worker process that may die, hang or lie, and the node sees a `Failed`."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from skills.limits import Limits, Surroundings, as_map
from skills.outcome import DIED, Failed, Outcome, Suspended, from_map
from skills.plain import NotPlain, plain

_GRACE = 5.0  # seconds beyond what a run may take, for a process to be started and values to travel
_REFUSALS = ("skill-run", "skill-value", "skill-limits")


class Worker(Protocol):
    """`nuee --worker skills`.  `submit` never raises: the listener gets {"done"} or {"error": {"code", "message"}},
    "worker-died" among them."""

    @property
    def alive(self) -> bool: ...

    def submit(self, op: str, args: Mapping[str, Any], listener: Callable[[dict[str, Any]], None]) -> int: ...

    def kill(self) -> None: ...


class Refused(Exception):
    """What was asked could not be begun.  `code`: skill-run, skill-value, skill-limits."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class Runner:
    """Blocking; any thread, one slice at a time.  The process is started by the first, and again after a death."""

    def __init__(self, start: Callable[[], Worker]) -> None:
        self._start = start
        self._turn = threading.Lock()
        self._state = threading.Lock()
        self._worker: Worker | None = None
        self._closed = False

    def engine(self) -> str:
        """What a sealed dump is bound to.  Errors: OSError where the worker does not start."""
        with self._turn:
            answer = self._ask(_GRACE * 4, "ready", {})
        if isinstance(answer, Failed):
            raise OSError(answer.sentence)
        return str(answer["engine"])

    def run(
        self,
        skill: str,
        program: str,
        entry: str,
        inputs: dict[str, Any],
        functions: Iterable[str],
        limits: Limits,
        surroundings: Surroundings,
    ) -> Outcome:
        """As `Sandbox.run`; `skill` is the digest.  Errors: Refused."""
        args = {"skill": skill, "program": program, "entry": entry, "inputs": inputs, "functions": list(functions)}
        return self._slice(limits, "run", args | {"limits": as_map(limits), "surroundings": as_map(surroundings)})

    def resume(self, skill: str, dump: bytes, value: Any, limits: Limits) -> Outcome:
        """As `Sandbox.resume`; `limits` are those of the run.  Errors: Refused."""
        return self._slice(limits, "resume", {"skill": skill, "dump": dump, "value": value})

    def resume_error(self, skill: str, dump: bytes, kind: str, sentence: str, limits: Limits) -> Outcome:
        """As `Sandbox.resume_error`.  Errors: Refused."""
        return self._slice(limits, "resume_error", {"skill": skill, "dump": dump, "kind": kind, "sentence": sentence})

    def close(self) -> None:
        """End the process at once, whatever it runs.  Nothing runs afterwards."""
        with self._state:
            self._closed = True
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill()

    def _slice(self, limits: Limits, op: str, args: dict[str, Any]) -> Outcome:
        with self._turn:
            answer = self._ask(limits.seconds + limits.sleep + _GRACE, op, args)
            if isinstance(answer, Failed):
                return answer
            try:
                return _checked(from_map(answer), limits)
            except (KeyError, TypeError, ValueError):
                self._end()  # what answers nonsense is not asked again
                return Failed(DIED, "The process that ran it answered nonsense and was ended.")

    def _ask(self, seconds: float, op: str, args: dict[str, Any]) -> dict[str, Any] | Failed:
        worker = self._ready()
        if worker is None:
            return Failed(DIED, "The process that runs skills does not start.")
        replies: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        worker.submit(op, args, replies.put)
        try:
            reply = replies.get(timeout=seconds)
        except queue.Empty:
            self._end()
            return Failed("skill-time", "It ran longer than it may.")
        if "done" in reply:
            return dict(reply["done"])
        error = reply["error"]
        if error["code"] in _REFUSALS:
            raise Refused(error["code"], error["message"])
        self._end()
        return Failed(DIED, "The process that ran it ended.")

    def _ready(self) -> Worker | None:
        with self._state:
            if self._closed:
                return None
            if self._worker is None or not self._worker.alive:
                try:
                    self._worker = self._start()
                except OSError:
                    self._worker = None
            return self._worker

    def _end(self) -> None:
        with self._state:
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill()


def _checked(outcome: Outcome, limits: Limits) -> Outcome:
    """Errors: NotPlain, ValueError: sizes are what the run was allowed, whoever answers."""
    if len(outcome.printed) > limits.output:
        raise NotPlain("It printed more than it may.")
    if isinstance(outcome, Suspended):
        plain([outcome.args, outcome.kwargs], limits.value + 100)
    elif not isinstance(outcome, Failed):
        plain(outcome.value, limits.value)
    return outcome
