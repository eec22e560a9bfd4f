"""A job on chain, read and moved: the two ways in which kernels of ERC-8183 are spoken to (docs/contracts.md).

  kernel(call)                       ProseKernel or PrintedKernel, by the call's dialect
  seen(chain, call, job, bidder)     the job as it stands, JobSeen; None where there is no such job
  look(chain, identity, …, theirs)   what p2p.settlement_terms.refusal compares
  toll(chain, call)                  what the kernel keeps of a price
  created(call, mined)               the number that the chain gave to a job

Everything that asks a chain blocks and is for a worker thread.  Errors: ChainError.  What a kernel gives is a
`ContractCall`: a call of p2p.methods, signed and sent by somebody else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from p2p.bids import hook_params
from p2p.chain import Block, ChainError, ChainIdentity, Log, Mined, topic
from p2p.contract_code import CodeReader, codes
from p2p.job_seen import Agreed, JobSeen, Status, Toll
from p2p.settlement_terms import BidTerms, CallTerms, Dialect, Ours, bid_of
from p2p.wallet_requests import NOBODY

DESCRIPTION_LIMIT = 1024  # bytes
NO_REASON = bytes(32)
CREATED = {
    "prose": "JobCreated(uint256,address,address,address,uint256)",
    "printed": "JobCreated(uint256,address,address,address,uint256,address)",
}
SUBMITTED = "JobSubmitted(uint256,address,bytes32)"
REFUNDED = "Refunded(uint256,address,uint256)"

_JOB = "(uint256,address,address,address,string,uint256,uint256,uint8,address)"
_TERMS = "(address,uint256,bytes32,address,address,uint64,uint64,uint64)"
_SPAN = 2_000  # blocks whose events are asked for at once
_SPANS = 50  # how often, at most
_LOOKS = 3  # readings of a job while blocks go by


@dataclass(frozen=True)
class ContractCall:
    """`role` and `signature`: as in p2p.methods; `token`: what an amount in it is of."""

    role: str
    signature: str
    args: tuple[Any, ...]
    token: str = ""


class Reader(CodeReader, Protocol):
    """What is asked of a chain here; p2p.chain.Chain answers it."""

    def head(self) -> Block: ...

    def block(self, which: int | str) -> Block: ...

    def logs(self, contract: str, topics: Sequence[bytes | None], first: int, last: int) -> tuple[Log, ...]: ...


class Kernel(Protocol):
    """`call.job` is the job's number in everything but `create`."""

    provider_sets_budget: bool

    def create(self, call: CallTerms, description: str) -> ContractCall:
        """A job without a provider.  Errors: ValueError for a description that is too long."""
        ...

    def set_provider(self, call: CallTerms, bid: BidTerms, amount: int, cfp: bytes) -> ContractCall: ...

    def set_budget(self, call: CallTerms, amount: int) -> ContractCall: ...

    def fund(self, call: CallTerms, amount: int) -> ContractCall: ...

    def submit(self, call: CallTerms, deliverable: bytes) -> ContractCall: ...

    def complete(self, call: CallTerms, reason: bytes = NO_REASON) -> ContractCall: ...

    def reject(self, call: CallTerms, reason: bytes = NO_REASON) -> ContractCall: ...

    def claim_refund(self, call: CallTerms) -> ContractCall: ...


class _Common:
    """What both say alike."""

    provider_sets_budget = False

    def create(self, call: CallTerms, description: str) -> ContractCall:
        if len(description.encode()) > DESCRIPTION_LIMIT:
            raise ValueError("The description of a job is too long.")
        args = (NOBODY, call.evaluator, call.expires, description, call.hook)
        return ContractCall("kernel", "createJob(address,address,uint256,string,address)", args)

    def set_budget(self, call: CallTerms, amount: int) -> ContractCall:
        return ContractCall("kernel", "setBudget(uint256,uint256,bytes)", (call.job, amount, b""), call.token)

    def submit(self, call: CallTerms, deliverable: bytes) -> ContractCall:
        return ContractCall("kernel", "submit(uint256,bytes32,bytes)", (call.job, deliverable, b""))

    def complete(self, call: CallTerms, reason: bytes = NO_REASON) -> ContractCall:
        return ContractCall("kernel", "complete(uint256,bytes32,bytes)", (call.job, reason, b""))

    def reject(self, call: CallTerms, reason: bytes = NO_REASON) -> ContractCall:
        return ContractCall("kernel", "reject(uint256,bytes32,bytes)", (call.job, reason, b""))

    def claim_refund(self, call: CallTerms) -> ContractCall:
        return ContractCall("kernel", "claimRefund(uint256)", (call.job,))


