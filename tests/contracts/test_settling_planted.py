"""Bugs planted one at a time into the reconciler and into what reads for it; a test of this folder catches each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from p2p import jobs, settling, settling_plan
from p2p.chain import Chain, embedded_endpoint
from tests.contracts import test_jobs_on_a_chain as reading
from tests.contracts import test_settling as paths
from tests.contracts import test_settling_edges as edges
from tests.contracts import test_settling_printed_edges as printed
from tests.contracts.on_chain import OnChain
from tests.contracts.settling_walk import over
from tests.contracts.test_walks import walks
from tests.contracts.world import World

Caught = Callable[..., None]


@dataclass(frozen=True)
class Bug:
    """`was` stands exactly once in the source of `module` and becomes `becomes`; `caught` fails then.

    `walk`: whether random walks find it too.
    """

    name: str
    module: ModuleType
    was: str
    becomes: str
    caught: Caught
    walk: bool = False

    @contextmanager
    def planted(self) -> Iterator[None]:
        """The functions of the module have the code of the changed source."""
        source = Path(str(self.module.__file__)).read_text("utf-8")
        assert source.count(self.was) == 1, f"{self.was!r} stands {source.count(self.was)} times"
        codes = _functions(compile(source.replace(self.was, self.becomes), "planted", "exec", dont_inherit=True))
        whole = [*_of(self.module)]
        kept = {name: found.__code__ for name, found in whole}
        try:
            for name, found in whole:
                found.__code__ = codes[name]
            yield
        finally:
            for name, found in whole:
                found.__code__ = kept[name]


def _of(module: ModuleType) -> Iterator[tuple[str, FunctionType]]:
    """The functions and methods that were written in a module, by qualified name."""
    for found in vars(module).values():
        if getattr(found, "__module__", "") != module.__name__:
            continue
        for one in [found, *vars(found).values()] if isinstance(found, type) else [found]:
            plain = one.fget if isinstance(one, property) else getattr(one, "__func__", one)
            if isinstance(plain, FunctionType) and plain.__code__.co_filename == module.__file__:
                yield plain.__qualname__, plain


def _functions(code: CodeType) -> dict[str, CodeType]:
    found: dict[str, CodeType] = {}
    for one in code.co_consts:
        if isinstance(one, CodeType):
            found[one.co_qualname] = one
            found |= _functions(one)
    return found


def with_blocks(test: Callable[[OnChain, Chain], None]) -> Caught:
    def caught(_world: World) -> None:
        chain = OnChain()
        test(chain, Chain([embedded_endpoint(chain.tester)]))

    return caught


PROSE = partial(paths.test_good_work_is_paid, dialect="prose", alone=False)
BUGS = [
    Bug("the offer of a job on its way is forgotten", settling, 'if plan.doing != plan.key("create"):', "if True:",
        paths.test_a_job_that_may_be_on_its_way_is_brought_to_its_number_and_rejected),
    Bug("a job without time is created", settling, "if now + least > call.expires:", "if False:",
        paths.test_a_job_without_time_for_the_work_is_not_created),
    Bug("what is called off is paid in", settling, "if plan.stopped or time > last or", "if time > last or",
        partial(paths.test_a_job_that_is_called_off_before_it_is_paid_in_is_rejected, dialect="prose", alone=False),
        walk=True),
    Bug("a job that nobody can get stays open", settling, "if plan.stopped or time > last or", "if plan.stopped or",
        paths.test_a_job_that_can_no_longer_be_awarded_is_rejected, walk=True),
    Bug("other code is paid in to", settling, "time > last or not seen.same_code:", "time > last:",
        printed.test_nothing_is_paid_in_where_other_code_runs),
    Bug("other code is worked for", settling, "_same(plan, seen) or not seen.same_code:", "_same(plan, seen):",
        printed.test_nobody_begins_where_other_code_runs),
    Bug("the budget is set whatever is left of it", settling,
        "                if seen.toll.paid_out(plan.amount) < plan.least:", "                if False:",
        printed.test_whoever_would_get_less_than_they_ask_sets_no_budget),
    Bug("worked for whatever is left of it", settling, " or seen.toll.paid_out(plan.amount) < plan.least:", ":",
        printed.test_whoever_would_get_less_than_they_ask_does_not_begin),
    Bug("an allowance stays", settling, "if seen.allowance and seen.allowance", "if False and seen.allowance",
        printed.test_what_was_allowed_and_is_not_paid_in_is_taken_back),
    Bug("what others were allowed is taken", settling, ' and plan.tried("approve")[1]', "",
        printed.test_what_was_allowed_for_another_job_stays),
    Bug("a lapsed bid is sent", settling, "if time > bid.expires or seen.bid_floor > bid.nonce:",
        "if seen.bid_floor > bid.nonce:", edges.test_a_bid_that_lapsed_is_said_and_not_sent),
    Bug("any allowance will do", settling, "if seen.allowance == plan.amount:", "if seen.allowance >= plan.amount:",
        partial(edges.test_what_the_kernel_may_take_is_exactly_the_price, left=101)),
    Bug("an allowance is changed without zero between", settling, "if seen.allowance:  #", "if False:  #",
        partial(edges.test_what_the_kernel_may_take_is_exactly_the_price, left=7)),
    Bug("more is allowed than the price", settling, "approve(call, plan.amount)", "approve(call, plan.amount + 1)",
        PROSE, walk=True),
    Bug("too little money is not seen", settling, "if seen.balance < plan.amount:", "if False:",
        edges.test_a_client_without_money_says_so_and_goes_on_when_it_has_some),
    Bug("the refund is claimed too late", settling, "    if time >= call.expires:\n        return _do(plan, \"refund\"",
        "    if time >= call.expires + 9:\n        return _do(plan, \"refund\"",
        partial(paths.test_a_provider_that_says_nothing_costs_nothing, dialect="prose", alone=False)),
    Bug("a dispute a second too late", settling, "min(DISPUTE_MARGIN, call.dispute_window // 2)", "0",
        paths.test_a_submission_without_a_result_is_disputed_in_time, walk=True),
    Bug("any result is good", settling, "plan.result is not None and seen.deliverable == plan.result",
        "plan.result is not None", partial(paths.test_another_result_than_the_submitted_one_is_not_paid, alone=False)),
    Bug("another result is not contested", settling, 'return plan.verdict == "dispute" or other',
        'return plan.verdict == "dispute"',
        partial(paths.test_another_result_than_the_submitted_one_is_not_paid, alone=False), walk=True),
    Bug("no result is not contested", settling, "(plan.result is None and time >= due)", "False",
        paths.test_a_submission_without_a_result_is_disputed_in_time, walk=True),
    Bug("accepted before the person looked", settling, 'plan.verdict == "" and good', "good",
        paths.test_a_person_who_looks_first_and_says_nothing_pays_by_silence),
    Bug("the money back for work that it has", settling,
        "if not seen.disputed and plan.result is not None and not _contests(plan, seen):", "if False:",
        paths.test_who_has_the_work_and_said_nothing_pays_even_after_the_job_s_end),
    Bug("settled before the window's end", settling, "    if time < due:\n        return Wait(due)\n", "",
        paths.test_silence_pays),
    Bug("settled before the arbiter's end", settling,
        "seen.ruling_by if seen.disputed else seen.dispute_by\n    if time", "seen.dispute_by\n    if time",
        paths.test_an_arbiter_that_says_nothing_leaves_the_work_paid),
    Bug("never settled", settling,
        'return _do(plan, "settle", _evaluator("settle(uint256)", call.job), now)\n\n\n#',
        "return Wait(now + 1)\n\n\n#", paths.test_silence_pays, walk=True),
    Bug("begun when it is over", settling, "if seen.status is not Status.FUNDED:\n        return \"job-ended\"",
        "if seen.status is Status.OPEN:\n        return \"job-ended\"",
        edges.test_a_job_that_is_submitted_or_over_is_not_begun_again),
    Bug("worked for less than was bid", settling, " or seen.budget != plan.amount:\n        return False",
        ":\n        return False", edges.test_a_provider_does_not_work_for_less_than_it_bid),
    Bug("a late result is submitted", settling, "((plan.stopped or late) and", "(plan.stopped and",
        paths.test_a_result_that_comes_too_late_sends_the_money_back),
    Bug("a fast clock gives up", settling, "return seen.time > last or", "return time > last or",
        edges.test_a_fast_clock_gives_up_no_work_that_is_in_time),
    Bug("a fast clock disputes nothing", settling, "not seen.disputed and seen.time < seen.dispute_by:",
        "not seen.disputed and time < seen.dispute_by:",
        partial(edges.test_a_wrong_clock_disputes_and_is_paid_all_the_same, skew=edges.DAY)),
    Bug("given up and not declined", settling, "((plan.stopped or late) and", "(late and",
        paths.test_a_provider_that_gives_up_sends_the_money_back_at_once),
    Bug("a bid that is taken back stays good", settling, "(call.job, bid.nonce + 1)", "(call.job, bid.nonce)",
        edges.test_a_bid_that_is_taken_back_is_void),
    Bug("old news are believed", settling, "    if seen.block < plan.block:\n        return Wait(now + POLL)\n", "",
        edges.test_news_that_are_older_than_what_was_done_are_none),
    Bug("somebody else's job is taken for ours", settling, "    if not _same(plan, seen):\n        return Void",
        "    if False:\n        return Void",
        edges.test_a_number_that_a_reorganisation_gave_to_somebody_else_is_not_ours),
    Bug("tried again at once", settling, "if plan.held == name and now < plan.until:", "if False:",
        edges.test_what_failed_is_tried_again_under_another_name_and_not_at_once),
    Bug("paid for over and over", settling, "if name in ENTERING and plan.tried(name)[1] >= MOST_ROUNDS:", "if False:",
        edges.test_an_allowance_that_never_stands_is_not_paid_for_over_and_over),
    Bug("a payment is given up", settling, "if name in ENTERING and plan.tried(name)[1] >= MOST_ROUNDS:",
        "if plan.tried(name)[1] >= MOST_ROUNDS:", edges.test_a_payment_that_is_due_is_tried_until_the_job_ends),
    Bug("an end is believed at once", settling_plan, "seen.block - plan.status_block + 1 >= plan.confirmations", "True",
        edges.test_an_end_and_a_payment_are_believed_after_their_confirmations),
    Bug("a taken-back end keeps its count", settling_plan,
        "if plan.status == seen.status and plan.status_block <= seen.block:",
        "if plan.status >= seen.status and plan.status_block <= seen.block:",
        edges.test_an_end_that_a_reorganisation_took_back_is_counted_anew),
    Bug("the same key for another call", settling_plan, "tried, _mined = self.tried(name)", "tried = 0",
        edges.test_what_failed_is_tried_again_under_another_name_and_not_at_once),
    Bug("another job is said to be created", jobs, "(log.topics[0], log.topics[2]) == wanted",
        "log.topics[0] == wanted[0]", with_blocks(reading.test_a_creation_says_the_number_of_its_job)),
    Bug("unknown contracts are asked", jobs, " or any(known.get(role) != at for role, at in theirs.contracts.items()):",
        ":", with_blocks(reading.test_contracts_that_nobody_here_knows_are_not_asked_anything)),
]  # fmt: skip


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(world: World, bug: Bug) -> None:
    with world.evm.undone(), bug.planted(), pytest.raises(AssertionError):
        bug.caught(world)


@pytest.mark.campaign
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("bug", [bug for bug in BUGS if bug.walk], ids=lambda bug: bug.name)
def test_a_random_walk_finds_it_too(world: World, bug: Bug) -> None:
    quick = settings(walks(400, 12, derandomize=True), phases=[Phase.generate])
    with bug.planted(), pytest.raises(AssertionError):
        run_state_machine_as_test(over(world), settings=quick)
