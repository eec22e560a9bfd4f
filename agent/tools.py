"""What the agent can do besides answering: the entries of skills that run on a request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from skills.api import Manifest
from skills.declared import Argument, Text


@dataclass(frozen=True)
class Tool:
    """One entry of an installed skill.  Without `examples` it is never chosen, only asked for by name."""

    skill: str
    entry: str
    title: Text
    about: Text
    arguments: tuple[Argument, ...] = ()
    examples: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.skill} {self.entry}"

    @property
    def choosable(self) -> bool:
        return bool(self.examples and self.title.en)


def tools(manifests: Iterable[Manifest]) -> tuple[Tool, ...]:
    """The tools of installed and enabled skills, in a steady order."""
    found = []
    for manifest in manifests:
        asked = {trigger.run for trigger in manifest.triggers if trigger.on == "request"}
        found += [
            Tool(manifest.name, one.name, manifest.title, manifest.about, one.arguments, one.examples)
            for one in manifest.entries
            if one.name in asked
        ]
    return tuple(sorted(found, key=lambda tool: tool.name))
