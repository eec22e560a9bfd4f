"""Brings one job on chain to its end, for whichever part this node has in it.  Pure: what is on chain is the truth.

`step(plan, seen, now)` says what is next.  The shell's loop, crash-safe wherever it is cut:

    seen = None if not plan.call.job else jobs.seen(chain, plan.call, plan.call.job, bidder(plan), plan.since)
    plan = store(noted(plan, seen))
    match step(plan, seen, now):
        case Do(call, key):  plan = store(begun(plan, key)); mined = await port.call(key, call)
                             job = jobs.created(plan.call, mined)
                             store(ended(plan, key, now, ok=mined.ok, block=mined.block, job=job))
                             # ok=False for ChainError chain-reverted, chain-displaced and chain-refused; while it
                             # waits for an approval or the network it has not ended
        case Wait(until):    look again by then; sooner finds news of the other side
        case Problem(code):  as Wait, and the person should hear of it
        case Settled() | Refunded() | Rejected() | Void(): it is over

`Do.alone`: calls that use the allowance of one account; the shell lets one job at a time pass from its first such call
until `step` gives another thing than a Do that is alone.

`ready(plan, seen, now)` is None once the job is paid in with exactly the plan's terms: then the client sends its
acceptance, and the provider begins.  Else it is a code that says why not.

`now` is the clock's second, `seen.time` the newest block's.  A chain that makes blocks on demand has an old one, and a
clock may be wrong: what may be tried early (and is then refused at no cost) goes by the later of the two, what gives
something up by the block's alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from p2p.job_seen import JobSeen, Status
from p2p.jobs import ContractCall, approve, kernel
from p2p.settling_plan import Plan, awarded, begun, confirmed, ended, noted
from p2p.wallet_requests import NOBODY

POLL = 15  # seconds until a look at what should show itself soon
LATER = 600  # the same where the clock says that it is over, and the newest block does not
GRACE = 24 * 3600  # seconds that a clock may be wrong, and after a job's end in which the other side may still end it
MOST_ROUNDS = 6  # that cost a fee, of a call that gets money in; what gets it out is tried for ever
REFUSED = 3  # times that a submission is refused, which the clock says is late, before that is believed
PRINTED_LEAST = 300  # seconds that a printed kernel wants a job to last, and more
DISPUTE_MARGIN = 1800  # seconds before the window's end, or half of the window where that is less

ENTERING = frozenset({"create", "set-provider", "set-budget", "approve-zero", "approve", "fund"})
ALONE = frozenset({"approve-zero", "approve", "fund", "withdraw"})


@dataclass(frozen=True)
class Do:
    """Have this call signed, sent and confirmed."""

    call: ContractCall
    key: str
    alone: bool = False


@dataclass(frozen=True)
class Wait:
    """Nothing to do before `until`, seconds, unless something happens."""

    until: int


@dataclass(frozen=True)
class Problem:
    """It does not go on by itself, or not yet.  `code`: settle-funds, settle-repeated, settle-toll, bid-late,
    bid-revoked, job-changed."""

    code: str
    until: int


@dataclass(frozen=True)
class Settled:
    """The provider was paid."""


@dataclass(frozen=True)
class Refunded:
    """What the client had paid in is the client's again."""


@dataclass(frozen=True)
class Rejected:
    """Ended before anything was paid in."""


@dataclass(frozen=True)
class Void:
    """Nothing more can come of it for this node.  `code`: unawarded, called-off, late, unpaid, changed."""

    code: str


Next: TypeAlias = Do | Wait | Problem | Settled | Refunded | Rejected | Void


def bidder(plan: Plan) -> str:
    """Whose bids `jobs.seen` should look up."""
    return NOBODY if plan.bid is None else plan.bid.provider


def step(plan: Plan, seen: JobSeen | None, now: int) -> Next:
    """What is next.  `seen` is None while the job has no number, and where the chain knows no such job."""
    if seen is None:
        return _absent(plan, now)
    if seen.block < plan.block:
        return Wait(now + POLL)
    time = max(seen.time, now)
    if not _same(plan, seen):
        return Void("changed") if time >= plan.call.expires else Problem("job-changed", now + POLL)
    if plan.role == "provider" and seen.provider != bidder(plan):
        return _unnamed(plan, seen, now)
    if seen.status.ended:
        return _end(plan, seen) if confirmed(plan, seen) else Wait(now + POLL)
    match plan.role:
        case "client":
            return _client(plan, seen, time, now)
        case "provider":
            return _provider(plan, seen, time, now)
        case _:
            return _arbiter(plan, seen, now)


