"""What a message says: one strict form for the content of each performative (docs/protocol.md, "Contents").

`content_of(message)` gives one of the classes below, `content.to_map()` the map for `Message(content=…)`.  The kind of
the task is in the message's ontology, the end of a proposal in its `reply_by`: nothing stands in two places.

Keys are text.  An absent optional field has no key, an unknown key is refused; only what lies in the map under the key
`x` is passed over by whoever does not know it, and it is kept as it came.  `X_RESERVED` names the keys of `x` that
belong to priced tasks on a chain.

Texts, reasons and results come from a stranger: they are data for people and policies, nothing here interprets them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Self, TypeAlias

from p2p.acl import BadField, Message, Performative, Protocol
from p2p.canonical import Value
from p2p.content_fields import (
    FREE,
    SENTENCE_LIMIT,
    FieldMap,
    Fields,
    Price,
    check_digest,
    check_map,
    check_number,
    check_word,
    with_x,
)

DIGESTS_LIMIT = 64
X_RESERVED = frozenset({"bid", "chain", "escrow", "receipt"})

_NAME_LIMIT = 128  # characters of the name of a digest


class Disclosure(StrEnum):
    """What the initiator would show to the one it awards, said in the call so that a provider can refuse to see it."""

    NOTHING = "nothing"  # the spec is all there is
    TYPED = "typed"  # a text that the person typed for this task
    RECORDS = "records"  # records from the person's vault


@dataclass(frozen=True)
class CallForProposals:
    """cfp: who does `spec` (its form belongs to the ontology), for at most `max_price`, with the result by `result_by`?

    `result_by` in milliseconds since the epoch; the message's `reply_by` is the end of the time for proposals.
    """

    spec: Mapping[str, Value]
    result_by: int
    max_price: Price = FREE
    disclosure: Disclosure = Disclosure.NOTHING
    x: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_map(self.spec, "spec")
        check_number(self.result_by, "result-by")
        check_map(self.x, "x")

    def to_map(self) -> FieldMap:
        fields: FieldMap = {
            "spec": dict(self.spec),
            "result-by": self.result_by,
            "max-price": self.max_price.to_map(),
            "disclosure": self.disclosure.value,
        }
        return with_x(fields, self.x)

    @classmethod
    def from_map(cls, content: Mapping[str, Value]) -> Self:
        fields = Fields(content, {"spec", "result-by", "max-price", "disclosure"})
        return cls(
            fields.map("spec"),
            fields.number("result-by"),
            Price.from_value(content["max-price"]),
            fields.one_of("disclosure", Disclosure),
            fields.x(),
        )


@dataclass(frozen=True)
class Proposal:
    """propose: for `price`, in about `eta` milliseconds after the award; it binds until the message's `reply_by`.

    `terms`: what else the proposer would do it by, in the form of the ontology.
    """

    price: Price = FREE
    eta: int = 0
    terms: Mapping[str, Value] = field(default_factory=dict)
    x: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_number(self.eta, "eta")
        check_map(self.terms, "terms")
        check_map(self.x, "x")

    def to_map(self) -> FieldMap:
        fields: FieldMap = {"price": self.price.to_map(), "eta": self.eta}
        if self.terms:
            fields["terms"] = dict(self.terms)
        return with_x(fields, self.x)

    @classmethod
    def from_map(cls, content: Mapping[str, Value]) -> Self:
        fields = Fields(content, {"price", "eta"}, {"terms"})
        terms = fields.map("terms") if "terms" in content else {}
        if "terms" in content and not terms:
            raise BadField("Absent terms have no key.")
        return cls(Price.from_value(content["price"]), fields.number("eta"), terms, fields.x())


@dataclass(frozen=True)
class _Reasoned:
    """A word that says why, for a policy, and perhaps a sentence for a person."""

    KNOWN: ClassVar[frozenset[str]] = frozenset()

    reason: str
    sentence: str = ""
    x: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_word(self.reason, "reason")
        if type(self.sentence) is not str or len(self.sentence) > SENTENCE_LIMIT:
            raise BadField(f"A sentence is not a text of at most {SENTENCE_LIMIT} characters.")
        check_map(self.x, "x")

    def to_map(self) -> FieldMap:
        fields: FieldMap = {"reason": self.reason}
        if self.sentence:
            fields["sentence"] = self.sentence
        return with_x(fields, self.x)

    @classmethod
    def from_map(cls, content: Mapping[str, Value]) -> Self:
        fields = Fields(content, {"reason"}, {"sentence"})
        sentence = fields.text("sentence") if "sentence" in content else ""
        if "sentence" in content and not sentence:
            raise BadField("An absent sentence has no key.")
        return cls(fields.text("reason"), sentence, fields.x())


class Refusal(_Reasoned):
    """refuse: no, and why.  A reason outside `KNOWN` means no as well."""

    KNOWN = frozenset(
        {"not-offered", "not-allowed", "busy", "quota", "price", "deadline", "disclosure", "person", "spec"}
    )


class Rejection(_Reasoned):
    """reject-proposal: this proposal was not taken; "late": it came after the call's `reply_by`."""

    KNOWN = frozenset({"late", "lost", "price", "policy", "person", "cancelled"})


class Failed(_Reasoned):
    """failure: what was agreed, or the cancelling of it, did not come about."""

    KNOWN = frozenset({"error", "deadline", "stopped", "restarted", "done-already", "unknown", "disclosure", "quota"})


class Cancellation(_Reasoned):
    """cancel (protocol fipa-cancel-meta, the conversation's own id): the initiator no longer wants the task done."""

    KNOWN = frozenset({"person", "deadline", "superseded"})


