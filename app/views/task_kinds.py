"""The kinds of task that can be given from the window, and what is usual for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.swarm.kinds.meeting import MOST_PEERS
from app.views.desk import Desk
from app.views.task_form import TaskForm
from app.views.task_form_meeting import MeetingForm
from app.views.task_form_model import ModelForm
from app.views.task_form_prompt import PromptForm
from app.views.task_form_skill import SkillForm

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86_400.0


@dataclass(frozen=True)
class Kind:
    """`seconds`: usually, until the result is wanted.  `people`: persons answer, who need time for it.

    `most`: only so many people, each chosen; 0 for all contacts, or whoever is there.  `awards`: somebody is chosen
    among those who propose; else `give.by_…` of the kind says who gets it.
    """

    form: Callable[[Desk], TaskForm]
    seconds: float
    people: bool = False
    most: int = 0
    awards: bool = True


KINDS = {
    "inference": Kind(PromptForm, 10 * _MINUTE),
    "meeting": Kind(MeetingForm, _DAY, people=True, most=MOST_PEERS, awards=False),
    "skill": Kind(SkillForm, 10 * _MINUTE),
    "model": Kind(ModelForm, 6 * _HOUR, awards=False),
}
"""By kind; one that is not here cannot be given from the window."""

DEADLINES = (_MINUTE, 10 * _MINUTE, _HOUR, 6 * _HOUR, _DAY, 7 * _DAY)
REPLY = 30.0  # seconds that programs have to propose something, at most


def reply_seconds(kind: str, seconds: float) -> float:
    """How long the others have to propose something, where the result is wanted within `seconds`."""
    return seconds / 2 if KINDS[kind].people else min(REPLY, seconds / 2)
