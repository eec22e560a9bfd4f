"""What the commands on peers, tasks, offers, messages and disclosures return.  Frozen, standard types only.

Times are ISO 8601 in UTC.  Names and texts of peers are theirs: data, shown as claimed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from app.settle_results import SettlementView

Standing = Literal["contact", "known", "blocked"]


@dataclass(frozen=True)
class PeerRow:
    """`way`: how it is or was reached (tcp, quic, relay), "" never.  `rtt_ms`: of the last ping, else None.

    `relays`: this node asks to be reached through it.  `meets`: it is a meeting point of this node's.
    """

    peer_id: str
    name: str
    standing: Standing
    connected: bool
    way: str
    rtt_ms: float | None
    seen: str | None
    relays: bool = False
    meets: bool = False


@dataclass(frozen=True)
class PeerView:
    """`identity`: the did:key that it proved to speak for."""

    row: PeerRow
    identity: str
    addresses: tuple[str, ...]
    added: str


@dataclass(frozen=True)
class InviteMade:
    """`invite`: the link, a secret: whoever reads it first becomes a contact.  `addresses`: where it says we are."""

    invite: str
    expires: str
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class SwarmState:
    """`on`: the person wants to be reachable.  `running`: the host is open now.  `problem`: a sentence, or ""."""

    on: bool
    running: bool
    peer_id: str
    listening: tuple[str, ...]
    connected: int
    problem: str


@dataclass(frozen=True)
class PeersChanged:
    """Somebody came, went, or became a contact."""


@dataclass(frozen=True)
class TaskChanged:
    id: str
    state: str


@dataclass(frozen=True)
class TaskProgress:
    """Bytes of what a task brings here."""

    id: str
    done: int
    total: int


@dataclass(frozen=True)
class LettersChanged:
    unread: int


@dataclass(frozen=True)
class BidRow:
    """One answer to a call.  `state`: proposed, refused, awarded, rejected, silent, …  `until`: how long it binds.

    `said`: the price in words, "" where it is free.
    """

    peer_id: str
    name: str
    state: str
    price: int = 0
    token: str = ""
    eta_ms: int = 0
    until: str | None = None
    reason: str = ""
    said: str = ""


@dataclass(frozen=True)
class TaskRow:
    """`state`: calling, choosing, working, cancelling, deciding, offered; finally done, failed, refused, cancelled,
    expired.  `provider`: a peer id.  `ms`: from the call to the end.

    Of one of ours that is to be paid: preparing before anybody is called, unannounced where it was cut off then; `job`
    says in words what becomes of its money.  `subject`: what it is about, one line, "" where that is not known.
    """

    id: str
    role: Literal["initiator", "participant"]
    kind: str
    state: str
    provider: str
    provider_name: str
    detail: str
    ms: int | None
    created: str
    ended: str | None
    subject: str = ""
    job: str = ""


@dataclass(frozen=True)
class Arrow:
    """One message of a task, for the sequence diagram."""

    at: str
    peer_id: str
    name: str
    outgoing: bool
    performative: str
    detail: str


@dataclass(frozen=True)
class TaskView:
    row: TaskRow
    spec: dict[str, Any]
    result: dict[str, Any] | None
    bids: tuple[BidRow, ...]
    messages: tuple[Arrow, ...]
    award: str = ""  # the policy, of one of ours
    settlement: SettlementView | None = None  # its job on chain; None: free, for credits, or on trust


@dataclass(frozen=True)
class Announced:
    """`announce --wait`: how it ended.  `result`: None where there is none."""

    id: str
    state: str
    provider: str
    result: dict[str, Any] | None
    ms: int | None


@dataclass(frozen=True)
class OfferUse:
    """What a peer had of an offer today (UTC), and what is left to it."""

    peer_id: str
    name: str
    used: int
    left: int


@dataclass(frozen=True)
class OfferRow:
    """`quota`: of one peer in a day, in `unit`.  `audience`: nobody, contacts, open.

    `settings`: skills and models that are offered by name; hours and days, see app.swarm.hours.
    """

    kind: str
    audience: str
    quota: int
    unit: str
    price: int
    at_once: int
    asks: bool
    about: str
    settings: dict[str, Any] = field(default_factory=dict)
    used: tuple[OfferUse, ...] = ()


@dataclass(frozen=True)
class LetterRow:
    """`state`: waiting, delivered, failed, new, read.  `automatic`: an agent wrote it and no person read it before.

    `reason`, where it failed: expired (7 days without reaching the other node), else a word for why that refused it.
    `why`: the same as a sentence, with what to do; both "" where it did not fail.
    """

    id: str
    peer_id: str
    name: str
    outgoing: bool
    text: str
    automatic: bool
    state: str
    at: str
    reason: str = ""
    why: str = ""


@dataclass(frozen=True)
class LetterDraft:
    """What the agent would write to this contact: a text for the person to change."""

    peer_id: str
    name: str
    text: str


@dataclass(frozen=True)
class DisclosureRow:
    """`digest`: SHA-256 of the exact bytes that left.  `why`: typed, once, always, offer."""

    number: int
    at: str
    peer_id: str
    name: str
    kind: str
    task: str
    bytes: int
    digest: str
    records: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class DisclosureLedger:
    """`broken`: the first line that does not agree with the ones before it, or None."""

    disclosures: tuple[DisclosureRow, ...]
    broken: int | None


@dataclass(frozen=True)
class ConsentRow:
    """What the person agreed to for good.  `decision`: always, never."""

    peer_id: str
    name: str
    kind: str
    decision: str


@dataclass(frozen=True)
class Preview:
    """What would leave.  `text`: the words as they leave, or the fields as JSON; `records`: (id, title) they come from.

    `bytes` are of what is asked and shown, in the encoding in which it leaves; the message around it bears time and
    signature besides.  `digest` (SHA-256) is of these bytes, the kind and the recipients: a yes names it.
    """

    peer_ids: tuple[str, ...]
    kind: str
    bytes: int
    digest: str
    text: str
    records: tuple[tuple[str, str], ...]
    names: tuple[str, ...] = ()
    price: str = ""  # the most that is paid, in words, and on which chain; "" for none
    chain: str = ""


@dataclass(frozen=True)
class OfferedSkill:
    """An entry of a skill that is made for others' tasks.  `title`: as its node claims."""

    skill: str
    entry: str
    title: str


