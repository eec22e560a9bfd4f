"""The sandbox as the node sees it: a worker process that may die, hang or lie, and the node sees a `Failed`."""

from __future__ import annotations

import queue
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from skills.held import Held
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
        self._held: weakref.ref[Held] | None = None  # none goes on with a run that nobody holds any more
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
        *,
        hold: bool = False,
    ) -> Outcome:
        """As `Sandbox.run`; `skill` is the digest.  `hold`: a call has no dump, and `go_on` answers it.  Errors:
        Refused."""
        args: dict[str, Any] = {"skill": skill, "program": program, "entry": entry, "inputs": inputs}
        args |= {"functions": list(functions)}
        args |= {"limits": as_map(limits), "surroundings": as_map(surroundings), "hold": hold}
        return self._slice(limits, "run", args)

    def resume(self, skill: str, dump: bytes, value: Any, limits: Limits, *, hold: bool = False) -> Outcome:
        """As `Sandbox.resume`; `limits` are those of the run.  Errors: Refused."""
        return self._slice(limits, "resume", {"skill": skill, "dump": dump, "value": value, "hold": hold})

    def resume_error(
        self, skill: str, dump: bytes, kind: str, sentence: str, limits: Limits, *, hold: bool = False
    ) -> Outcome:
        """As `Sandbox.resume_error`.  Errors: Refused."""
        args = {"skill": skill, "dump": dump, "kind": kind, "sentence": sentence, "hold": hold}
        return self._slice(limits, "resume_error", args)

    def go_on(self, held: Held, value: Any, limits: Limits) -> Outcome:
        """As `resume`, for a run that is held, and may be again.  Errors: Refused; it is held still."""
        return self._go_on(held, limits, "go_on", "resume", {"value": value})

    def go_on_error(self, held: Held, kind: str, sentence: str, limits: Limits) -> Outcome:
        """As `resume_error`, for a run that is held, and may be again.  Errors: Refused."""
        return self._go_on(held, limits, "go_on_error", "resume_error", {"kind": kind, "sentence": sentence})

    def let_go(self, held: Held) -> bytes | Failed:
        """The dump of a run that is held until now, for `resume`."""
        with self._turn:
            if self._is_here(held):
                self._make_room()
            return held.dump if held.dump is not None else _lost()

    def _go_on(self, held: Held, limits: Limits, op: str, else_: str, answer: dict[str, Any]) -> Outcome:
        with self._turn:
            if self._is_here(held):
                outcome = self._outcome(limits, op, answer)
            elif held.dump is not None:
                self._make_room()
                args = {"skill": held.skill, "dump": held.dump, "hold": True, **answer}
                outcome = self._outcome(limits, else_, args)
            else:
                return _lost()
            self._held = None
            return self._holding(outcome, held.skill)

    def _is_here(self, held: Held) -> bool:
        here = self._held is not None and self._held() is held
        return here and held.worker is self._worker and self._worker is not None and self._worker.alive

    def _make_room(self) -> None:
        """Before another run takes the interpreter, take out what is held there."""
        held = self._held() if self._held is not None else None
        if held is None or not self._is_here(held):
            self._held = None
            return
        self._held = None
        try:
            answer = self._ask(_GRACE * 4, "let_go", {})
        except Refused:
            return  # lost, and nobody else suffers
        dump = None if isinstance(answer, Failed) else answer.get("dump")
        held.dump = dump if isinstance(dump, bytes) else None

    def _holding(self, outcome: Outcome, skill: str) -> Outcome:
        if not isinstance(outcome, Suspended) or self._worker is None:
            return outcome
        held = Held(skill, self._worker)
        self._held = weakref.ref(held)
        return replace(outcome, held=held)

    def rest(self) -> None:
        """End the process at once, whatever it runs; the next run starts another."""
        self._end()

    def close(self) -> None:
        """End the process at once, whatever it runs.  Nothing runs afterwards."""
        with self._state:
            self._closed = True
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill()

    def _slice(self, limits: Limits, op: str, args: dict[str, Any]) -> Outcome:
        with self._turn:
            self._make_room()
            outcome = self._outcome(limits, op, args)
            return self._holding(outcome, args["skill"]) if args["hold"] else outcome

    def _outcome(self, limits: Limits, op: str, args: dict[str, Any]) -> Outcome:
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


def _lost() -> Failed:
    return Failed(DIED, "The process that held it ended.")


def _checked(outcome: Outcome, limits: Limits) -> Outcome:
    """Errors: NotPlain, ValueError: sizes are what the run was allowed, whoever answers."""
    if len(outcome.printed) > limits.output:
        raise NotPlain("It printed more than it may.")
    if isinstance(outcome, Suspended):
        plain([outcome.args, outcome.kwargs], limits.value + 100)
    elif not isinstance(outcome, Failed):
        plain(outcome.value, limits.value)
    return outcome
