"""What the initiator of a contract net remembers of one announced task, and of each peer it called.

`to_map` gives plain types that CBOR has; `from_map` takes back exactly what this version wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from p2p.contractnet import InitiatorPhase, Standing
from p2p.contractnet_terms import BadTerms, BrokenState, Outcome, Terms, exactly

VERSION = 1
_S = Standing
KNOWN_ENDS: Mapping[str, Standing] = {
    "done": _S.DONE,
    "failed": _S.FAILED,
}  # what a peer that cannot cancel says holds


@dataclass(frozen=True)
class Leg:
    """What is known of one peer; `code` and `body` are those of its last word."""

    peer: str
    standing: Standing = Standing.CALLED
    bid: Terms | None = None
    awarded: bool = False
    code: str = ""
    body: bytes = b""

    @property
    def end(self) -> Standing | None:
        """How the awarded work ended, as far as it is known."""
        end = KNOWN_ENDS.get(self.code) if self.standing is _S.HELD else self.standing
        return end if end in {_S.DONE, _S.FAILED, _S.CANCELLED} else None

    def to_map(self) -> dict[str, object]:
        bid = None if self.bid is None else self.bid.to_map()
        fields: dict[str, object] = {
            "peer": self.peer,
            "standing": str(self.standing),
            "bid": bid,
            "awarded": self.awarded,
        }
        return fields | {"code": self.code, "body": self.body}

    @classmethod
    def from_map(cls, stored: object) -> Leg:
        """Errors: BrokenState."""
        kinds: dict[str, type | tuple[type, ...]] = {
            "peer": str,
            "standing": str,
            "bid": (Mapping, type(None)),
            "awarded": bool,
            "code": str,
            "body": bytes,
        }
        fields = exactly(stored, kinds)
        try:
            fields["standing"] = Standing(fields["standing"])
        except ValueError as error:
            raise BrokenState("A stored negotiation has a standing that this version does not know.") from error
        fields["bid"] = None if fields["bid"] is None else Terms.from_map(fields["bid"])
        return cls(**fields)


@dataclass(frozen=True)
class Initiator:
    """One announced task.

    reply_by    the last moment for bids; decide_by for the award; result_by for the result: in this order
    wanted      how many bids may be accepted
    outcome     once the phase is final; news that come later may change it
    """

    conversation: str
    call: bytes
    reply_by: int
    decide_by: int
    result_by: int
    wanted: int
    legs: tuple[Leg, ...]
    phase: InitiatorPhase = InitiatorPhase.NEW
    cancel_by: int = 0
    outcome: Outcome | None = None

    def knows(self, peer: str) -> bool:
        return any(leg.peer == peer for leg in self.legs)

    def leg(self, peer: str) -> Leg:
        return next(leg for leg in self.legs if leg.peer == peer)

    def standing(self, *standings: Standing) -> tuple[Leg, ...]:
        return tuple(leg for leg in self.legs if leg.standing in standings)

    @property
    def awarded(self) -> tuple[Leg, ...]:
        return tuple(leg for leg in self.legs if leg.awarded)

    def to_map(self) -> dict[str, object]:
        fields: dict[str, object] = {"version": VERSION, "role": "initiator"}
        for name in _PLAIN:
            fields[name] = getattr(self, name)
        fields["legs"] = [leg.to_map() for leg in self.legs]
        return fields | {"phase": str(self.phase), "outcome": None if self.outcome is None else str(self.outcome)}

    @classmethod
    def from_map(cls, stored: object) -> Initiator:
        """Errors: BrokenState."""
        fields = exactly(stored, _KINDS)
        if fields.pop("version") != VERSION or fields.pop("role") != "initiator":
            raise BrokenState("The stored negotiation is of another version or role.")
        fields["legs"] = tuple(Leg.from_map(leg) for leg in fields["legs"])
        try:
            fields["phase"] = InitiatorPhase(fields["phase"])
            fields["outcome"] = None if fields["outcome"] is None else Outcome(fields["outcome"])
        except ValueError as error:
            raise BrokenState("A stored negotiation has a phase or outcome that this version does not know.") from error
        return cls(**fields)


_PLAIN: Mapping[str, type] = {
    "conversation": str,
    "call": bytes,
    "reply_by": int,
    "decide_by": int,
    "result_by": int,
    "wanted": int,
    "cancel_by": int,
}
_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "version": int,
    "role": str,
    "legs": (list, tuple),
    "phase": str,
    "outcome": (str, type(None)),
    **_PLAIN,
}


def announcement(
    conversation: str, call: bytes, peers: tuple[str, ...], deadlines: tuple[int, int, int], wanted: int = 1
) -> Initiator:
    """A task that Announce will send out; `deadlines` are those for replies, choice and result.  Errors: BadTerms."""
    reply_by, decide_by, result_by = deadlines
    if not peers or len(set(peers)) < len(peers):
        raise BadTerms("A call goes to at least one peer, and once to each.")
    if not reply_by <= decide_by <= result_by:
        raise BadTerms("Bids come before the choice, and the choice before the result.")
    if not 1 <= wanted <= len(peers):
        raise BadTerms("At least one bid is wanted, and no more than peers are called.")
    return Initiator(conversation, call, reply_by, decide_by, result_by, wanted, tuple(map(Leg, peers)))