class ProseKernel(_Common):
    """Ours, and whoever follows the prose: the bid goes with the provider, the expected budget with the money."""

    def set_provider(self, call: CallTerms, bid: BidTerms, amount: int, cfp: bytes) -> ContractCall:
        params = b"" if call.hook == NOBODY else hook_params(bid_of(call, bid, amount, cfp), bid.signature)
        return ContractCall("kernel", "setProvider(uint256,address,bytes)", (call.job, bid.provider, params))

    def fund(self, call: CallTerms, amount: int) -> ContractCall:
        return ContractCall("kernel", "fund(uint256,uint256,bytes)", (call.job, amount, b""), call.token)


class PrintedKernel(_Common):
    """Like the contract that the ERC printed: the provider's budget is its bid, and what is paid is what is allowed.

    `fund` names no amount, so the allowance must be exactly the price: then a budget raised just before is not paid.
    """

    provider_sets_budget = True

    def set_provider(self, call: CallTerms, bid: BidTerms, amount: int, cfp: bytes) -> ContractCall:  # noqa: ARG002
        return ContractCall("kernel", "setProvider(uint256,address)", (call.job, bid.provider))

    def fund(self, call: CallTerms, amount: int) -> ContractCall:  # noqa: ARG002
        return ContractCall("kernel", "fund(uint256,bytes)", (call.job, b""), call.token)


_KERNELS: Mapping[Dialect, Kernel] = {"prose": ProseKernel(), "printed": PrintedKernel()}


def kernel(call: CallTerms) -> Kernel:
    return _KERNELS[call.dialect]


def approve(call: CallTerms, amount: int) -> ContractCall:
    return ContractCall("token", "approve(address,uint256)", (call.kernel, amount), call.token)


def created(call: CallTerms, mined: Mined) -> int | None:
    """The number of the job that this transaction created for this call; None where it created none."""
    wanted = (topic(CREATED[call.dialect]), _word(call.client))
    for log in mined.logs:
        if log.address == call.kernel and len(log.topics) == 4 and (log.topics[0], log.topics[2]) == wanted:
            return int.from_bytes(log.topics[1], "big")
    return None


def toll(chain: Reader, call: CallTerms) -> Toll:
    """What the kernel keeps of a price.  The prose has no call that would say so, and our kernel keeps nothing."""
    if call.dialect != "printed":
        return Toll()
    shares = [int(_one(chain, call.kernel, f"{of}FeeBP()", "uint256")) for of in ("platform", "evaluator")]
    return Toll(*shares)


def look(chain: Reader, identity: ChainIdentity, dialect: Dialect, known: Mapping[str, str], theirs: CallTerms) -> Ours:
    """`identity`, `dialect`, `known`: of the chain in use (app.chain.port).  Another chain is asked nothing."""
    genesis = bytes.fromhex(identity.genesis.removeprefix("0x"))
    if (identity.chain_id, genesis) != (theirs.chain_id, theirs.genesis):
        return Ours(identity.chain_id, genesis, dialect, known, {}, wired=False, time=0)
    ours = Ours(identity.chain_id, genesis, dialect, known, codes(chain, theirs.contracts), wired=False, time=0)
    if dict(ours.code) != dict(theirs.code) or any(known.get(role) != at for role, at in theirs.contracts.items()):
        return ours  # nobody is asked about a job in contracts that are others
    try:
        job = seen(chain, theirs, theirs.job)
    except ChainError as error:
        if error.code != "chain-nonsense":
            raise
        job = None
    return replace(ours, wired=_wired(chain, theirs), time=chain.head().time, job=job)


def seen(chain: Reader, call: CallTerms, job: int, bidder: str = NOBODY, since: int = 0) -> JobSeen | None:
    """`bidder`: whose revoked bids are looked up; `since`: a block before which nothing happened to this job.

    Read again where a block came in between, as often as makes sense: what is decided by it, the contracts check anew.
    """
    block, found = chain.head(), None
    for _ in range(_LOOKS):
        found = _read(chain, call, job, bidder, since, block)
        after = chain.head()
        if after.hash == block.hash:
            break
        block = after
    return found


def _read(chain: Reader, call: CallTerms, job: int, bidder: str, since: int, block: Block) -> JobSeen | None:
    words = _job(chain, call, job)
    if words is None:
        return None
    _, client, provider, evaluator, _, budget, expired_at, status, hook = words
    found = JobSeen(
        job, block.number, block.time, Status(status), client.lower(), provider.lower(), evaluator.lower(),
        hook.lower(), budget, expired_at, _token(chain, call),
    )  # fmt: skip
    if (found.client, found.evaluator, found.hook) != (call.client, call.evaluator, call.hook):
        return found  # of somebody else: none of what follows is about ours
    found = replace(found, **_money(chain, call), **_bids(chain, call, job, bidder), toll=toll(chain, call))
    if found.status in (Status.OPEN, Status.FUNDED):
        found = replace(found, same_code=codes(chain, call.contracts) == dict(call.code))
    if not call.judged_by_client and found.status is Status.SUBMITTED:
        found = replace(found, disputed=_one(chain, call.evaluator, "disputed(uint256)", "bool", job))
    return replace(found, **_events(chain, call, found, since))