def ready(plan: Plan, seen: JobSeen | None, now: int) -> str | None:
    """None: the job is paid in with exactly these terms, and there is time to submit.

    Codes: job-absent, job-changed, job-unfunded, job-terms, job-ended, job-late; job-changed also where other code runs
    in the contracts, job-terms where the kernel keeps more of the price than the provider agreed to.
    """
    if seen is None or seen.block < plan.block:
        return "job-absent"
    if not _same(plan, seen) or not seen.same_code:
        return "job-changed"
    if seen.status is Status.OPEN or (seen.status is Status.FUNDED and not confirmed(plan, seen)):
        return "job-unfunded"
    if not _as_bid(plan, seen) or seen.toll.paid_out(plan.amount) < plan.least:
        return "job-terms"
    if seen.status is not Status.FUNDED:
        return "job-ended"
    return "job-late" if max(seen.time, now) + plan.call.needed > plan.call.expires else None


def _absent(plan: Plan, now: int) -> Next:
    call = plan.call
    if plan.role != "client" or call.job:
        return Void("changed") if now >= call.expires else Wait(min(now + POLL, call.expires))
    if plan.doing != plan.key("create"):  # once begun it may be on its way, and is brought to its number
        if plan.stopped:
            return Void("called-off")
        least = max(call.needed, PRINTED_LEAST + 1 if call.dialect == "printed" else 1)
        if now + least > call.expires:
            return Void("late")
    return _do(plan, "create", kernel(call).create(call, plan.description), now)


def _same(plan: Plan, seen: JobSeen) -> bool:
    """A reorganisation may have given the number to somebody else."""
    call = plan.call
    named = (seen.job, seen.client, seen.evaluator, seen.hook, seen.expired_at, seen.token)
    return named == (call.job, call.client, call.evaluator, call.hook, call.expires, call.token)


def _as_bid(plan: Plan, seen: JobSeen) -> bool:
    """The chain holds what was bid: provider, price, and with a hook every term of it."""
    if plan.bid is None or seen.provider != plan.bid.provider or seen.budget != plan.amount:
        return False
    return plan.call.hook == NOBODY or _agreed(plan, seen)


def _agreed(plan: Plan, seen: JobSeen) -> bool:
    agreed, bid, call = seen.agreed, plan.bid, plan.call
    if agreed is None or bid is None:
        return False
    has = (agreed.provider, agreed.amount, agreed.cfp, agreed.arbiter, agreed.validator)
    windows = (agreed.dispute_window, agreed.arbitration_window)
    return has == (bid.provider, plan.amount, plan.cfp, call.arbiter, bid.validator) and windows == (
        call.dispute_window,
        call.arbitration_window,
    )


def _end(plan: Plan, seen: JobSeen) -> Next:
    match seen.status:
        case Status.COMPLETED:
            return Settled()
        case Status.EXPIRED:
            return Refunded()
        case _:
            return Refunded() if plan.funded or seen.refunded else Rejected()


# The client


def _client(plan: Plan, seen: JobSeen, time: int, now: int) -> Next:
    match seen.status:
        case Status.OPEN:
            return _client_open(plan, seen, time, now)
        case Status.FUNDED:
            return _client_funded(plan, time, now)
        case _ if plan.call.judged_by_client:
            return _client_judges(plan, seen, time, now)
        case _:
            return _client_submitted(plan, seen, time, now)


def _client_open(plan: Plan, seen: JobSeen, time: int, now: int) -> Next:
    call, bid = plan.call, plan.bid
    last = call.expires - call.needed  # the last second for any step towards the work
    if plan.stopped or time > last or not seen.same_code:
        return _call_off(plan, seen, now)
    if bid is None:
        return Wait(last + 1)
    if seen.provider == NOBODY:
        if time > bid.expires or seen.bid_floor > bid.nonce:
            return Problem("bid-late" if time > bid.expires else "bid-revoked", last + 1)
        return _do(plan, "set-provider", kernel(call).set_provider(call, bid, plan.amount, plan.cfp), now)
    if seen.provider != bid.provider or (call.hook != NOBODY and not _agreed(plan, seen)):
        return _do(plan, "reject", kernel(call).reject(call, plan.reason), now)
    if seen.budget != plan.amount:
        if kernel(call).provider_sets_budget:
            return Wait(last + 1)
        return _do(plan, "set-budget", kernel(call).set_budget(call, plan.amount), now)
    return _pay_in(plan, seen, now)


