"""What the agent can do besides answering: the entries of skills that run on a request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from skills.api import Entry, Manifest
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
    """The tools of installed and enabled skills: skills by name, the entries of each as its author orders them."""
    return tuple(
        tool(manifest, one)
        for manifest in sorted(manifests, key=lambda each: each.name)
        for one in manifest.entries
        if asked_for(manifest, one)
    )


def tool(manifest: Manifest, entry: Entry) -> Tool:
    """The entry as the agent sees it."""
    return Tool(manifest.name, entry.name, manifest.title, manifest.about, entry.arguments, entry.examples)


def asked_for(manifest: Manifest, entry: Entry) -> bool:
    """Whether a person can ask for it; the others run by themselves only."""
    return any(trigger.on == "request" and trigger.run == entry.name for trigger in manifest.triggers)