def _job(chain: Reader, call: CallTerms, job: int) -> tuple[Any, ...] | None:
    try:
        words: tuple[Any, ...] = _one(chain, call.kernel, "getJob(uint256)", _JOB, job)
    except ChainError as error:
        if error.code == "chain-reverted":
            return None
        raise
    if int(words[1], 16) == 0:
        return None
    if words[7] > max(Status) or words[0] != job:
        raise ChainError("chain-nonsense", "The kernel gives a job that is none.")
    return words


def _money(chain: Reader, call: CallTerms) -> dict[str, Any]:
    allowance = _one(chain, call.token, "allowance(address,address)", "uint256", call.client, call.kernel)
    return {"allowance": allowance, "balance": _one(chain, call.token, "balanceOf(address)", "uint256", call.client)}


def _bids(chain: Reader, call: CallTerms, job: int, bidder: str) -> dict[str, Any]:
    if call.hook == NOBODY:
        return {}
    provider, amount, cfp, arbiter, validator, disputing, ruling, submitted = _one(
        chain, call.hook, "terms(uint256)", _TERMS, job
    )
    agreed = Agreed(provider.lower(), amount, cfp, arbiter.lower(), validator.lower(), disputing, ruling, submitted)
    floor = _one(chain, call.hook, "bidFloor(address,uint256)", "uint256", bidder, job) if bidder != NOBODY else 0
    return {"agreed": agreed if agreed.provider != NOBODY else None, "bid_floor": floor}


def _events(chain: Reader, call: CallTerms, found: JobSeen, since: int) -> dict[str, Any]:
    """What only events tell, for the states in which it matters.  A chain that does not give them says nothing."""
    try:
        if found.status is Status.SUBMITTED:
            first, last = _around(chain, found, since)
            log = _last(chain, call, SUBMITTED, found.job, first, last)
            return {"deliverable": log.data if log is not None and len(log.data) == 32 else None}
        if found.status is Status.REJECTED:
            log = _last(chain, call, REFUNDED, found.job, since, found.block)
            return {"refunded": log is not None}
    except ChainError as error:
        if error.code == "chain-unreachable":
            raise
    return {}


def _last(chain: Reader, call: CallTerms, event: str, job: int, first: int, last: int) -> Log | None:
    """The newest such event of the job, looked for from the end."""
    for _ in range(_SPANS):
        begin = max(first, last - _SPAN + 1)
        if found := chain.logs(call.kernel, [topic(event), job.to_bytes(32, "big")], begin, last):
            return found[-1]
        last = begin - 1
        if last < first:
            break
    return None


def _around(chain: Reader, found: JobSeen, since: int) -> tuple[int, int]:
    """The blocks in which the submission can stand: found by its second, where the hook kept that."""
    if found.agreed is None or not found.agreed.submitted_at:
        return since, found.block
    first, last = since, found.block
    while last - first >= _SPAN:
        middle = (first + last) // 2
        if chain.block(middle).time < found.agreed.submitted_at:
            first = middle + 1
        else:
            last = middle
    return first, min(last + _SPAN, found.block)


def _token(chain: Reader, call: CallTerms) -> str:
    return str(_one(chain, call.kernel, "paymentToken()", "address")).lower()


def _wired(chain: Reader, call: CallTerms) -> bool:
    """Whether the contracts of a call name each other."""
    wanted = [(call.kernel, "paymentToken()", call.token)]
    if call.hook != NOBODY:
        wanted += [(call.hook, "kernel()", call.kernel), (call.hook, "token()", call.token)]
    if not call.judged_by_client:
        wanted += [(call.hook, "evaluator()", call.evaluator), (call.evaluator, "kernel()", call.kernel)]
    try:
        return all(str(_one(chain, at, signature, "address")).lower() == says for at, signature, says in wanted)
    except ChainError as error:
        if error.code in ("chain-reverted", "chain-nonsense"):
            return False
        raise


def _one(chain: Reader, contract: str, signature: str, returns: str, *args: Any) -> Any:
    """The one value that a call gives."""
    return chain.read(contract, signature, [returns], *args)[0]


def _word(address: str) -> bytes:
    return bytes.fromhex(address.removeprefix("0x")).rjust(32, b"\0")
