"""What one node remembers of one job on chain: what it is about, what people and messages said, what it did.

What happened on chain is not remembered but read.  `to_map` gives plain types that CBOR has, `from_map` takes back
exactly what this version wrote (BrokenState for anything else).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from p2p.acl import BadField
from p2p.contractnet_terms import BrokenState, exactly
from p2p.job_seen import JobSeen
from p2p.jobs import NO_REASON
from p2p.settlement_terms import BidTerms, CallTerms

VERSION = 1
LONGEST_PAUSE = 120  # seconds before what failed is tried again; a provider has 600 to settle, at the least

Role = Literal["client", "provider", "arbiter"]
Verdict = Literal["", "wait", "accept", "dispute"]
Ruling = Literal["", "complete", "reject"]


@dataclass(frozen=True)
class Plan:
    """One node's part in one job.

    Said by messages and people, and set by whoever stores the plan (`dataclasses.replace`):

      amount, cfp, bid   the provider's from the beginning, the client's once it awards (`awarded`)
      least              the provider's: what it wants of the amount, whatever the kernel keeps
      stopped            client: called off, or nobody is awarded.  Provider: gives up, or takes its bid back
      failed             client: the provider said that nothing will come of it
      result             digest of the signed result (p2p.receipts): the client's as it arrived, the provider's as it
                         was signed
      verdict            client: "" accepts a result that is the submitted one, "wait" lets the person look first (and
                         silence pays), "accept" and "dispute" are the person's
      ruling             arbiter: the decision
      reason             32 bytes that go with whatever is decided, such as a receipt's name

    Set by `begun`, `ended` and `noted` alone:

      doing     key of the call that was begun and has not ended
      rounds    by name, how many calls have ended (the next key counts on), and how many of them stood in a block
      held      the name of a call that is not tried again before `until`, seconds
      block     what is older than this block is no news
      since     nothing happened to the job before this block
      funded    our own money went in
      status, status_block   what the job last was, and in which block that was first seen
    """

    task: str
    role: Role
    call: CallTerms
    description: str = ""
    confirmations: int = 1
    amount: int = 0
    cfp: bytes = b""
    bid: BidTerms | None = None
    stopped: bool = False
    failed: bool = False
    result: bytes | None = None
    verdict: Verdict = ""
    ruling: Ruling = ""
    reason: bytes = NO_REASON
    doing: str = ""
    rounds: tuple[tuple[str, int, int], ...] = ()
    held: str = ""
    until: int = 0
    block: int = 0
    since: int = 0
    funded: bool = False
    status: int = -1
    status_block: int = 0
    least: int = 0

    def tried(self, name: str) -> tuple[int, int]:
        """How many calls of this name have ended, and how many of them stood in a block, so cost a fee."""
        return next(((ended, mined) for known, ended, mined in self.rounds if known == name), (0, 0))

    def key(self, name: str) -> str:
        """Names one transaction: the same until that one has ended."""
        tried, _mined = self.tried(name)
        return f"{self.task}/{name}/{tried}" if tried else f"{self.task}/{name}"

    def to_map(self) -> dict[str, object]:
        fields = asdict(self)
        fields["call"] = asdict(self.call)
        fields["amount"], fields["least"] = str(self.amount), str(self.least)
        fields["rounds"] = [list(one) for one in self.rounds]
        return {"version": VERSION, **fields}

    @classmethod
    def from_map(cls, stored: object) -> Plan:
        """Errors: BrokenState."""
        known = {"least": "0", **stored} if isinstance(stored, Mapping) else stored  # older ones wanted all of it
        fields = exactly(known, _PLAN)
        if fields.pop("version") != VERSION:
            raise BrokenState("The stored plan of a job is of another version.")
        try:
            fields["call"] = CallTerms(**exactly(fields["call"], _CALL))
            fields["bid"] = None if fields["bid"] is None else BidTerms(**exactly(fields["bid"], _BID))
            fields["amount"], fields["least"] = _amount(fields["amount"]), _amount(fields["least"])
            fields["rounds"] = tuple(_round(one) for one in fields["rounds"])
        except (BadField, ValueError) as error:
            raise BrokenState("A stored plan of a job says what no plan says.") from error
        if any(fields[name] not in words for name, words in _WORDS.items()):
            raise BrokenState("A stored plan of a job has a word that this version does not know.")
        return cls(**fields)


def awarded(plan: Plan, bid: BidTerms, amount: int, cfp: bytes) -> Plan:
    """The client takes this bid.  Another may follow as long as the chain has not named a provider."""
    return replace(plan, bid=bid, amount=amount, cfp=cfp)


def begun(plan: Plan, key: str) -> Plan:
    """To be stored before the call of that key is made."""
    return replace(plan, doing=key)


def ended(plan: Plan, key: str, now: int, *, ok: bool, block: int = 0, job: int | None = None) -> Plan:
    """To be stored after the call of that key ended: `ok` where it stands in `block` and was not reverted.

    `block`: 0 where it stands in none.  A call that was refused, reverted or displaced is not ok.  One that only waits
    (for an approval, for the network) has not ended.  `job`: of a creation, p2p.jobs.created.
    """
    name = _name(plan, key)
    before, mined = plan.tried(name)
    tried = before + 1
    others = [one for one in plan.rounds if one[0] != name]
    rounds = tuple(sorted([*others, (name, tried, mined + (block > 0))]))
    pause = 0 if ok and tried == 1 else min(LONGEST_PAUSE, 15 * 2 ** min(tried - 1, 8))
    plan = replace(plan, doing="", rounds=rounds, held=name, until=now + pause)
    if not ok:
        return plan
    if name == "create" and job is not None:
        plan = replace(plan, call=replace(plan.call, job=job), since=block)
    return replace(plan, block=max(plan.block, block), funded=plan.funded or name == "fund")


def noted(plan: Plan, seen: JobSeen | None) -> Plan:
    """With what was read: since when the job is what it is.  To be stored where it differs."""
    if seen is None or seen.block < plan.block:
        return plan
    if plan.status == seen.status and plan.status_block <= seen.block:
        return plan
    return replace(plan, status=int(seen.status), status_block=seen.block)


def confirmed(plan: Plan, seen: JobSeen) -> bool:
    """Whether what is seen has stood for as many blocks as it takes."""
    return plan.confirmations <= 1 or (
        plan.status == seen.status and seen.block - plan.status_block + 1 >= plan.confirmations
    )


def _name(plan: Plan, key: str) -> str:
    return key.removeprefix(f"{plan.task}/").partition("/")[0]


def _amount(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 78:
        raise ValueError("no amount")
    return int(text)


def _round(found: object) -> tuple[str, int, int]:
    match found:
        case [str(name), int(tried), int(mined)] if type(tried) is int and type(mined) is int:
            return name, tried, mined
    raise ValueError("no count")


_CALL: Mapping[str, Any] = {
    "chain_id": int, "genesis": bytes, "dialect": str, "kernel": str, "token": str, "hook": str, "evaluator": str,
    "code": Mapping, "client": str, "expires": int, "arbiter": str, "dispute_window": int,
    "arbitration_window": int, "job": int,
}  # fmt: skip
_BID: Mapping[str, Any] = {"provider": str, "expires": int, "nonce": int, "validator": str, "signature": bytes}
_PLAN: Mapping[str, Any] = {
    "version": int, "task": str, "role": str, "call": Mapping, "description": str, "confirmations": int,
    "amount": str, "cfp": bytes, "bid": (Mapping, type(None)), "stopped": bool, "failed": bool,
    "result": (bytes, type(None)), "verdict": str, "ruling": str, "reason": bytes, "doing": str,
    "rounds": (list, tuple), "held": str, "until": int, "block": int, "since": int, "funded": bool, "status": int,
    "status_block": int, "least": str,
}  # fmt: skip
_WORDS = {
    "role": ("client", "provider", "arbiter"),
    "verdict": ("", "wait", "accept", "dispute"),
    "ruling": ("", "complete", "reject"),
}