@dataclass(frozen=True)
class _Plain:
    """Nothing but `x`: the performative says it all."""

    x: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_map(self.x, "x")

    def to_map(self) -> FieldMap:
        return with_x({}, self.x)

    @classmethod
    def from_map(cls, content: Mapping[str, Value]) -> Self:
        return cls(Fields(content, set()).x())


@dataclass(frozen=True)
class Acceptance:
    """accept-proposal: the one that `in_reply_to` names; its terms are those of the proposal.

    `input`: what only the one who does the work is shown, as the call's `disclosure` announced; its form belongs to the
    ontology.
    """

    input: Mapping[str, Value] = field(default_factory=dict)
    x: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_map(self.input, "input")
        check_map(self.x, "x")

    def to_map(self) -> FieldMap:
        return with_x({"input": dict(self.input)} if self.input else {}, self.x)

    @classmethod
    def from_map(cls, content: Mapping[str, Value]) -> Self:
        fields = Fields(content, set(), {"input"})
        given = fields.map("input") if "input" in content else {}
        if "input" in content and not given:
            raise BadField("An absent input has no key.")
        return cls(given, fields.x())


class Agreement(_Plain):
    """agree: the request will be done."""


class Done(_Plain):
    """inform-done: it is done, and there is nothing to hand over.  On the wire with "inform": "done"."""

    def to_map(self) -> FieldMap:
        return {"inform": "done", **super().to_map()}

    @classmethod
    def from_map(cls, content: Mapping[str, Value]) -> Self:
        return cls(Fields(content, {"inform"}).x())


@dataclass(frozen=True)
class Result:
    """inform-result: what came out, and the SHA-256 of what was or will be streamed, by name.

    The message's signature is the provider's word for the digests.  On the wire with "inform": "result".
    """

    result: Value
    digests: Mapping[str, bytes] = field(default_factory=dict)
    x: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_map(self.digests, "digests")
        if len(self.digests) > DIGESTS_LIMIT:
            raise BadField(f"A result has at most {DIGESTS_LIMIT} digests.")
        for name, digest in self.digests.items():
            if not 0 < len(name) <= _NAME_LIMIT:
                raise BadField(f"The name of a digest has 1 to {_NAME_LIMIT} characters.")
            check_digest(digest)
        check_map(self.x, "x")

    def to_map(self) -> FieldMap:
        fields: FieldMap = {"inform": "result", "result": self.result}
        if self.digests:
            fields["digests"] = dict(self.digests)
        return with_x(fields, self.x)

    @classmethod
    def from_map(cls, content: Mapping[str, Value]) -> Self:
        fields = Fields(content, {"inform", "result"}, {"digests"})
        digests = fields.map("digests") if "digests" in content else {}
        if "digests" in content and not digests:
            raise BadField("Absent digests have no key.")
        return cls(content["result"], digests, fields.x())  # type: ignore[arg-type]  # checked by the class


@dataclass(frozen=True)
class NotUnderstood:
    """not-understood: why not (a word, for example "ontology"), and the digest of the message that was not.

    The digest may be absent where `in_reply_to` names the message.
    """

    KNOWN: ClassVar[frozenset[str]] = frozenset({"ontology", "content", "act"})

    reason: str
    digest: bytes | None = None
    x: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_word(self.reason, "reason")
        if self.digest is not None:
            check_digest(self.digest)
        check_map(self.x, "x")

    def to_map(self) -> FieldMap:
        fields: FieldMap = {"reason": self.reason}
        if self.digest is not None:
            fields["digest"] = self.digest
        return with_x(fields, self.x)

    @classmethod
    def from_map(cls, content: Mapping[str, Value]) -> Self:
        fields = Fields(content, {"reason"}, {"digest"})
        return cls(fields.text("reason"), fields.bytes("digest") if "digest" in content else None, fields.x())


@dataclass(frozen=True)
class Request:
    """request: please do `action` with `arguments`, whose form belongs to the ontology and the action."""

    action: str
    arguments: Mapping[str, Value] = field(default_factory=dict)
    x: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_word(self.action, "action")
        check_map(self.arguments, "arguments")
        check_map(self.x, "x")

    def to_map(self) -> FieldMap:
        return with_x({"action": self.action, "arguments": dict(self.arguments)}, self.x)

    @classmethod
    def from_map(cls, content: Mapping[str, Value]) -> Self:
        fields = Fields(content, {"action", "arguments"})
        return cls(fields.text("action"), fields.map("arguments"), fields.x())


Content: TypeAlias = (
    CallForProposals
    | Proposal
    | Refusal
    | Acceptance
    | Rejection
    | Done
    | Result
    | Failed
    | Cancellation
    | NotUnderstood
    | Request
    | Agreement
)
_READERS: Mapping[Performative, Callable[[Mapping[str, Value]], Content]] = {
    Performative.CFP: CallForProposals.from_map,
    Performative.PROPOSE: Proposal.from_map,
    Performative.REFUSE: Refusal.from_map,
    Performative.ACCEPT_PROPOSAL: Acceptance.from_map,
    Performative.REJECT_PROPOSAL: Rejection.from_map,
    Performative.FAILURE: Failed.from_map,
    Performative.CANCEL: Cancellation.from_map,
    Performative.NOT_UNDERSTOOD: NotUnderstood.from_map,
    Performative.REQUEST: Request.from_map,
    Performative.AGREE: Agreement.from_map,
}


def content_of(message: Message) -> Content:
    """The content of a message in the form of its performative.  Errors: BadField; answer that with not-understood."""
    content = message.content
    if message.performative is not Performative.INFORM:
        return _READERS[message.performative](content)
    if content.get("inform") == "done":
        return Done.from_map(content)
    if content.get("inform") == "result" and message.protocol is not Protocol.CANCEL_META:
        return Result.from_map(content)
    raise BadField("An inform says neither done nor result.")
