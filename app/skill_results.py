"""What the commands on skills, approvals, memory and activity return.  Frozen, standard types only; see `app.results`.

Times are ISO 8601 in UTC.  Sentences are in the interface's language.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Verdict = Literal["install", "ask", "refuse"]
RunState = Literal["running", "waiting", "done", "failed", "stopped"]
ApprovalState = Literal["pending", "approved", "declined", "expired", "running", "done", "failed", "unknown"]


@dataclass(frozen=True)
class PermissionView:
    """`permission` as skill.toml spells it; `sentence` what it lets the skill do; `new`: not granted so far."""

    permission: str
    sentence: str
    new: bool = False


@dataclass(frozen=True)
class SkillRow:
    """`source`: bundled, a catalog's address, a path.  `runs`: False for a folder of instructions only.

    `triggers`: sentences: when it runs by itself.  `update`: the newer version that its source has, or "".
    `reason`: why it was revoked, in its keeper's words.
    """

    name: str
    version: str
    source: str
    permissions: tuple[str, ...]
    title: str = ""
    about: str = ""
    enabled: bool = True
    runs: bool = True
    triggers: tuple[str, ...] = ()
    update: str = ""
    revoked: bool = False
    reason: str = ""


@dataclass(frozen=True)
class EntryView:
    """What a skill does.  `arguments`: (name, type, about, required, choices).

    `asked`: a person can ask for it; the others run by themselves only.
    """

    name: str
    arguments: tuple[tuple[str, str, str, bool, tuple[str, ...]], ...]
    examples: tuple[str, ...]
    asked: bool = True


@dataclass(frozen=True)
class SkillView:
    row: SkillRow
    instructions: str  # SKILL.md without its head
    permissions: tuple[PermissionView, ...]
    entries: tuple[EntryView, ...]
    digest: str
    signer: str
    installed: str


@dataclass(frozen=True)
class CatalogRow:
    id: int
    address: str
    name: str
    keys: tuple[str, ...]  # ids of the keys that are trusted to sign it
    fetched: str | None
    expires: str | None
    problem: str  # a sentence, or ""


@dataclass(frozen=True)
class OfferRow:
    """A skill that a catalog offers.  `state`: new | installed | update | revoked."""

    catalog: int
    name: str
    version: str
    title: str
    about: str
    publisher: str
    permissions: tuple[PermissionView, ...]
    state: str


@dataclass(frozen=True)
class InstallPlan:
    """What installing would do; nothing has been done.  `agreed` is to be handed back to do exactly this.

    `verdict`: install (nothing to ask), ask (the person agrees to `permissions`), refuse (`reasons` say why).
    """

    name: str
    version: str
    before: str  # the version that is installed, or ""
    verdict: Verdict
    reasons: tuple[str, ...]
    permissions: tuple[PermissionView, ...]
    lost: tuple[str, ...]  # sentences of permissions it no longer asks for
    source: str
    signer: str
    agreed: str


@dataclass(frozen=True)
class SourceView:
    """Content that led to something.  `record`: its id, or ""."""

    origin: str
    record: str
    title: str
    sender: str
    quote: str = ""
    authenticated: bool = False


@dataclass(frozen=True)
class CallView:
    function: str
    arguments: dict[str, Any]
    decision: str
    reason: str
    at: str


@dataclass(frozen=True)
class RunRow:
    """`text`: what it said, in Markdown, with [n]; `sources` in the order of the numbers."""

    id: int
    skill: str
    version: str
    entry: str
    occasion: str
    state: RunState
    started: str
    ended: str | None
    text: str
    error: str  # a sentence, or ""
    approval: int | None


@dataclass(frozen=True)
class RunView:
    row: RunRow
    value: Any
    sources: tuple[SourceView, ...]
    calls: tuple[CallView, ...]
    printed: str


@dataclass(frozen=True)
class ApprovalRow:
    """`title`: what will happen in one line; `fields`: exactly what will happen, (label, value), nothing left out.

    `because`: why it asks, a sentence.  `digest` names what is shown; the click hands it back.  `always`, `never`: the
    rules these would leave behind, in words; "" where that is not offered.
    """

    id: int
    state: ApprovalState
    skill: str
    function: str
    title: str
    fields: tuple[tuple[str, str], ...]
    because: str
    sources: tuple[SourceView, ...]
    created: str
    expires: str
    outcome: str
    digest: str
    always: str
    never: str


@dataclass(frozen=True)
class RuleRow:
    """`sentence`: the rule in plain words.  `rule`: as it is stored, for editing.  `id` 0: built in."""

    id: int
    sentence: str
    rule: dict[str, Any]
    created: str | None


@dataclass(frozen=True)
class FactRow:
    id: int
    kind: Literal["fact", "instruction"]
    text: str
    source: str  # "you", a record's id, or "" where it is gone
    title: str  # of that record
    confirmed: bool
    created: str


@dataclass(frozen=True)
class ActivityRow:
    """What the agent did.  `undo`: it can be taken back; `undone`: when it was."""

    id: int
    at: str
    actor: str
    sentence: str
    because: tuple[SourceView, ...]
    run: int | None
    approval: int | None
    undo: bool
    undone: str | None


@dataclass(frozen=True)
class DraftRow:
    id: int
    to: tuple[str, ...]
    subject: str
    text: str
    record: str  # the mail it answers, or ""
    skill: str
    created: str
    cc: tuple[str, ...] = ()
    sender: str = ""  # whom it would come from, as "From" shows it; "" where no account can send
    fields: tuple[tuple[str, str], ...] = ()  # (label, value): exactly what would be sent
    digest: str = ""  # of that, and of `sender`; sending hands it back


# What the node tells whoever listens, unasked.
@dataclass(frozen=True)
class ApprovalsChanged:
    """`waiting`: the badge."""

    waiting: int


@dataclass(frozen=True)
class SkillsChanged:
    pass


@dataclass(frozen=True)
class RunChanged:
    run: int
    skill: str
    state: RunState