@dataclass(frozen=True)
class OfferedModel:
    """`size` in bytes; `name`: as its node claims."""

    sha256: str
    name: str
    size: int


@dataclass(frozen=True)
class TokenPrice:
    """What a contact asks in a token.  `amount`: in tokens, decimal text, as that node claims.

    `here`: chain and token are those that this person has in use, else the amount says nothing to them.  `said`: in
    words; only where it is `here` with the amount, and what it is worth at the person's own rate.
    """

    amount: str
    chain_id: int
    genesis: str
    token: str
    here: bool = False
    said: str = ""


@dataclass(frozen=True)
class PeerOffer:
    """What a contact's node does for others.  `price`: in credits.  `asks`: their person is asked each time.

    `tokens`: what it asks where the work is paid for on a chain; None: nothing that it told.
    """

    kind: str
    price: int
    asks: bool
    skills: tuple[OfferedSkill, ...] = ()
    models: tuple[OfferedModel, ...] = ()
    tokens: TokenPrice | None = None


@dataclass(frozen=True)
class PeerOffers:
    peer_id: str
    name: str
    offers: tuple[PeerOffer, ...]


@dataclass(frozen=True)
class Offerable:
    """What this node could offer: skills made for tasks, and its models."""

    skills: tuple[OfferedSkill, ...]
    models: tuple[OfferedModel, ...]
