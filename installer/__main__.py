"""`python3 -m installer`: set up, start, test, examine.  Standard library only."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import NoReturn

from installer import config, display, steps, venv
from installer.commands import Job
from installer.failures import SetUpFailed
from installer.progress import Progress
from installer.stamps import Stamps

INTERRUPTED = 130  # what a shell reports for Ctrl-C


def parse(arguments: Sequence[str] | None) -> tuple[argparse.Namespace, list[str]]:
    """The installer's own options, and what is for the program that it starts."""
    top = argparse.ArgumentParser(prog="python3 -m installer", description="Set up, start, test and examine Nuée.")
    commands = top.add_subparsers(dest="command", required=True)
    run = "set up what is missing and open Nuée"
    commands.add_parser("run", help=run, epilog="Other options go to nuee: --home DIR.", allow_abbrev=False)
    commands.add_parser("setup", help="set up what is missing, and stop there")
    check = "set up what is missing and run every check"
    test = commands.add_parser("test", help=check, epilog="Other arguments go to pytest.", allow_abbrev=False)
    test.add_argument("--all", action="store_true", help="run the long campaigns whole")
    doctor = commands.add_parser("doctor", help="examine the set-up: what is there, what is wrong, what to do")
    doctor.add_argument("--json", action="store_true", help="print one JSON object")
    commands.add_parser("multilingual", help="fetch an embedding model that finds across languages (90 MB)")
    options, rest = top.parse_known_args(arguments)
    if rest and options.command not in ("run", "test"):
        top.error(f"unknown arguments: {' '.join(rest)}")
    return options, rest


def set_up(wanted: steps.Wanted) -> None:
    venv.check_version()
    steps.run(steps.plan(wanted), Stamps(config.STAMPS))


def start(arguments: Sequence[str]) -> NoReturn:
    """Become the app.  Options stand before its command, as for `nuee` itself."""
    way = "open"
    if not display.available():
        way = "chat"
        print("There is no display here: Nuée opens in this terminal instead of a window.", flush=True)
    command = [str(venv.python()), "-m", "app", *arguments, way]
    sys.stdout.flush()
    if os.name == "nt":  # exec there returns to the shell at once, with both reading the keyboard
        raise SystemExit(subprocess.run(command, check=False).returncode)
    os.execv(command[0], command)  # noqa: S606  a fixed program, no shell


def dispatch(options: argparse.Namespace, rest: Sequence[str]) -> int:
    if options.command == "doctor":
        from installer import doctor

        return doctor.run(as_json=options.json)
    if options.command == "test":
        from installer import checks

        set_up(steps.Wanted(tests=True))
        return checks.run(options.all, rest)
    set_up(steps.Wanted(window=display.available()))
    if options.command == "multilingual":
        from installer import multilingual

        with Progress("Multilingual model") as progress:
            multilingual.install(Job(progress))
        return 0
    if options.command == "run":
        start(rest)
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    if sys.version_info < config.OLDEST_PYTHON:
        print(f"Nuée needs Python {'.'.join(map(str, config.OLDEST_PYTHON))} or later.", file=sys.stderr)
        return 1
    try:
        return dispatch(*parse(arguments))
    except SetUpFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    except OSError as failure:
        print(f"The set-up cannot go on: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted.  Start again to go on from here.", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
