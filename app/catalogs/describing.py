"""A skill in words: its title, what it may do, when it runs by itself."""

from __future__ import annotations

from app.texts import catalogue, text
from skills.api import Manifest, Permission, Trigger


def permission(wanted: Permission, language: str) -> str:
    """What it lets a skill do, one sentence."""
    said = wanted.describe()
    return text(said.key, language, **dict(said.values)) if said.key in catalogue() else said.sentence


def title(manifest: Manifest, language: str) -> str:  # noqa: ARG001
    return called(manifest.name)


def about(manifest: Manifest, language: str) -> str:  # noqa: ARG001
    return manifest.description


def called(name: str) -> str:
    """A title for a skill of which only the name is known."""
    return name.replace("-", " ").capitalize()


def triggers(manifest: Manifest, language: str) -> tuple[str, ...]:
    """When it runs without being asked."""
    alone = (trigger for trigger in manifest.triggers if trigger.on != "request")
    return tuple(dict.fromkeys(_trigger(trigger, language) for trigger in alone))


def _trigger(trigger: Trigger, language: str) -> str:
    return text(f"skills.trigger-{trigger.on}", language, at=trigger.at or "")
