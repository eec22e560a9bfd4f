"""What the commands on validation return.  Frozen, standard types only.  Times are ISO 8601 in UTC."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ValidationView:
    """What is known of whether a task came out the same when it was done again.

    `state`: as the chain has it
        none      nobody was asked
        waiting   asked, and not answered yet
        passed    the same, bit for bit
        failed    something else
        other     the chain names another validator than the bid: it counts for nothing
    and, to be shown in a window where nothing can be asked,
        open      the task names no model, so that nobody can do the same again
        unknown   the chain does not answer, or there is none; `why`: the reason in a sentence

    `hash`: of the request.  `validator`: its address, `name`: what the person calls it.  `engine`: the build that both
    claim, "" for an unknown one.  `when`: asked, or answered.  `named`: the peer that the bid named, as the person
    calls it, and `by` its id.  `askable`: this node did the task, and may have it checked by that peer now.
    `going`: the task of ours in which it is being done again, "" for none.
    """

    hash: str
    state: str
    validator: str = ""
    name: str = ""
    engine: str = ""
    when: str = ""
    named: str = ""
    by: str = ""
    askable: bool = False
    going: str = ""
    ours: bool = False  # this node did it again for somebody
    why: str = ""
