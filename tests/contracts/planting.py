"""Bugs to be planted: a change of a source, and where it is caught."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from p2p.contracts.compile import CONTRACTS, SOURCES, compiled
from tests.contracts.world import World, in_tree

Caught = Callable[[World], None]


@dataclass(frozen=True)
class Bug:
    """`was` stands exactly once in the source of `contract` (or in `source`), and becomes `becomes`."""

    name: str
    contract: str
    was: str
    becomes: str
    caught: Caught
    source: str = ""

    def planted(self, folder: Path) -> World:
        """A world in which this one contract has the bug; `folder` is empty and becomes its sources."""
        for file in SOURCES.glob("*.vy"):
            shutil.copy(file, folder)
        main = CONTRACTS[self.contract][0]
        file = folder / (self.source or main)
        text = file.read_text("utf-8")
        assert text.count(self.was) == 1, f"{self.was!r} stands {text.count(self.was)} times in {file.name}"
        file.write_text(text.replace(self.was, self.becomes), "utf-8")
        made = compiled(folder / main, names=CONTRACTS[self.contract][1])
        contracts = in_tree()
        contracts[self.contract] = (bytes.fromhex(made["bytecode"].removeprefix("0x")), made["abi"])
        return World(made=contracts)
