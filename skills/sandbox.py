"""Runs one function of a program of a stranger.  The only importer of pydantic_monty.

Monty interprets the program in a process of its own, which has nothing: no files, network, environment or clock but
what is answered here.  Every call of a granted function ends the slice with `Suspended`, and the caller decides.  Time,
memory and stops are limited by Monty, counted over all slices here, and on Linux by the kernel a little above that.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any

import pydantic_monty as monty

from skills import confine
from skills.limits import MAX_PROGRAM, MAX_SECONDS, Limits, Spent, Surroundings
from skills.outcome import DIED, Failed, Finished, Outcome, Suspended
from skills.plain import NotPlain, plain
from skills.run_state import NotADump, Run, is_name

ENGINE = f"monty {monty.__version__}"
ERROR_KINDS = ("PermissionError", "ValueError", "LookupError", "OSError", "TimeoutError", "RuntimeError")
_INPUTS = "_inputs_of_the_run"
_GRACE = 1.0  # seconds beyond its limits after which Monty ends the process of a run
_CHECKOUTS = 200  # slices after which the process is replaced
_MAX_SENTENCE = 300  # characters
_OURS = "<python-input-0>"  # as Monty names the first text fed in a session
_SLEEPS = ("system.sleep", "system.async_sleep")
_CODES = {
    "TimeoutError": "skill-time",
    "MemoryError": "skill-memory",
    "RecursionError": "skill-depth",
    "SyntaxError": "skill-syntax",
}
_DAMAGED = "What was stored of the run is damaged; it cannot go on."
_Begin = Callable[[monty.MontySession, "_Slice"], monty.SyncSnapshot]


class BadRun(ValueError):
    """The caller asked for what cannot be run: a name that is none, a program that is too large."""

    code = "skill-run"


class Sandbox:
    """One run at a time, any one thread.  Use as a context manager; `renew` before a run of another skill."""

    def __init__(self) -> None:
        self._pool = _pool()
        self._held: _Held | None = None

    def __enter__(self) -> Sandbox:
        self._pool.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._release()
        self._pool.__exit__(kind, error, at)

    def renew(self) -> None:
        """Go on in a new process, so that nothing of earlier runs is in its memory.  About 4 ms."""
        self._release()
        self._pool.__exit__(None, None, None)
        self._pool = _pool()
        self._pool.__enter__()

    def run(
        self,
        program: str,
        entry: str,
        inputs: dict[str, Any],
        functions: Iterable[str],
        limits: Limits | None = None,
        surroundings: Surroundings | None = None,
        *,
        hold: bool = False,
    ) -> Outcome:
        """Run `program`, then `entry` with `inputs` as keyword arguments, until it ends or calls a granted function.

        `functions`: the names of the host functions that exist.  `hold`: a call leaves the run in the interpreter,
        without a dump, until it goes on, is let go, or anything else runs here.  Errors: BadRun, NotPlain (the inputs).
        """
        granted = frozenset(functions)
        if not all(is_name(name) for name in (entry, *granted, *inputs)):
            raise BadRun("An entry, a granted function or an input has a name that is none in Python.")
        if "\0" in program or len(program.encode(errors="replace")) > MAX_PROGRAM:
            raise BadRun(f"The program is larger than {MAX_PROGRAM // 1024} KiB.")
        limits = limits or Limits()
        lines = program.count("\n") + 1
        run = Run(ENGINE, granted, limits, surroundings or Surroundings(), Spent(), lines)
        code = f"{program}\n\n{entry}(**{_INPUTS})"
        values = {_INPUTS: plain(inputs, limits.value)}
        return self._slice(
            run, lambda session, part: session.feed_start(code, inputs=values, print_callback=part.write), hold
        )

    def resume(self, dump: bytes, value: Any, *, hold: bool = False) -> Outcome:
        """Go on with `value` as the answer to the call.  Errors: NotPlain; a dump that is none is a Failed."""
        return self._resume(dump, lambda run: _value(value, run), hold)

    def resume_error(self, dump: bytes, kind: str, sentence: str, *, hold: bool = False) -> Outcome:
        """Go on with an exception at the call.  `kind` is one of ERROR_KINDS.  Errors: BadRun."""
        answer = _error(kind, sentence)
        return self._resume(dump, lambda _run: answer, hold)

    def go_on(self, value: Any) -> Outcome:
        """As `resume`, for the run that is held.  Errors: BadRun where none is; NotPlain, and then it still is."""
        return self._go_on(lambda run: _value(value, run))

    def go_on_error(self, kind: str, sentence: str) -> Outcome:
        """As `resume_error`, for the run that is held.  Errors: BadRun."""
        return self._go_on(lambda _run: _error(kind, sentence))

    def let_go(self) -> bytes:
        """The dump of the run that was held until now.  Errors: BadRun where none is."""
        if self._held is None:
            raise BadRun("No run is held here.")
        try:
            return self._held.part.packed(self._held.snapshot)
        except monty.MontyError:
            raise BadRun("The run that was held is lost.") from None
        finally:
            self._release()

    def _go_on(self, answer: Callable[[Run], dict[str, Any]]) -> Outcome:
        held = self._held
        if held is None:
            raise BadRun("No run is held here.")
        result: Any = answer(held.part.run)
        self._held = None
        held.part.begin()
        return self._driven(held.part, held.session, lambda: held.snapshot.resume(result), hold=True)

    def _release(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            with contextlib.suppress(monty.MontyError):
                held.session.close()

    def _resume(self, dump: bytes, answer: Callable[[Run], dict[str, Any]], hold: bool) -> Outcome:
        try:
            run, heap = Run.unpack(dump)
        except NotADump:
            return Failed("skill-dump", _DAMAGED)
        if run.engine != ENGINE:
            return Failed("skill-version", f"The run was suspended by {run.engine}, and this is {ENGINE}.")
        result: Any = answer(run)

        def restored(session: monty.MontySession, part: _Slice) -> monty.SyncSnapshot:
            try:
                snapshot = session.load_snapshot(heap, print_callback=part.write)
            except monty.MontyRuntimeError as error:
                raise NotADump from error
            if not isinstance(snapshot, monty.FunctionSnapshot) or not part.is_granted(snapshot):
                raise NotADump
            return snapshot.resume(result)

        return self._slice(run, restored, hold)

    def _slice(self, run: Run, begin: _Begin, hold: bool) -> Outcome:
        self._release()
        part, closing = _Slice(run), contextlib.ExitStack()

        def first() -> monty.SyncSnapshot:
            session = closing.enter_context(self._pool.checkout(limits=_limits(run.limits), os_policy=_policy(run)))
            confine.interpreter(session.worker_pid, run.limits.memory, run.seconds_left)
            part.begin()
            return begin(session, part)

        return self._driven(part, closing, first, hold)

    def _driven(
        self, part: _Slice, session: contextlib.ExitStack, step: Callable[[], monty.SyncSnapshot], hold: bool
    ) -> Outcome:
        try:
            with session:
                outcome, snapshot = part.drive(step())
                if isinstance(outcome, Suspended) and snapshot is not None:
                    if not hold:
                        return replace(outcome, dump=part.packed(snapshot))
                    self._held = _Held(part, snapshot, session.pop_all())
                return outcome
        except NotADump:
            return part.failed("skill-dump", _DAMAGED)
        except _Ended as end:
            return part.failed(end.code, str(end))
        except monty.MontyError as error:
            return part.broken(error)
        except TimeoutError:
            return part.failed(DIED, "No process could be had to run it.")


class _Ended(Exception):
    """A limit that is kept here and not by Monty."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class _Slice:
    """The run from one suspension to the next."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._began = time.monotonic()
        self._calls, self._slept, self._printed = run.spent.calls, run.spent.sleep, run.spent.printed
        self._flooded = False

    def begin(self) -> None:
        """Execution begins now, not when a process was asked for."""
        self._began = time.monotonic()

    def write(self, _stream: str, text: str) -> None:
        """What it prints, cut where the limit is; more than that ends the run."""
        self._printed += text
        if len(self._printed) > self.run.limits.output:
            self._printed = self._printed[: self.run.limits.output]
            self._flooded = True
            raise _Ended("skill-output", "It printed more than it may.")

    def is_granted(self, snapshot: monty.FunctionSnapshot) -> bool:
        return (
            not snapshot.is_os_function and snapshot.object_id is None and snapshot.function_name in self.run.functions
        )

    def drive(self, snapshot: monty.SyncSnapshot) -> tuple[Outcome, monty.FunctionSnapshot | None]:
        """Answer what needs no decision until there is one to take, and where that is, or the end."""
        while not isinstance(snapshot, monty.MontyComplete):
            self._count()
            if isinstance(snapshot, monty.NameLookupSnapshot):
                snapshot = self._name(snapshot)
            elif not isinstance(snapshot, monty.FunctionSnapshot):
                raise _Ended("skill-error", "It waits for something that was never promised.")
            elif not self.is_granted(snapshot):
                snapshot = self._refuse(snapshot)
            else:
                try:
                    return self._suspended(snapshot), snapshot
                except NotPlain as wrong:
                    snapshot = snapshot.resume({"exc_type": "TypeError", "message": str(wrong)})
        self._in_time()
        try:
            return Finished(self._border(lambda: snapshot.output), self._printed), None
        except NotPlain as wrong:
            return self.failed("skill-value", str(wrong)), None

    def packed(self, snapshot: monty.FunctionSnapshot) -> bytes:
        """All that is needed to go on from where it is suspended.  Errors: MontyError."""
        return self.run.pack(snapshot.dump())

    def failed(self, code: str, sentence: str, line: int | None = None) -> Failed:
        return Failed(code, _readable(sentence), line, self._printed)

    def broken(self, error: monty.MontyError) -> Failed:
        """What an exception of Monty's means."""
        if isinstance(error, monty.MontyCrashedError):
            if error.timed_out or self._seconds() >= self.run.limits.seconds:
                return self.failed("skill-time", "It ran longer than it may.")
            return self.failed(DIED, "The process that ran it ended.")
        if self._flooded:
            return self.failed("skill-output", "It printed more than it may.")
        if not isinstance(error, monty.MontyRuntimeError | monty.MontySyntaxError):
            return self.failed("skill-error", "It could not be run.")
        said = error.display("type-msg")
        code = _CODES.get(said.partition(":")[0].strip(), "skill-error")
        if said.startswith("NotImplementedError: The monty syntax parser"):
            code = "skill-syntax"
        if said.startswith("TimeoutError: sleep limit"):
            code = "skill-sleep"
        lines = [frame.line for frame in error.traceback() if frame.filename == _OURS]
        return self.failed(code, said, next((n for n in reversed(lines) if n <= self.run.lines), None))

    def _border(self, values: Callable[[], Any]) -> Any:
        """Errors: NotPlain, also where Monty's own conversion gives up."""
        try:
            return plain(values(), self.run.limits.value)
        except NotPlain:
            raise
        except (ValueError, TypeError, OverflowError, RecursionError, MemoryError, monty.MontyError):
            raise NotPlain("A value cannot cross the border.") from None

    def _count(self) -> None:
        self._in_time()
        self._calls += 1
        if self._calls > self.run.limits.calls:
            raise _Ended("skill-calls", "It called out more often than it may.")

    def _in_time(self) -> None:
        if self._seconds() > self.run.limits.seconds:
            raise _Ended("skill-time", "It ran longer than it may.")

    def _seconds(self) -> float:
        slept = self._slept - self.run.spent.sleep
        return self.run.spent.seconds + time.monotonic() - self._began - slept

    def _name(self, snapshot: monty.NameLookupSnapshot) -> monty.SyncSnapshot:
        if snapshot.object_id is None and snapshot.variable_name in self.run.functions:
            return snapshot.resume(value=_function(snapshot.variable_name))
        return snapshot.resume()

    def _refuse(self, snapshot: monty.FunctionSnapshot) -> monty.SyncSnapshot:
        if not snapshot.is_os_function:
            name = snapshot.function_name[:60]
            return snapshot.resume({"exc_type": "NameError", "message": f"name {name!r} is not defined"})
        if snapshot.function_name in _SLEEPS:
            self._sleep(snapshot.args[0])
            return snapshot.resume({"return_value": None})
        return snapshot.resume_not_handled()

    def _sleep(self, seconds: float) -> None:
        if not 0 <= seconds <= self.run.limits.sleep - self._slept:
            raise _Ended("skill-sleep", "It slept longer than it may.")
        time.sleep(seconds)
        self._slept += seconds

    def _suspended(self, snapshot: monty.FunctionSnapshot) -> Suspended:
        args, kwargs = self._border(lambda: (snapshot.args, snapshot.kwargs))
        spent = Spent(self._seconds(), self._calls, self._slept, self._printed)
        self.run = replace(self.run, spent=spent)
        return Suspended(str(snapshot.function_name), args, kwargs, b"", self._calls, self._printed)


