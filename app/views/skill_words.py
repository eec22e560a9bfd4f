"""How a skill and its runs are told in one line."""

from __future__ import annotations

from app.skill_results import RunRow, SkillRow
from app.views.plain import one_line
from app.views.wording import Words

_STATES = {
    "running": ("runs.running", "muted"),
    "waiting": ("runs.waiting", "warning"),
    "done": ("runs.done", "good"),
    "failed": ("runs.failed", "danger"),
    "stopped": ("runs.stopped", "muted"),
}


def title(skill: SkillRow) -> str:
    """As its author calls it, or by its short name."""
    return one_line(skill.title) or skill.name


def about(skill: SkillRow, words: Words) -> str:
    """Version and source."""
    facts = [words("skills.version", version=skill.version), source(skill, words)]
    if not skill.runs:
        facts.append(words("skills.instructions_only"))
    return " · ".join(facts)


def source(skill: SkillRow, words: Words) -> str:
    """Where it came from."""
    bundled = skill.source == "bundled"
    return words("skills.bundled") if bundled else words("skills.from", source=one_line(skill.source))


def run_line(run: RunRow, words: Words) -> str:
    """When, and why it ran."""
    return " · ".join(part for part in (words.date(run.started, time=True), one_line(run.occasion)) if part)


def run_state(run: RunRow, words: Words) -> tuple[str, str]:
    """How it went, and the look of that."""
    key, look = _STATES[run.state]
    return words(key), look