def _call_off(plan: Plan, seen: JobSeen, now: int) -> Next:
    """What the kernel was allowed for this job is taken back first: nobody knows what it will run tomorrow."""
    call = plan.call
    if seen.allowance and seen.allowance == plan.amount and plan.tried("approve")[1] and not plan.tried("withdraw")[0]:
        return _do(plan, "withdraw", approve(call, 0), now)
    return _do(plan, "reject", kernel(call).reject(call, plan.reason), now)


def _pay_in(plan: Plan, seen: JobSeen, now: int) -> Next:
    """The allowance is exactly the price: what a kernel is allowed it may take."""
    call = plan.call
    if seen.balance < plan.amount:
        return Problem("settle-funds", now + POLL)
    if seen.allowance == plan.amount:
        return _do(plan, "fund", kernel(call).fund(call, plan.amount), now)
    if seen.allowance:  # some tokens refuse to change one that is left over, and none can be raced from zero
        return _do(plan, "approve-zero", approve(call, 0), now)
    return _do(plan, "approve", approve(call, plan.amount), now)


def _client_funded(plan: Plan, time: int, now: int) -> Next:
    call = plan.call
    if time >= call.expires:
        return _do(plan, "refund", kernel(call).claim_refund(call), now)
    if call.judged_by_client and plan.failed:
        return _do(plan, "reject", kernel(call).reject(call, plan.reason), now)
    return Wait(call.expires)


def _pays(plan: Plan, seen: JobSeen) -> bool:
    good = plan.result is not None and seen.deliverable == plan.result
    return plan.verdict == "accept" or (plan.verdict == "" and good)


def _contests(plan: Plan, seen: JobSeen) -> bool:
    other = plan.result is not None and seen.deliverable is not None and seen.deliverable != plan.result
    return plan.verdict == "dispute" or other


def _client_judges(plan: Plan, seen: JobSeen, time: int, now: int) -> Next:
    call = plan.call
    if _pays(plan, seen):
        return _do(plan, "accept", kernel(call).complete(call, plan.reason), now)
    if _contests(plan, seen) or (plan.failed and plan.result is None):
        return _do(plan, "reject", kernel(call).reject(call, plan.reason), now)
    if time < call.expires:
        return Wait(call.expires)
    if plan.result is not None:  # it has the work, and said nothing
        return _do(plan, "accept", kernel(call).complete(call, plan.reason), now)
    return _do(plan, "refund", kernel(call).claim_refund(call), now)


