"""What the agent can do besides answering: the entries of skills that run on a request."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from skills.api import Entry, Manifest
from skills.declared import Argument, Text

MAX_STRANGE = 300  # characters of a stranger's words that a model is shown
_REQUEST = Argument("request", "request", Text("What to write or answer", "Ce qu’il faut écrire ou répondre"), True)
GUIDE = Entry("guide", "", (_REQUEST,))  # what a skill of instructions only is asked for: an answer after them


@dataclass(frozen=True)
class Tool:
    """One entry of an installed skill.  Without `examples` it is never chosen, only asked for by name."""

    skill: str
    entry: str
    title: Text
    about: Text
    arguments: tuple[Argument, ...] = ()
    examples: tuple[str, ...] = ()
    guides: bool = False  # instructions only: a model answers after them, and calls nothing

    @property
    def name(self) -> str:
        return f"{self.skill} {self.entry}"

    def described(self, language: str) -> str:
        """For a model, one line: what strangers say of their tool is data, quoted and bounded."""
        about = self.about.said(language)
        return f"{self.name}: {quoted(about) if self.strange or self.guides else about}"

    @property
    def strange(self) -> bool:
        """Whether another program's author wrote all of it, and no catalog stands for it."""
        return ":" in self.skill

    @property
    def choosable(self) -> bool:
        return bool(self.examples and self.title.en)


def quoted(said: str) -> str:
    """A stranger's words for a model: data on one line, between quotes, and not too many."""
    return json.dumps(" ".join(said.split())[:MAX_STRANGE], ensure_ascii=False)


def tools(manifests: Iterable[Manifest]) -> tuple[Tool, ...]:
    """The tools of installed and enabled skills: skills by name, the entries of each as its author orders them."""
    return tuple(
        tool(manifest, one) for manifest in sorted(manifests, key=lambda each: each.name) for one in entries(manifest)
    )


def entries(manifest: Manifest) -> tuple[Entry, ...]:
    """Those that a person can ask for."""
    if manifest.version is None and not manifest.entries:
        return (GUIDE,)
    return tuple(one for one in manifest.entries if asked_for(manifest, one))


def tool(manifest: Manifest, entry: Entry) -> Tool:
    """The entry as the agent sees it."""
    if entry is GUIDE:
        about = Text(manifest.description, manifest.description)
        return Tool(manifest.name, entry.name, Text(manifest.name, manifest.name), about, entry.arguments, guides=True)
    return Tool(manifest.name, entry.name, manifest.title, manifest.about, entry.arguments, entry.examples)


def asked_for(manifest: Manifest, entry: Entry) -> bool:
    """Whether a person can ask for it; the others run by themselves only."""
    return any(trigger.on == "request" and trigger.run == entry.name for trigger in manifest.triggers)
