"""`skill`: a skill that the provider offers runs there, with its permissions, on the provider's data.

spec    {"skill": name, "entry": name, "argument-bytes": length of the arguments in UTF-8}
input   {"arguments": text}              a JSON object, shown to the provider that is awarded
result  {"value": text}                  what the entry returned, as JSON; digests {"value": SHA-256 of its UTF-8}

An entry is run for peers only where the skill's own `[[triggers]]` have `task` for it, and the person offers the skill
by name.  It gets the arguments as `task`: data of a stranger, which taint whatever the run does.  Who asks is told what
the entry returned, which the person agreed to by offering it.  An act that wants the person's yes ends the run.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import trio

from agent.taint import Provenance, Turn
from app.hosting import installed
from app.results import CommandFailed
from app.skill_results import RunView
from app.swarm.kinds.port import Asked, BadTask, Report
from p2p.content_fields import Price
from p2p.contents import Disclosure, Proposal, Result
from p2p.deciding import Call, CannotWork, Job
from skills.plain import NotPlain, plain
from storage.database import VaultError
from storage.offers import Offer

if TYPE_CHECKING:
    from app.node import Node

MAX_ARGUMENTS = 32_000  # bytes
MAX_PLAIN = 512_000  # of the arguments as skills.plain counts them
MAX_VALUE = 48_000  # bytes: it travels in one message
MAX_DEPTH = 20  # of JSON: a deeper one is refused before it is read
OFFERED = "skills"  # the offer's setting: names
ETA = 10_000  # milliseconds: a guess, which only orders bids
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_ENTRY = re.compile(r"[a-z][a-z0-9-]{0,39}")


class SkillTask:
    """See `Kind`."""

    name = "skill"
    unit = "runs"
    repeatable = False
    usual: Offer | None = None

    def __init__(self, node: Node) -> None:
        self._node = node

    async def ask(self, arguments: Mapping[str, Any]) -> Asked:
        skill, entry = str(arguments.get("skill", "")), str(arguments.get("entry", ""))
        given = str(arguments.get("arguments") or "{}")
        if not _NAME.fullmatch(skill) or not _ENTRY.fullmatch(entry):
            raise BadTask("task-skill-name")
        try:
            packed = json.dumps(arguments_of(given), ensure_ascii=False, separators=(",", ":"))
        except ValueError as wrong:
            raise BadTask("task-skill-arguments", most=MAX_ARGUMENTS) from wrong
        size = len(packed.encode())
        if size > MAX_ARGUMENTS:
            raise BadTask("task-skill-arguments", most=MAX_ARGUMENTS)
        spec = {"skill": skill, "entry": entry, "argument-bytes": size}
        return Asked(spec, {"arguments": packed}, Disclosure.TYPED, packed)

    def amount(self, spec: Mapping[str, Any]) -> int:
        skill, entry, size = (spec.get(key) for key in ("skill", "entry", "argument-bytes"))
        if set(spec) != {"skill", "entry", "argument-bytes"} or type(size) is not int:
            raise BadTask("spec")
        if not (isinstance(skill, str) and isinstance(entry, str) and 2 <= size <= MAX_ARGUMENTS):
            raise BadTask("spec")
        if not _NAME.fullmatch(skill) or not _ENTRY.fullmatch(entry):
            raise BadTask("spec")
        return 1

    async def propose(self, call: Call, offer: Offer) -> Proposal:
        spec = call.content.spec
        try:
            await self._offered(str(spec["skill"]), str(spec["entry"]), offer)
        except CannotWork as no:
            raise BadTask(no.code) from no
        return Proposal(Price(offer.price, "credit" if offer.price else "none"), eta=ETA)

    async def work(self, job: Job, report: Report) -> tuple[Result, int]:  # noqa: ARG002 - the port's signature
        spec = job.call.content.spec
        skill, entry = str(spec["skill"]), str(spec["entry"])
        offer = await self._node.blocking(self._node.vault.vault.offers.get, self.name)
        await self._offered(skill, entry, offer)  # it may have been withdrawn since
        given = _given(job.acceptance.input, spec["argument-bytes"])
        turn = Turn()
        turn.read(None, Provenance("peer", sender=job.call.peer, authenticated=True))
        view = await self._run(skill, entry, given, turn)
        value = json.dumps(view.value, ensure_ascii=False, separators=(",", ":"))
        if len(value.encode()) > MAX_VALUE:
            raise CannotWork("too-large")
        return Result({"value": value}, {"value": hashlib.sha256(value.encode()).digest()}), 1

    async def _run(self, skill: str, entry: str, given: Mapping[str, Any], turn: Turn) -> RunView:
        """A run that came to its end.  Cancelled, it is stopped.  Errors: CannotWork."""
        try:
            view = await self._node.skills.run(skill, entry, {"task": given}, occasion="task", turn=turn)
        except (CommandFailed, VaultError) as failed:
            raise CannotWork("error") from failed
        if view.row.state == "done":
            return view
        with trio.CancelScope(shield=True):  # what waits for a yes is not done after the task has failed
            await self._stopped(view)
        raise CannotWork("approval" if view.row.state == "waiting" else "error")

    async def _stopped(self, view: RunView) -> None:
        if view.row.state != "waiting":
            return
        try:
            await self._node.skills.stop(view.row.id)
        except (CommandFailed, VaultError):
            return  # locked meanwhile: the run ended with it

    async def _offered(self, skill: str, entry: str, offer: Offer | None) -> None:
        """Errors: CannotWork("not-offered")."""
        names = offer.settings.get(OFFERED, ()) if offer is not None and offer.audience != "nobody" else ()
        if skill not in names:
            raise CannotWork("not-offered")
        try:
            found = await self._node.blocking(installed.load, self._node.vault.vault, skill)
        except (CommandFailed, VaultError) as failed:
            raise CannotWork("not-offered") from failed
        if not any(one.on == "task" and one.run == entry for one in found.manifest.triggers):
            raise CannotWork("not-offered")


def arguments_of(text: str) -> dict[str, Any]:
    """A JSON object.  Errors: ValueError."""
    if _depth(text) > MAX_DEPTH:
        raise ValueError("it lies too deep")
    value = json.loads(text, parse_constant=_no_number)
    if not isinstance(value, dict):
        raise ValueError("it is no object")  # noqa: TRY004 - the text is wrong, not its type
    try:
        plain(value, MAX_PLAIN)
    except NotPlain as no:
        raise ValueError("a program cannot be given it") from no
    return value


def _given(acceptance: Mapping[str, Any], size: object) -> dict[str, Any]:
    """What the initiator handed over, as its call said.  Errors: CannotWork("spec")."""
    text = acceptance.get("arguments")
    if set(acceptance) != {"arguments"} or not isinstance(text, str) or len(text.encode()) != size:
        raise CannotWork("spec")
    try:
        return arguments_of(text)
    except ValueError as wrong:
        raise CannotWork("spec") from wrong


def _depth(text: str) -> int:
    """At least as deep as the value lies: brackets within texts count too."""
    deepest = depth = 0
    for character in text:
        depth += (character in "[{") - (character in "]}")
        deepest = max(deepest, depth)
    return deepest


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")
