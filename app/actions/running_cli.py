"""On the command line: runs of skills, on request, and their log."""

from __future__ import annotations

import argparse
from typing import Any

from app.actions.group import AddCommand, Printer, Say


def arguments(command: AddCommand, say: Say) -> None:
    """Add this group's commands to the parser."""


def request(options: argparse.Namespace, language: str) -> tuple[str, dict[str, Any]] | None:  # noqa: ARG001
    """The name and the arguments of the command as `app.requests` wants them; None for another group's."""
    return None


PRINTERS: dict[str, Printer] = {}
