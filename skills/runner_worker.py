"""What runs inside `nuee --worker skills`: the sandbox as a service, under limits of its own.

The interpreter is a process below this one.  Time is limited from outside too, by ending this process; Monty ends the
interpreter when it sees its pipe close.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

from skills import confine
from skills.limits import BadLimits, Surroundings, limits
from skills.outcome import to_map
from skills.sandbox import ENGINE, Sandbox

_Handler = Callable[[dict[str, Any], Any], Mapping[str, Any]]


def service() -> dict[str, _Handler]:
    """Handlers by operation; the limits of this process stand from now on, for good.

    ready() -> {"engine"}, which a sealed dump is bound to.
    run(skill, program, entry, inputs, functions, limits, surroundings), resume(skill, dump, value) and
    resume_error(skill, dump, kind, sentence) -> an outcome, as `skills.outcome.from_map` reads it.  `skill` is the
    digest; a process that ran another skill is not used again.  With `hold`, a call leaves the run here without a dump:
    go_on(value) and go_on_error(kind, sentence) go on with it, let_go() -> {"dump"} ends that, as does any other run.
    Errors: skill-run, skill-value, skill-limits.
    """
    confine.worker()
    sandbox = Sandbox()
    contextlib.ExitStack().enter_context(sandbox)  # until the process ends
    return _Service(sandbox).handlers()


class _Service:
    """Main thread of the worker only."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._last: str | None = None

    def handlers(self) -> dict[str, _Handler]:
        return {
            "ready": lambda _args, _reply: {"engine": ENGINE},
            "run": self._run,
            "resume": self._resume,
            "resume_error": self._resume_error,
            "go_on": lambda args, _reply: to_map(self._sandbox.go_on(args["value"])),
            "go_on_error": lambda args, _reply: to_map(
                self._sandbox.go_on_error(str(args["kind"]), str(args["sentence"]))
            ),
            "let_go": lambda _args, _reply: {"dump": self._sandbox.let_go()},
        }

    def _run(self, args: dict[str, Any], _reply: Any) -> Mapping[str, Any]:
        around = args.get("surroundings", {})
        try:
            surroundings = Surroundings(**around)
        except TypeError:
            raise BadLimits("Surroundings are `now`, `zone` and `seed`.") from None
        sandbox = self._for(args["skill"])
        program, entry, inputs = str(args["program"]), str(args["entry"]), dict(args["inputs"])
        most, hold = limits(args.get("limits", {})), bool(args.get("hold"))
        return to_map(sandbox.run(program, entry, inputs, args["functions"], most, surroundings, hold=hold))

    def _resume(self, args: dict[str, Any], _reply: Any) -> Mapping[str, Any]:
        sandbox, hold = self._for(args["skill"]), bool(args.get("hold"))
        return to_map(sandbox.resume(bytes(args["dump"]), args["value"], hold=hold))

    def _resume_error(self, args: dict[str, Any], _reply: Any) -> Mapping[str, Any]:
        sandbox = self._for(args["skill"])
        kind, sentence, hold = str(args["kind"]), str(args["sentence"]), bool(args.get("hold"))
        return to_map(sandbox.resume_error(bytes(args["dump"]), kind, sentence, hold=hold))

    def _for(self, skill: str) -> Sandbox:
        """The sandbox, in a new process unless `skill` was the last to run in this one."""
        if self._last is not None and self._last != skill:
            self._sandbox.renew()
        self._last = skill
        return self._sandbox
