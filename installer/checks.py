"""`python3 -m installer test`: everything that must hold before a change is good, quickest first."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from installer import config, display, venv

# Two at a time, whatever the machine: more would need more memory than a laptop has, since many tests start the whole
# program.  A file stays together, since its tests share what is slow to set up, and files come in their order: the
# longest ones, of few tests each, would else come last, and one of the two would wait.
# A test that starts whole programs can run out of time beside others on a busy machine.  A few that failed are run once
# more, alone: those that fail again have failed, and those that pass are named at the end, to be looked into.
_FEW = 5
_SIDE_BY_SIDE = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")


_TESTS_FAILED = 1  # pytest's exit status


def commands(pytest_arguments: Sequence[str] = ()) -> list[list[str]]:
    """The checks in order.  Each is a program of the environment."""
    python = str(venv.python())
    lint_imports = str(venv.scripts() / ("lint-imports.exe" if os.name == "nt" else "lint-imports"))
    return [
        [python, "-m", "ruff", "check", "."],
        [python, "-m", "ruff", "format", "--check", "."],
        [python, "-m", "mypy"],
        [lint_imports],
        [python, "-m", "pytest", *_SIDE_BY_SIDE, *pytest_arguments],
    ]


def run(everything: bool, pytest_arguments: Sequence[str] = ()) -> int:
    """Run the checks up to the first that fails, and return its exit status.  `everything`: whole campaigns too."""
    with display.virtual() as screen:
        env = {**os.environ, **screen, "PYTHONUNBUFFERED": "1"}
        if everything:
            env["NUEE_CAMPAIGN"] = "all"
        for command in commands(pytest_arguments):
            words = [command[2] if command[1:2] == ["-m"] else "lint-imports", *command[3:]]
            print(f"\n$ {' '.join(words)}", flush=True)
            status = subprocess.run(command, cwd=config.ROOT, env=env, stdin=subprocess.DEVNULL, check=False).returncode
            if status == _TESTS_FAILED and "pytest" in command and not pytest_arguments:
                status = _alone(command[0], env)
            if status:
                print(f"\n{words[0]} failed.", flush=True)
                return status if status > 0 else 128 - status
    return 0


def _alone(python: str, env: dict[str, str]) -> int:
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
