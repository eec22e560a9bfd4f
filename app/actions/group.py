"""The types that every group of actions shares.  Light: the command line reads this at every start."""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Protocol, TextIO

if TYPE_CHECKING:
    from app.node import Node

Say = Callable[[str], str]  # the sentence under `cli.help.KEY`
Printer = Callable[[dict[str, Any], str, TextIO, str], None]  # result, language, where to, what was streamed before
Request = Callable[["Node", dict[str, Any], Callable[[object], None]], Awaitable[dict[str, Any]]]
Requests = dict[str, tuple[Request, bool]]  # by name: the request, and whether it needs the vault open


class AddCommand(Protocol):
    """Makes the parser of one command, with the options that all of them share."""

    def __call__(self, name: str, /, **named: Any) -> argparse.ArgumentParser: ...

    def actions(self, parser: argparse.ArgumentParser, /) -> AddCommand:
        """The same for the actions of a command: `nuee COMMAND ACTION`; which one stands in `options.action`."""
        ...


def whole_number(most: int) -> Callable[[str], int]:
    """An argument that is a number from 1 to `most`; anything else is refused with these bounds."""

    def read(value: str) -> int:
        number = int(value) if value.isascii() and value.isdigit() else 0
        if not 1 <= number <= most:
            raise argparse.ArgumentTypeError(f"1 … {most}")
        return number

    return read
