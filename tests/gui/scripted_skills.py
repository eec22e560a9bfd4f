"""The commands on skills, approvals, memory and activity, with canned results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import trio

from app.interop_results import EndpointState, EndpointToken, McpServerRow, McpServerView, OfferedPart
from app.skill_results import (
    ActivityRow,
    ApprovalRow,
    ApprovalsChanged,
    CallView,
    CatalogRow,
    DraftRow,
    EntryView,
    FactRow,
    InstallPlan,
    OfferRow,
    PermissionView,
    RuleRow,
    RunRow,
    RunView,
    SkillRow,
    SkillsChanged,
    SkillView,
    SourceView,
)
from storage.database import VaultError

NOW = datetime.now(UTC)
DIGEST = "ab" * 32
READ = PermissionView("mail.read", "Read your mail")
SEND = PermissionView("mail.send:to=contact", "Send mail to people in your contacts", new=True)
LETTER = "Dear Sophie,\n\nFriday at five suits me. I shall wait at the station.\n\nCamille\n" + "P.S. and more\n" * 30
POISONED = SourceView("mail", "m1", "Train de vendredi", "Sophie Laurent <sophie@example.org>", "Friday at five?")
NOTE = SourceView("note", "n2", "Stations", "", authenticated=False)
SAID = "Sophie asks whether Friday at five suits you [1]. You noted the station [2]."


def when(**units: float) -> str:
    """A moment so long from now, as results hold it."""
    return (datetime.now(UTC) + timedelta(**units)).isoformat(timespec="seconds")


def skill(name: str, **fields: Any) -> SkillRow:
    row = SkillRow(
        name=name,
        version="1.2.0",
        source="bundled",
        permissions=("mail.read",),
        title=name.title(),
        about=f"Does what {name} does.",
        triggers=("When new mail comes in",),
    )
    return replace(row, **fields)


def approval(number: int, **fields: Any) -> ApprovalRow:
    row = ApprovalRow(
        id=number,
        state="pending",
        skill="reply",
        function="mail.send",
        title="Send a mail to sophie@example.org",
        fields=(("To", "sophie@example.org"), ("Subject", "Re: Train de vendredi"), ("Text", LETTER)),
        because="What led to this was written by somebody else.",
        sources=(POISONED, NOTE),
        created=when(minutes=-3),
        expires=when(hours=20),
        outcome="",
        digest=DIGEST,
        always="Without asking: send a mail, by the skill reply, to sophie@example.org.",
        never="Never: send a mail, by the skill reply, to sophie@example.org.",
    )
    return replace(row, **fields)


def run(number: int, **fields: Any) -> RunRow:
    row = RunRow(
        id=number,
        skill="reply",
        version="1.2.0",
        entry="draft",
        occasion="You asked for it",
        state="done",
        started=when(minutes=-number),
        ended=when(minutes=-number),
        text=SAID,
        error="",
        approval=None,
    )
    return replace(row, **fields)


def fact(number: int, text: str, **fields: Any) -> FactRow:
    return replace(FactRow(number, "fact", text, "you", "", True, when(days=-3)), **fields)


def act(number: int, **fields: Any) -> ActivityRow:
    row = ActivityRow(
        id=number,
        at=when(minutes=-number),
        actor="reply",
        sentence="Wrote a draft to sophie@example.org",
        because=(POISONED,),
        run=1,
        approval=None,
        undo=True,
        undone=None,
    )
    return replace(row, **fields)


ENTRY = EntryView(
    "draft",
    (
        ("who", "person", "Whom to answer", True, ()),
        ("tone", "choice", "How it sounds", False, ("friendly", "formal")),
        ("length", "number", "How many sentences", False, ()),
    ),
    ("answer Sophie that Friday suits me",),
)
PLAN = InstallPlan(
    name="recipes",
    version="2.0.0",
    before="",
    verdict="ask",
    reasons=(),
    permissions=(READ, SEND),
    lost=(),
    source="https://example.org/catalog/",
    signer="ed25519:4f2a…",
    agreed="plan-1",
)


class ScriptedSkills:
    """Trio thread, but for the attributes that a test sets before."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        self.listener: Callable[[object], None] = lambda _: None
        self.installed: list[SkillRow] = []
        self.view_of: SkillView | None = None
        self.offered: tuple[OfferRow, ...] = ()
        self.trusted: list[CatalogRow] = []
        self.plan: InstallPlan | Exception = PLAN
        self.ran: list[RunRow] = []
        self.asked: list[ApprovalRow] = []
        self.standing: list[RuleRow] = [RuleRow(0, "Ask me first: send a mail.", {"effect": "ask"}, None)]
        self.remembered: list[FactRow] = []
        self.on: frozenset[str] = frozenset()  # parts that are offered
        self.servers: list[McpServerRow] = []
        self.drafted: list[DraftRow] = []
        self.sending: Exception | None = None  # what editing or sending a draft fails with
        self.described: McpServerView | Exception | None = None  # an MCP server's tools as it describes them
        self.acts: list[ActivityRow] = []
        self.running = trio.Event()  # a run waits for it

    # -- skills ----------------------------------------------------------------------------------------------------

    async def skills(self, node: object) -> tuple[SkillRow, ...]:
        return tuple(self.installed)

    async def skill(self, node: object, name: str) -> SkillView:
        row = next(row for row in self.installed if row.name == name)
        return SkillView(
            row,
            "# How\n\nBe *brief*.",
            (READ,) if row.runs else (),
            (ENTRY, EntryView("arrived", (), (), asked=False)) if row.runs else (),
            DIGEST,
            "Nuée",
            when(days=-9),
        )

    async def enable_skill(self, node: object, name: str, on: bool) -> None:
        self.calls.append(("enable_skill", (name, on)))
        self.installed = [replace(row, enabled=on) if row.name == name else row for row in self.installed]

    async def remove_skill(self, node: object, name: str) -> None:
        self.calls.append(("remove_skill", (name,)))
        self.installed = [row for row in self.installed if row.name != name]
        self.listener(SkillsChanged())

    async def plan_install(self, node: object, what: str) -> InstallPlan:
        self.calls.append(("plan_install", (what,)))
        if isinstance(self.plan, Exception):
            raise self.plan
        return self.plan

    async def install(self, node: object, what: str, agreed: str) -> None:
        self.calls.append(("install", (what, agreed)))
        self.installed.append(skill("recipes"))

    async def plan_update(self, node: object, name: str) -> InstallPlan:
        self.calls.append(("plan_update", (name,)))
        if isinstance(self.plan, Exception):
            raise self.plan
        return self.plan

    async def update(self, node: object, name: str, agreed: str) -> None:
        self.calls.append(("update", (name, agreed)))

    async def offers(self, node: object) -> tuple[OfferRow, ...]:
        return self.offered

    async def catalogs(self, node: object) -> tuple[CatalogRow, ...]:
        return tuple(self.trusted)

    async def add_catalog(self, node: object, address: str, key: str) -> None:
        self.calls.append(("add_catalog", (address, key)))
        self.trusted.append(CatalogRow(1, address, "", (key[:8],), None, None, ""))

    async def remove_catalog(self, node: object, number: int) -> None:
        self.calls.append(("remove_catalog", (number,)))
        self.trusted = [one for one in self.trusted if one.id != number]

    async def refresh_catalogs(self, node: object) -> None:
        self.calls.append(("refresh_catalogs", ()))

    # -- runs ------------------------------------------------------------------------------------------------------

    def seen(self, number: int) -> RunView:
        row = next(row for row in self.ran if row.id == number)
        calls = (CallView("mail.search", {"query": "friday"}, "allow", "", when(minutes=-1)),)
        return RunView(row, None, (POISONED, NOTE), calls, "two mails\n")

    async def run_skill(self, node: object, name: str, entry: str, arguments: dict[str, Any]) -> RunView:
        self.calls.append(("run_skill", (name, entry, arguments)))
        await self.running.wait()
        self.ran.insert(0, run(len(self.ran) + 1, skill=name, entry=entry))
        return self.seen(self.ran[0].id)

    async def runs(self, node: object, name: str, limit: int) -> tuple[RunRow, ...]:
        return tuple(row for row in self.ran if row.skill == name)[:limit]

    async def run(self, node: object, number: int) -> RunView:
        self.calls.append(("run", (number,)))
        return self.seen(number)

    async def stop_run(self, node: object, number: int) -> None:
        self.calls.append(("stop_run", (number,)))

    # -- approvals -------------------------------------------------------------------------------------------------

    async def approvals(self, node: object, past: bool) -> tuple[ApprovalRow, ...]:
        return tuple(one for one in self.asked if past or one.state in ("pending", "unknown"))

    async def approval(self, node: object, number: int) -> ApprovalRow:
        return next(one for one in self.asked if one.id == number)

    async def approvals_waiting(self, node: object) -> int:
        return sum(one.state in ("pending", "unknown") for one in self.asked)

    async def answer_approval(self, node: object, number: int, decision: str, shown: str) -> ApprovalRow:
        self.calls.append(("answer_approval", (number, decision, shown)))
        found = await self.approval(node, number)
        if found.digest != shown:
            raise VaultError("approval-changed", "this is not what was shown; nothing was done")
        state: Any = "done" if decision in ("once", "always", "happened") else "declined"
        self.asked = [replace(one, state=state) if one.id == number else one for one in self.asked]
        self.listener(ApprovalsChanged(await self.approvals_waiting(node)))
        return await self.approval(node, number)

    async def rules(self, node: object) -> tuple[RuleRow, ...]:
        return tuple(self.standing)

    async def add_rule(self, node: object, rule: dict[str, Any]) -> None:
        self.calls.append(("add_rule", (rule,)))
        self.standing.append(RuleRow(len(self.standing), "A rule of one's own.", rule, when(minutes=-1)))

    async def edit_rule(self, node: object, number: int, rule: dict[str, Any]) -> None:
        self.calls.append(("edit_rule", (number, rule)))

    async def remove_rule(self, node: object, number: int) -> None:
        self.calls.append(("remove_rule", (number,)))
        self.standing = [one for one in self.standing if one.id != number]

    async def drafts(self, node: object) -> tuple[DraftRow, ...]:
        return tuple(self.drafted)

    async def edit_draft(
        self, node: object, number: int, subject: str, text: str, to: tuple[str, ...], cc: tuple[str, ...]
    ) -> DraftRow:
        self.calls.append(("edit_draft", (number, subject, text, to, cc)))
        if isinstance(self.sending, Exception):
            raise self.sending
        changed = {"subject": subject, "text": text, "to": to, "cc": cc}
        self.drafted = [replace(one, **changed) if one.id == number else one for one in self.drafted]  # type: ignore[arg-type]
        return next(one for one in self.drafted if one.id == number)

    async def send_draft(self, node: object, number: int, shown: str) -> None:
        self.calls.append(("send_draft", (number, shown)))
        if isinstance(self.sending, Exception):
            raise self.sending
        self.drafted = [one for one in self.drafted if one.id != number]

    async def drop_draft(self, node: object, number: int) -> None:
        self.calls.append(("drop_draft", (number,)))
        self.drafted = [one for one in self.drafted if one.id != number]

    # -- other programs --------------------------------------------------------------------------------------------

    async def endpoint_state(self, node: object) -> EndpointState:
        return EndpointState(tuple(OfferedPart(name, name in self.on, "") for name in ("model", "mcp")), 8420)

    async def set_endpoint(self, node: object, on: bool, part: str) -> EndpointState:
        self.calls.append(("set_endpoint", (on, part)))
        self.on = self.on | {part} if on else self.on - {part}
        address = "http://127.0.0.1:8420/v1"
        return EndpointState(
            tuple(OfferedPart(name, name in self.on, address if name in self.on else "") for name in ("model", "mcp")),
            8420,
        )

    async def endpoint_token(self, node: object, new: bool, part: str) -> EndpointToken:
        self.calls.append(("endpoint_token", (new, part)))
        return EndpointToken("mcp" if part == "mcp" else "model", "nuee-token-of-" + part)

    async def mcp_servers(self, node: object) -> tuple[McpServerRow, ...]:
        return tuple(self.servers)

    async def add_mcp(
        self, node: object, name: str, command: tuple[str, ...], url: str, secrets: dict[str, str]
    ) -> McpServerView:
        self.calls.append(("add_mcp", (name, command, url, secrets)))
        if isinstance(self.described, Exception):
            raise self.described
        row = McpServerRow(name, "http" if url else "stdio", url or " ".join(command), 1)
        self.servers.append(row)
        return McpServerView(row, ())

    async def mcp_tools(self, node: object, name: str) -> McpServerView:
        self.calls.append(("mcp_tools", (name,)))
        if isinstance(self.described, Exception):
            raise self.described
        assert self.described is not None
        return self.described

    async def agree_mcp(self, node: object, shown: McpServerView) -> McpServerView:
        self.calls.append(("agree_mcp", (shown,)))
        return shown

    async def remove_mcp(self, node: object, name: str) -> None:
        self.calls.append(("remove_mcp", (name,)))
        self.servers = [one for one in self.servers if one.name != name]

    # -- memory and activity ---------------------------------------------------------------------------------------

    async def facts(self, node: object, kind: str = "") -> tuple[FactRow, ...]:
        return tuple(fact for fact in self.remembered if kind in ("", fact.kind))

    async def add_fact(self, node: object, text: str, kind: str) -> None:
        self.calls.append(("add_fact", (text, kind)))
        self.remembered.append(fact(len(self.remembered) + 1, text, kind=kind))

    async def edit_fact(self, node: object, number: int, text: str) -> None:
        self.calls.append(("edit_fact", (number, text)))
        self.remembered = [replace(one, text=text) if one.id == number else one for one in self.remembered]

    async def confirm_fact(self, node: object, number: int) -> None:
        self.calls.append(("confirm_fact", (number,)))
        self.remembered = [replace(one, confirmed=True) if one.id == number else one for one in self.remembered]

    async def remove_fact(self, node: object, number: int) -> None:
        self.calls.append(("remove_fact", (number,)))
        self.remembered = [one for one in self.remembered if one.id != number]

    async def activity(self, node: object, limit: int) -> tuple[ActivityRow, ...]:
        return tuple(self.acts[:limit])

    async def undo(self, node: object, number: int) -> None:
        self.calls.append(("undo", (number,)))
        self.acts = [replace(one, undone=when()) if one.id == number else one for one in self.acts]