@dataclass(frozen=True)
class _Held:
    """A run between two slices that stays where it is: the process is checked out until `session` is closed."""

    part: _Slice
    snapshot: monty.FunctionSnapshot
    session: contextlib.ExitStack


def _value(value: Any, run: Run) -> dict[str, Any]:
    return {"return_value": plain(value, run.limits.value)}


def _error(kind: str, sentence: str) -> dict[str, Any]:
    if kind not in ERROR_KINDS:
        raise BadRun(f"An answer is no exception of the kind {kind!r}.")
    return {"exc_type": kind, "message": _readable(sentence)}


def _function(name: str) -> Callable[[], None]:
    """A callable of that name: all that Monty asks of a function of the host."""

    def granted() -> None:
        """Never called: every call is a suspension."""

    granted.__name__ = granted.__qualname__ = name
    return granted


def _readable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text[:_MAX_SENTENCE])


def _pool() -> monty.Monty:
    return monty.Monty(
        min_processes=1,
        max_processes=1,
        checkout_timeout=30,
        request_timeout=MAX_SECONDS + 2 * _GRACE,
        max_checkouts_per_worker=_CHECKOUTS,
        feed_duration_limit_grace=_GRACE,
        turn_duration_limit_grace=_GRACE,
    )


def _limits(limits: Limits) -> monty.ResourceLimits:
    return {
        "max_feed_duration_secs": limits.seconds,
        "max_turn_duration_secs": limits.seconds,
        "max_memory": limits.memory,
        "max_recursion_depth": limits.depth,
        "max_suspensions": limits.calls + 1,  # we count, and stop it one earlier
        "max_total_sleep_secs": limits.sleep,
    }


def _policy(run: Run) -> monty.OSPolicy:
    around = run.surroundings
    policy: monty.OSPolicy = {"sleep": "system", "sleep_system_max": MAX_SECONDS}
    policy["timezone"] = {"offset_seconds": around.offset, "name": around.zone}
    clock = around.clock()
    if clock is not None:
        policy["datetime"] = clock
    if around.seed is not None:
        policy["random_start"] = {"seed": around.seed}
    return policy
