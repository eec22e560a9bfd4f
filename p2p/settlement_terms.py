"""What a priced call and a proposal say about the chain, in the map `x` of their contents (docs/protocol.md).

  cfp      `chain`: which chain;  `escrow`: the contracts, the code at their addresses, the job, who judges and how long
  propose  `bid`: who signs, until when, and the signature of EIP-712 over the bid that call and price make

`CallTerms.from_x(content.x)` and `BidTerms.from_x(content.x)` give None where `x` says nothing of a chain, and raise
BadField for what is not exactly this form; `to_x()` is the inverse.  The price of a task on chain names its token as
CAIP-19 does: `asset(chain_id, token)`; `asset_of(name)` is the inverse.

`refusal(ours, theirs, price, result_by)` says why a node does not take part, None where nothing is in the way;
`bid_refusal(call, bid, amount, cfp, now)` why a client does not take a bid.  Codes: REFUSALS and BID_REFUSALS.

Addresses are 0x and 40 hexadecimal digits in lower case here, 20 bytes on the wire.  Times are seconds since the epoch,
but `result_by`, which is the call's and in milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from p2p.acl import BadField
from p2p.bids import MOST_SIGNATURE, made_by
from p2p.canonical import Value
from p2p.content_fields import FieldMap, Fields, Price, check_digest, check_number
from p2p.job_seen import JobSeen, Status
from p2p.wallet_requests import NOBODY, Bid

Dialect = Literal["prose", "printed"]

MIN_WINDOW = 60  # seconds, of the hook
MOST_WINDOW = 7 * 24 * 3600  # seconds: a provider lets no client and no arbiter hold its money longer
SETTLE_MARGIN = 600  # seconds between the last window and the job's end, of the hook
CONTRACTS = ("kernel", "token", "hook", "evaluator")
REFUSALS = (
    "chain-none", "chain-other", "chain-genesis", "chain-code", "chain-token", "chain-job", "chain-window",
    "chain-time",
)  # fmt: skip
BID_REFUSALS = ("bid-party", "bid-signature", "bid-late", "bid-amount")

_ADDRESS = re.compile(r"0x[0-9a-f]{40}\Z")
_ASSET = re.compile(r"eip155:([1-9][0-9]{0,15})/erc20:(0x[0-9a-f]{40})\Z")


class BadWindow(BadField):
    """A window that no hook takes: a provider says `chain-window` to it."""


def asset(chain_id: int, token: str) -> str:
    """The name of a token in a price: CAIP-19, in lower case."""
    return f"eip155:{chain_id}/erc20:{token.lower()}"


def asset_of(name: str) -> tuple[int, str] | None:
    """Chain id and address of a token that a price names; None for a name that is of no chain."""
    found = _ASSET.match(name)
    return (int(found[1]), found[2]) if found else None


@dataclass(frozen=True)
class CallTerms:
    """The job behind a call.  `genesis`: 32 bytes; `code`: keccak256 of the code at each contract's address, by role.

    `hook` is NOBODY where there is none, and then the client judges; `evaluator` is the client where it judges itself,
    and then `arbiter` is NOBODY and both windows are 0.  `job` is 0 until the chain has numbered it: such terms are
    never sent.  `expires`: the job's expiredAt.
    """

    chain_id: int
    genesis: bytes
    dialect: Dialect
    kernel: str
    token: str
    hook: str
    evaluator: str
    code: Mapping[str, bytes]
    client: str
    expires: int
    arbiter: str = NOBODY
    dispute_window: int = 0
    arbitration_window: int = 0
    job: int = 0

    def __post_init__(self) -> None:
        for address in (self.kernel, self.token, self.hook, self.evaluator, self.client, self.arbiter):
            if not _ADDRESS.match(address):
                raise BadField("An address is 0x and 40 hexadecimal digits in lower case.")
        for name in ("chain_id", "expires", "dispute_window", "arbitration_window", "job"):
            check_number(getattr(self, name), name.replace("_", "-"))
        check_digest(self.genesis)
        if self.dialect not in ("prose", "printed") or self.code.keys() != self.contracts.keys():
            raise BadField("A call names the code of each of its contracts.")
        for digest in self.code.values():
            check_digest(digest)
        self._check_judge()

    def _check_judge(self) -> None:
        """As the hook would."""
        if NOBODY in (self.kernel, self.token, self.client, self.evaluator):
            raise BadField("A job has a kernel, a token, a client and somebody who judges.")
        if self.dialect == "printed" and self.hook != NOBODY:
            raise BadField("A printed kernel does not hand a bid to a hook.")
        if self.judged_by_client:
            if (self.arbiter, self.dispute_window, self.arbitration_window) != (NOBODY, 0, 0):
                raise BadField("A client who judges alone has no arbiter and no windows.")
        elif self.hook == NOBODY:
            raise BadField("Without a hook the client judges.")
        elif self.arbiter in (NOBODY, self.client):
            raise BadField("An arbiter is a third.")
        elif min(self.dispute_window, self.arbitration_window) < MIN_WINDOW:
            raise BadWindow("Each window has a minute at least.")

    @property
    def contracts(self) -> dict[str, str]:
        """The addresses, by role, of what is a contract."""
        found = {"kernel": self.kernel, "token": self.token}
        if self.hook != NOBODY:
            found["hook"] = self.hook
        if not self.judged_by_client:
            found["evaluator"] = self.evaluator
        return found

    @property
    def judged_by_client(self) -> bool:
        return self.evaluator == self.client

    @property
    def needed(self) -> int:
        """Seconds that must be left of the job when work is submitted, so also when it is awarded and paid in."""
        return 1 if self.judged_by_client else self.dispute_window + self.arbitration_window + SETTLE_MARGIN

    @property
    def asset(self) -> str:
        return asset(self.chain_id, self.token)

    def to_x(self) -> FieldMap:
        """Errors: BadField before the job has its number."""
        if not self.job:
            raise BadField("A call names its job.")
        escrow: FieldMap = {
            "dialect": self.dialect,
            "kernel": _raw(self.kernel),
            "token": _raw(self.token),
            "code": dict(self.code),
            "job": self.job,
            "client": _raw(self.client),
            "expires": self.expires,
        }
        if self.hook != NOBODY:
            escrow["hook"] = _raw(self.hook)
        if not self.judged_by_client:
            escrow["evaluator"] = _raw(self.evaluator)
            escrow["arbiter"] = _raw(self.arbiter)
            escrow["dispute-window"] = self.dispute_window
            escrow["arbitration-window"] = self.arbitration_window
        return {"chain": {"id": self.chain_id, "genesis": self.genesis}, "escrow": escrow}

    @classmethod
    def from_x(cls, x: Mapping[str, Value]) -> CallTerms | None:
        """Errors: BadField."""
        if not {"chain", "escrow"} & x.keys():
            return None
        chain = _fields(x, "chain", {"id", "genesis"})
        escrow = _fields(x, "escrow", _ESCROW, _JUDGED | {"hook"})
        named = _JUDGED & _map(x, "escrow").keys()
        if named and named != _JUDGED:
            raise BadField("An evaluator comes with an arbiter and two windows.")
        client = _address(escrow, "client")
        dialect = escrow.text("dialect")
        if dialect not in ("prose", "printed") or not escrow.number("job"):
            raise BadField("The dialect of a kernel is unknown, or the job is none.")
        made = cls(
            chain_id=chain.number("id"),
            genesis=chain.bytes("genesis"),
            dialect=dialect,  # type: ignore[arg-type]  # checked just above
            kernel=_address(escrow, "kernel"),
            token=_address(escrow, "token"),
            hook=_address(escrow, "hook") if "hook" in _map(x, "escrow") else NOBODY,
            evaluator=_address(escrow, "evaluator") if named else client,
            code=_codes(escrow.map("code")),
            client=client,
            expires=escrow.number("expires"),
            arbiter=_address(escrow, "arbiter") if named else NOBODY,
            dispute_window=escrow.number("dispute-window") if named else 0,
            arbitration_window=escrow.number("arbitration-window") if named else 0,
            job=escrow.number("job"),
        )
        return _one_form(made, x, "chain", "escrow")


@dataclass(frozen=True)
class BidTerms:
    """What a proposal adds to its call and its price: `bid_of` makes the bid of all three.

    `expires`: the last second at which the chain takes it.  `signature`: 65 bytes of a key, or what
    a wallet that is a contract takes for its own (EIP-1271); empty where no hook asks for one.
    """

    provider: str
    expires: int
    nonce: int = 0
    validator: str = NOBODY
    signature: bytes = b""

    def __post_init__(self) -> None:
        if not _ADDRESS.match(self.provider) or not _ADDRESS.match(self.validator) or self.provider == NOBODY:
            raise BadField("A bid names its provider.")
        check_number(self.expires, "expires")
        check_number(self.nonce, "nonce")
        if type(self.signature) is not bytes or len(self.signature) > MOST_SIGNATURE:
            raise BadField("The signature of a bid has at most 1,024 bytes.")

    def to_x(self) -> FieldMap:
        bid: FieldMap = {"provider": _raw(self.provider), "expires": self.expires, "nonce": self.nonce}
        if self.validator != NOBODY:
            bid["validator"] = _raw(self.validator)
        if self.signature:
            bid["signature"] = self.signature
        return {"bid": bid}

    @classmethod
    def from_x(cls, x: Mapping[str, Value]) -> BidTerms | None:
        """Errors: BadField."""
        if "bid" not in x:
            return None
        bid = _fields(x, "bid", {"provider", "expires", "nonce"}, {"validator", "signature"})
        has = _map(x, "bid").keys()
        validator = _address(bid, "validator") if "validator" in has else NOBODY
        signature = bid.bytes("signature") if "signature" in has else b""
        made = cls(_address(bid, "provider"), bid.number("expires"), bid.number("nonce"), validator, signature)
        return _one_form(made, x, "bid")


def bid_of(call: CallTerms, bid: BidTerms, amount: int, cfp: bytes, account: int = 0) -> Bid:
    """What the provider signs.  `cfp`: the digest of the signed call (SHA-256) as it was sent to this provider."""
    return Bid(
        account=account,
        chain=call.chain_id,
        hook=call.hook,
        job=call.job,
        client=call.client,
        evaluator=call.evaluator,
        token=call.token,
        amount=amount,
        job_expires=call.expires,
        cfp=cfp,
        arbiter=call.arbiter,
        validator=bid.validator,
        dispute_window=call.dispute_window,
        arbitration_window=call.arbitration_window,
        expires=bid.expires,
        nonce=bid.nonce,
    )


@dataclass(frozen=True)
class Ours:
    """What this node sees of the chain that a call names (p2p.jobs.look).

    `known`: the contracts this node knows there, by role; `code`: keccak256 of what stands at the call's addresses;
    `wired`: whether these contracts name each other; `job`: None where there is none.
    """

    chain_id: int
    genesis: bytes
    dialect: Dialect
    known: Mapping[str, str]
    code: Mapping[str, bytes]
    wired: bool
    time: int
    job: JobSeen | None = None


def refusal(ours: Ours | None, theirs: CallTerms | None, price: Price, result_by: int) -> str | None:
    """Why a provider takes no part in a call that is priced in a token of a chain; one of REFUSALS.

    `ours` is None without a chain, `theirs` where the call names none.  Of several reasons the first is given.
    """
    if ours is None or theirs is None:
        return "chain-none"
    if ours.chain_id != theirs.chain_id:
        return "chain-other"
    if ours.genesis != theirs.genesis:
        return "chain-genesis"
    wanted = {role: at for role, at in theirs.contracts.items() if role != "token"}
    if ours.dialect != theirs.dialect or any(ours.known.get(role) != at for role, at in wanted.items()):
        return "chain-code"
    if dict(ours.code) != dict(theirs.code) or not ours.wired:
        return "chain-code"
    if ours.known.get("token") != theirs.token or price.token != theirs.asset:
        return "chain-token"
    if not _is_of(ours.job, theirs):
        return "chain-job"
    if max(theirs.dispute_window, theirs.arbitration_window) > MOST_WINDOW:
        return "chain-window"
    if max(ours.time, -(-result_by // 1000)) + theirs.needed > theirs.expires:
        return "chain-time"
    return None


def bid_refusal(
    call: CallTerms, bid: BidTerms, amount: int, cfp: bytes, now: int, *, accepted: bool = False
) -> str | None:
    """Why a client cannot award to this bid at the second `now`; one of BID_REFUSALS.

    `accepted`: the provider is a contract, which said yes to the signature (p2p.bids.accepted_by).
    """
    if amount <= 0:
        return "bid-amount"
    if bid.provider in (call.client, call.arbiter):
        return "bid-party"
    if now > bid.expires:
        return "bid-late"
    if call.hook == NOBODY:
        return "bid-signature" if bid.signature else None
    signed = accepted or made_by(bid_of(call, bid, amount, cfp), bid.provider, bid.signature)
    return None if signed and bid.signature else "bid-signature"


def _is_of(job: JobSeen | None, call: CallTerms) -> bool:
    """The job is the one that the call describes, and still to be awarded."""
    if job is None:
        return False
    named = (job.job, job.client, job.evaluator, job.hook, job.expired_at, job.token)
    says = (call.job, call.client, call.evaluator, call.hook, call.expires, call.token)
    return named == says and job.status is Status.OPEN and job.provider == NOBODY


_Terms = TypeVar("_Terms", CallTerms, BidTerms)
_ESCROW = {"dialect", "kernel", "token", "code", "job", "client", "expires"}
_JUDGED = {"evaluator", "arbiter", "dispute-window", "arbitration-window"}


def _map(x: Mapping[str, Value], key: str) -> FieldMap:
    value = x.get(key)
    if not isinstance(value, dict):
        raise BadField(f"The field {key} is absent or not a map.")
    return value


def _fields(x: Mapping[str, Value], key: str, required: set[str], optional: set[str] | None = None) -> Fields:
    found = _map(x, key)
    if "x" in found:
        raise BadField(f"The field {key} has no x of its own.")
    return Fields(found, required, optional)


def _one_form(made: _Terms, x: Mapping[str, Value], *keys: str) -> _Terms:
    """An address of nobody where a key should be absent says the same in another form: there is one."""
    if made.to_x() != {key: x[key] for key in keys}:
        raise BadField("What says nothing has no key.")
    return made


def _address(fields: Fields, key: str) -> str:
    raw = fields.bytes(key)
    if len(raw) != 20:
        raise BadField(f"The field {key} is not an address of 20 bytes.")
    return "0x" + raw.hex()


def _codes(found: FieldMap) -> dict[str, bytes]:
    for digest in found.values():
        check_digest(digest)
    return found  # type: ignore[return-value]  # checked just above


def _raw(address: str) -> bytes:
    return bytes.fromhex(address.removeprefix("0x"))
