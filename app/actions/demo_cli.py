"""On the command line: showing what Nuée does with throw-away profiles."""

from __future__ import annotations

import argparse
from typing import Any

from app.actions.group import AddCommand, Say


def arguments(command: AddCommand, say: Say) -> None:
    """Add this group's commands to the parser."""
    swarm = command.actions(command("demo"))("swarm")
    swarm.add_argument("--no-windows", action="store_true", help=say("demo_no_windows"))


def runs_alone(options: argparse.Namespace) -> bool:
    """Whether `run` does this command."""
    return bool(options.command == "demo")


def run(options: argparse.Namespace, language: str) -> int:
    """The exit status."""
    from app import demo

    windows = demo.has_display() and not getattr(options, "no_windows", False)
    return demo.run(language, windows=windows)


def request(_options: argparse.Namespace, _language: str) -> tuple[str, dict[str, Any]] | None:
    """None: nothing of this group is asked of a node."""
    return None
