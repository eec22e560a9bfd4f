"""A skill in words: its title, what it may do, when it runs by itself."""

from __future__ import annotations

from agent.tools import asked_for
from app.phrases import phrase
from app.skill_results import EntryView
from app.texts import catalogue, text
from skills.api import Entry, Manifest, Permission, Trigger


def permission(wanted: Permission, language: str) -> str:
    """What it lets a skill do, one sentence."""
    said = wanted.describe()
    return phrase(said.key, language, **dict(said.values)) if said.key in catalogue() else said.sentence


def title(manifest: Manifest, language: str) -> str:
    """As its author says it, or made of its name."""
    return manifest.title.said(language) or manifest.title.en or called(manifest.name)


def about(manifest: Manifest, language: str) -> str:
    return manifest.about.said(language) or manifest.about.en or manifest.description


def entry(manifest: Manifest, one: Entry, language: str) -> EntryView:
    arguments = (
        (each.name, each.type, each.about.said(language) or each.about.en, each.required, each.choices)
        for each in one.arguments
    )
    return EntryView(one.name, tuple(arguments), one.examples, asked_for(manifest, one))


def called(name: str) -> str:
    """A title for a skill of which only the name is known."""
    return name.replace("-", " ").capitalize()


def triggers(manifest: Manifest, language: str) -> tuple[str, ...]:
    """When it runs without being asked."""
    alone = (trigger for trigger in manifest.triggers if trigger.on != "request")
    return tuple(dict.fromkeys(_trigger(trigger, language) for trigger in alone))


def _trigger(trigger: Trigger, language: str) -> str:
    return text(f"skillset.trigger-{trigger.on}", language, at=trigger.at or "")
