"""`python3 -m installer test`: everything that must hold before a change is good, quickest first."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from installer import config, display, memory, places, venv

# A file stays together, since its tests share what is slow to set up, and files come in their order: the longest ones,
# of few tests each, would else come last, and the others would wait.
# A test that starts whole programs can run out of time beside others on a busy machine.  A few that failed are run once
# more, alone: those that fail again have failed, and those that pass are named at the end, to be looked into.
_FEW = 5
_SIDE_BY_SIDE = ("--dist", "loadfile", "--no-loadscope-reorder")
_MEMORY_FOR_THREE = 11 << 30  # bytes; what says "12 GB" on its box shows a little less

_TESTS_FAILED = 1  # pytest's exit status


def commands(pytest_arguments: Sequence[str] = ()) -> list[list[str]]:
    """The checks in order, the tests last.  Each is a program of the environment."""
    python = str(venv.python())
    lint_imports = str(venv.scripts() / ("lint-imports.exe" if os.name == "nt" else "lint-imports"))
    return [
        [python, "-m", "ruff", "check", "."],
        [python, "-m", "ruff", "format", "--check", "."],
        [python, "-m", "mypy"],
        [lint_imports],
        [python, "-m", "pytest", "-n", str(workers()), *_SIDE_BY_SIDE, *pytest_arguments],
    ]


def workers() -> int:
    """How many test files run at a time.

    Two need what a laptop of 8 GiB has, since many tests start the whole program.  A third uses the time that the
    others wait for processes to start and for clocks to move; more would slow each other down on two cores.
    """
    return 3 if memory.total() >= _MEMORY_FOR_THREE else 2


def run(everything: bool, pytest_arguments: Sequence[str] = ()) -> int:
    """Run the checks up to the first that fails, and return its exit status.  `everything`: whole campaigns too."""
    *before, tests = commands(pytest_arguments)
    with display.virtual() as screen:
        env = _environment(everything, screen)
        status = _read(before, env)
        if status:
            return status
        print(f"\n$ {_shown(tests)}", flush=True)
        status = subprocess.run(tests, cwd=config.ROOT, env=env, stdin=subprocess.DEVNULL, check=False).returncode
        if status == _TESTS_FAILED and not pytest_arguments:
            status = _alone(tests[0], env)
        return _told(tests, status)


def _environment(everything: bool, screen: Mapping[str, str]) -> dict[str, str]:
    # Threads of a model that wait for each other sleep: by default they spin, on cores that other tests need.
    env = {**os.environ, **screen, "PYTHONUNBUFFERED": "1", "OMP_WAIT_POLICY": "passive"}
    # The tests start the program hundreds of times: without its bytecode each start would compile it anew.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    if everything:
        env["NUEE_CAMPAIGN"] = "all"
    return env


def _reading() -> dict[str, str]:
    """The environment of what only reads the code.

    mypy knows by their digest which files it has looked at, so one memory serves all copies of the project: 20 seconds.
    What goes into a file is UTF-8 whatever a terminal of this system shows.
    """
    return {"MYPY_CACHE_DIR": str(places.cache() / "mypy"), "PYTHONIOENCODING": "utf-8"}


def _read(commands: Sequence[Sequence[str]], env: Mapping[str, str]) -> int:
    """Run what only reads the code side by side; what each said comes in their order, up to the first that fails."""
    with contextlib.ExitStack() as ending:
        running = []
        for command in commands:
            said = ending.enter_context(tempfile.TemporaryFile())
            started = subprocess.Popen(
                command,
                cwd=config.ROOT,
                env={**env, **_reading()},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
            )
            ending.callback(_end, started)
            running.append((command, started, said))
        for command, started, said in running:
            print(f"\n$ {_shown(command)}", flush=True)
            status = started.wait()
            said.seek(0)
            _print(said.read().decode("utf-8", "replace"))
            if status:
                return _told(command, status)
    return 0


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it if it still runs."""
    process.terminate()
    process.wait()


def _print(text: str) -> None:
    """`text`, with "?" for what the terminal has no sign for."""
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding), end="", flush=True)


def _shown(command: Sequence[str]) -> str:
    return " ".join([command[2] if command[1:2] == ["-m"] else "lint-imports", *command[3:]])


def _told(command: Sequence[str], status: int) -> int:
    """Say so if the check failed; the exit status that becomes of it."""
    if status:
        print(f"\n{_shown(command).split()[0]} failed.", flush=True)
    return status if status >= 0 else 128 - status


def _alone(python: str, env: Mapping[str, str]) -> int:
    """Run the few tests that failed once more, one after the other; pytest's exit status."""
    failed = _failed(config.ROOT)
    if not 0 < len(failed) <= _FEW:
        return _TESTS_FAILED
    print(f"\n$ pytest, alone: {' '.join(failed)}", flush=True)
    again = [python, "-m", "pytest", "-p", "no:cacheprovider", *failed]
    status = subprocess.run(again, cwd=config.ROOT, env=env, stdin=subprocess.DEVNULL, check=False).returncode
    if status == 0:
        print("\nPassed alone, failed beside others: " + ", ".join(failed), flush=True)
    return status


def _failed(root: Path) -> list[str]:
    """What pytest noted of its last run."""
    try:
        noted = json.loads((root / ".pytest_cache" / "v" / "cache" / "lastfailed").read_text("utf-8"))
    except (OSError, ValueError):
        return []
    return sorted(name for name in noted if "::" in name)  # a worker that could not begin is no test