def _client_submitted(plan: Plan, seen: JobSeen, time: int, now: int) -> Next:
    call = plan.call
    if _pays(plan, seen):
        return _do(plan, "accept", _evaluator("accept(uint256,bytes32)", call.job, plan.reason), now)
    if not seen.disputed and seen.time < seen.dispute_by:
        due = seen.dispute_by - min(DISPUTE_MARGIN, call.dispute_window // 2)
        if _contests(plan, seen) or (plan.result is None and time >= due):
            return _do(plan, "dispute", _evaluator("dispute(uint256,bytes32)", call.job, plan.reason), now)
        if time < seen.dispute_by:
            return Wait(due if plan.result is None else seen.dispute_by)
    if time < call.expires:
        return Wait(call.expires)
    if not seen.disputed and plan.result is not None and not _contests(plan, seen):
        return _do(plan, "settle", _evaluator("settle(uint256)", call.job), now)  # it has the work, and said nothing
    return _do(plan, "refund", kernel(call).claim_refund(call), now)


# The provider


def _unnamed(plan: Plan, seen: JobSeen, now: int) -> Next:
    """A bid was signed, and the job's provider is nobody or somebody else."""
    bid, call = plan.bid, plan.call
    if bid is None or seen.time > bid.expires or now > bid.expires + GRACE:
        return Void("unawarded")
    if seen.status is not Status.OPEN and confirmed(plan, seen):
        return Void("unawarded")
    if plan.stopped and seen.provider == NOBODY and call.hook != NOBODY and seen.bid_floor <= bid.nonce:
        return _do(plan, "revoke", ContractCall("hook", "revokeBids(uint256,uint256)", (call.job, bid.nonce + 1)), now)
    if plan.stopped and seen.bid_floor > bid.nonce:
        return Void("called-off")
    return Wait(bid.expires + 1 if now <= bid.expires else now + LATER)


def _provider(plan: Plan, seen: JobSeen, time: int, now: int) -> Next:
    call = plan.call
    over = seen.time >= call.expires + GRACE or now >= call.expires + GRACE
    match seen.status:
        case Status.OPEN:
            if over:
                return Void("unpaid")
            wants = kernel(call).provider_sets_budget and not plan.stopped and time + call.needed <= call.expires
            if wants and seen.budget != plan.amount and seen.same_code:
                if seen.toll.paid_out(plan.amount) < plan.least:
                    return Problem("settle-toll", now + POLL)
                return _do(plan, "set-budget", kernel(call).set_budget(call, plan.amount), now)
        case Status.FUNDED:
            late = _late(plan, seen, time)
            gives_back = ((plan.stopped or late) and seen.time < call.expires) or over
            if gives_back and not call.judged_by_client:
                return _do(plan, "decline", _evaluator("decline(uint256,bytes32)", call.job, plan.reason), now)
            if plan.result is not None and not plan.stopped and not late and _as_bid(plan, seen):
                return _do(plan, "submit", kernel(call).submit(call, plan.result), now)
            if time + call.needed <= call.expires and not call.judged_by_client:
                return Wait(call.expires - call.needed + 1)  # then it can no longer be paid, and gives the job back
        case _ if not call.judged_by_client:
            return _provider_submitted(plan, seen, time, now)
    return Void("unpaid") if over else Wait(call.expires if time < call.expires else call.expires + GRACE)


def _late(plan: Plan, seen: JobSeen, time: int) -> bool:
    """Too late to submit: the newest block says so, or the clock does and the chain has refused it again and again."""
    last = plan.call.expires - plan.call.needed
    return seen.time > last or (time > last and plan.tried("submit")[0] >= REFUSED)


def _provider_submitted(plan: Plan, seen: JobSeen, time: int, now: int) -> Next:
    """Silence pays from the end of the window on, and until the job's end nobody can be faster."""
    call = plan.call
    if plan.stopped:
        return _do(plan, "decline", _evaluator("decline(uint256,bytes32)", call.job, plan.reason), now)
    due = seen.ruling_by if seen.disputed else seen.dispute_by
    if time < due:
        return Wait(due)
    return _do(plan, "settle", _evaluator("settle(uint256)", call.job), now)


# The arbiter


def _arbiter(plan: Plan, seen: JobSeen, now: int) -> Next:
    call = plan.call
    last = call.expires
    if seen.status is Status.SUBMITTED:
        last = seen.ruling_by if seen.disputed else seen.dispute_by
    if seen.time >= last or now >= call.expires + GRACE:
        return Void("late")
    if not seen.disputed or not plan.ruling:
        return Wait(last if last > now else now + LATER)
    args = (call.job, plan.ruling == "complete", plan.reason)
    return _do(plan, "rule", _evaluator("rule(uint256,bool,bytes32)", *args), now)


def _evaluator(signature: str, *args: object) -> ContractCall:
    return ContractCall("evaluator", signature, args)


def _do(plan: Plan, name: str, call: ContractCall, now: int) -> Next:
    if plan.held == name and now < plan.until:
        return Wait(plan.until)
    if name in ENTERING and plan.tried(name)[1] >= MOST_ROUNDS:
        return Problem("settle-repeated", now + POLL)
    return Do(call, plan.key(name), name in ALONE)


__all__ = [
    "Do", "Next", "Plan", "Problem", "Refunded", "Rejected", "Settled", "Void", "Wait",
    "awarded", "begun", "bidder", "confirmed", "ended", "noted", "ready", "step",
]  # fmt: skip
