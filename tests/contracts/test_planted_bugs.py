"""Bugs planted one at a time into the sources; a test of this folder catches each."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.contracts import test_bidding_hook as bidding
from tests.contracts import test_bidding_terms as terms
from tests.contracts import test_escrow_hostile as hostile
from tests.contracts import test_identity_registry as identity
from tests.contracts import test_job_escrow as escrow
from tests.contracts import test_rehearsal_token as token
from tests.contracts import test_reputation_registry as reputation
from tests.contracts import test_validation_registry as validation
from tests.contracts import test_window_evaluator as windows
from tests.contracts.evm import Reverted
from tests.contracts.planting import Bug
from tests.contracts.test_walks import QUIET
from tests.contracts.walking import over
from tests.contracts.world import CLIENT, FUNDED, PROVIDER, STRANGER, SUBMITTED, World

KERNEL, HOOK, EVALUATOR = "JobEscrow", "BiddingHook", "WindowEvaluator"

ESCROW = [
    Bug("fund takes any budget", KERNEL, 'assert budget == expectedBudget, "another budget"', "pass",
        escrow.test_a_budget_raised_just_before_is_not_paid),
    Bug("fund without a provider", KERNEL,
        'assert self.jobs[jobId].provider != empty(address), "no provider"', "pass",
        escrow.test_a_job_without_a_provider_is_not_funded),
    Bug("fund until a second too late", KERNEL, "assert block.timestamp < self.jobs[jobId].expiredAt",
        "assert block.timestamp <= self.jobs[jobId].expiredAt",
        partial(escrow.test_funding_ends_at_the_second_of_expiry, after=1000, fits=False)),
    Bug("refund a second too late", KERNEL, "assert block.timestamp >= self.jobs[jobId].expiredAt",
        "assert block.timestamp > self.jobs[jobId].expiredAt",
        partial(escrow.test_the_refund_is_due_at_the_second_of_expiry, state=FUNDED, after=1000, due=True)),
    Bug("refund before expiry", KERNEL, 'assert block.timestamp >= self.jobs[jobId].expiredAt, "not expired"', "pass",
        partial(escrow.test_the_refund_is_due_at_the_second_of_expiry, state=FUNDED, after=999, due=False)),
    Bug("refund to whoever asks", KERNEL, "    client: address = self.jobs[jobId].client\n    budget: uint256",
        "    client: address = msg.sender\n    budget: uint256",
        partial(escrow.test_anybody_returns_an_expired_escrow_to_the_client, state=FUNDED, caller=STRANGER)),
    Bug("refund asks the hook", KERNEL, "    self.jobs[jobId].status = EXPIRED\n",
        "    self._before(jobId, REJECT, b\"\")\n    self.jobs[jobId].status = EXPIRED\n",
        partial(hostile.test_no_hook_stands_between_a_client_and_an_expired_escrow,
                state=FUNDED, harm=hostile.REVERTS_BEFORE)),
    Bug("the client rejects what is funded", KERNEL,
        '        assert msg.sender == self.jobs[jobId].evaluator, "not the evaluator"\n    data: Bytes[MAX_DATA] = '
        "abi_encode(reason, optParams)\n    self._before(jobId, REJECT",
        "        assert msg.sender in [self.jobs[jobId].evaluator, self.jobs[jobId].client]\n"
        "    data: Bytes[MAX_DATA] = abi_encode(reason, optParams)\n    self._before(jobId, REJECT",
        partial(escrow.test_once_funded_nobody_else_rejects, state=SUBMITTED, caller=CLIENT)),
    Bug("complete without a submission", KERNEL, 'assert self._status(jobId) == SUBMITTED, "not submitted"',
        "assert self._status(jobId) in [FUNDED, SUBMITTED]",
        partial(escrow.test_only_a_submitted_job_is_completed, state=FUNDED)),
    Bug("complete twice", KERNEL, "    self.jobs[jobId].status = COMPLETED\n", "",
        escrow.test_completing_pays_the_provider_in_full),
    Bug("anybody submits", KERNEL, 'assert msg.sender == self.jobs[jobId].provider, "not the provider"', "pass",
        partial(escrow.test_nobody_but_the_provider_submits, caller=STRANGER)),
    Bug("a provider is replaced", KERNEL,
        'assert self.jobs[jobId].provider == empty(address), "provider set"', "pass",
        escrow.test_a_provider_is_not_replaced),
    Bug("a funded budget is changed", KERNEL,
        'assert self._status(jobId) == OPEN, "not open"\n    assert msg.sender == self.jobs[jobId].client or',
        "assert msg.sender == self.jobs[jobId].client or",
        partial(escrow.test_a_budget_is_set_while_the_job_is_open_only, state=FUNDED)),
    Bug("a fee on the way is not seen", KERNEL,
        'assert staticcall IERC20(paymentToken).balanceOf(self) == held + budget, "not paid in full"', "pass",
        partial(hostile.test_a_token_that_does_not_pay_in_full_funds_nothing, harm=hostile.TAKES_A_FEE)),
    Bug("a token that says no is believed", KERNEL,
        "assert extcall IERC20(paymentToken).transfer(to, amount, default_return_value=True), \"not paid\"",
        "extcall IERC20(paymentToken).transfer(to, amount, default_return_value=True)",
        partial(hostile.test_a_payment_that_fails_leaves_the_job_as_it_was, harm=hostile.SAYS_NO)),
    Bug("no lock on the refund", KERNEL, "@external\n@nonreentrant\ndef claimRefund", "@external\ndef claimRefund",
        partial(hostile.test_a_hook_that_calls_back_gets_nowhere, when=hostile.CALLS_BACK_BEFORE)),
    Bug("a hook without end", KERNEL,
        "extcall Hook(hook).beforeAction(jobId, selector, data, gas=HOOK_GAS)",
        "extcall Hook(hook).beforeAction(jobId, selector, data)",
        hostile.test_a_hook_that_burns_gas_burns_no_more_than_its_share),
    Bug("the hook is told another selector", KERNEL, 'method_id("fund(uint256,uint256,bytes)"',
        'method_id("fund(uint256,bytes)"',
        hostile.test_a_hook_is_told_before_and_after_with_selector_and_data_of_the_standard),
]  # fmt: skip

BIDS = [
    Bug("a bid nobody signed", HOOK, 'assert signatures.signed_by(provider, digest, signature), "not signed"', "pass",
        bidding.test_a_bid_that_somebody_else_signed_is_refused),
    Bug("a bid for any job", HOOK, "                job.id,\n", "                convert(1, uint256),\n",
        bidding.test_a_bid_is_no_good_for_another_job),
    Bug("a bid on any chain", HOOK, "abi_encode(DOMAIN_TYPE, name, version, chain.id, self)",
        "abi_encode(DOMAIN_TYPE, name, version, convert(31337, uint256), self)",
        bidding.test_a_bid_is_no_good_on_another_chain, "signatures.vy"),
    Bug("a bid of another length", HOOK, "if len(signature) != 65:", "if len(signature) < 65:",
        partial(bidding.test_a_signature_of_another_length_is_refused, length=66), "signatures.vy"),
    Bug("a signature of two forms", HOOK, "if s > HALF_ORDER or (v != 27 and v != 28):", "if v != 27 and v != 28:",
        bidding.test_the_other_half_of_a_signature_is_refused, "signatures.vy"),
    Bug("an expired bid", HOOK, 'assert block.timestamp <= offer.expiry, "bid expired"', "pass",
        partial(terms.test_a_bid_binds_up_to_and_including_its_last_second, late=1, binds=False)),
    Bug("a revoked bid", HOOK, 'assert offer.nonce >= self.bidFloor[provider][jobId], "bid revoked"', "pass",
        terms.test_a_revoked_bid_is_refused_and_the_one_that_replaces_it_is_not),
    Bug("another amount than bid", HOOK,
        '        assert amount == self.agreed[jobId].amount, "not the bid\'s amount"\n        return', "        return",
        partial(terms.test_the_budget_is_what_was_bid, party=CLIENT, amount=99)),
    Bug("a provider who has not bid", HOOK, 'assert job.provider == empty(address), "no bid"', "pass",
        partial(terms.test_a_provider_whom_the_job_was_created_with_has_not_bid, party=PROVIDER)),
    Bug("funded without a bid's amount", HOOK,
        'assert job.budget == self.agreed[jobId].amount, "not the bid\'s amount"',
        "pass", terms.test_a_budget_set_before_the_award_is_not_what_is_paid),
    Bug("anybody calls the hook", HOOK,
        "    @notice The kernel alone tells what happened; the windows run from the second of the submission.\n"
        '    """\n'
        '    assert msg.sender == kernel, "not the kernel"',
        '    """', partial(terms.test_only_the_kernel_calls_the_hook, method="afterAction")),
    Bug("a submission too late", HOOK,
        "    elif selector == SUBMIT:\n        self._in_time(jobId, staticcall Kernel(kernel).getJob(jobId))\n", "",
        partial(terms.test_a_submission_comes_in_time_for_both_windows_or_not_at_all, slack=-1, fits=False)),
    Bug("a party as arbiter", HOOK, "assert offer.arbiter != job.client and offer.arbiter != provider",
        "assert offer.arbiter != provider", partial(terms.test_an_arbiter_is_a_third, arbiter=CLIENT)),
    Bug("a bid for another call", HOOK, 'assert offer.cfpHash == self.calls[jobId].cfpHash, "another call"', "pass",
        terms.test_a_bid_for_another_call_is_refused),
]  # fmt: skip

WINDOWS = [
    Bug("anybody disputes", EVALUATOR,
        '    assert msg.sender == job.client, "not the client"\n    assert job.status == SUBMITTED',
        "    assert job.status == SUBMITTED", partial(windows.test_nobody_but_the_client_disputes, caller=STRANGER)),
    Bug("a dispute a second too late", EVALUATOR, "assert block.timestamp < self._dispute_by(terms)",
        "assert block.timestamp <= self._dispute_by(terms)",
        partial(windows.test_at_every_second_either_a_dispute_or_the_settlement_is_possible, early=0, open_=False)),
    Bug("settled while the window is open", EVALUATOR,
        'assert block.timestamp >= self._dispute_by(terms), "window open"', "pass",
        partial(windows.test_at_every_second_either_a_dispute_or_the_settlement_is_possible, early=1, open_=True)),
    Bug("settled before the arbiter", EVALUATOR,
        'assert block.timestamp >= self._ruling_by(terms), "before the arbiter"', "pass",
        partial(windows.test_at_every_second_either_a_ruling_or_the_settlement_is_possible, early=1, open_=True)),
    Bug("an arbiter whom nobody asked", EVALUATOR, 'assert self.disputed[jobId], "not disputed"', "pass",
        windows.test_an_arbiter_whom_nobody_asked_decides_nothing),
    Bug("anybody rules", EVALUATOR, 'assert msg.sender == terms.arbiter, "not the arbiter"', "pass",
        partial(windows.test_nobody_but_the_arbiter_decides, caller=CLIENT, completed=False)),
    Bug("a ruling the wrong way round", EVALUATOR, "    if completed:", "    if not completed:",
        partial(windows.test_the_arbiter_decides, completed=True, status=3)),
    Bug("the client declines", EVALUATOR, 'assert msg.sender == job.provider, "not the provider"', "pass",
        windows.test_the_client_does_not_take_the_work_and_keep_the_money),
    Bug("the provider accepts its own work", EVALUATOR,
        'assert msg.sender == job.client, "not the client"\n    extcall', "extcall",
        partial(windows.test_nobody_but_the_client_is_content, caller=PROVIDER)),
]  # fmt: skip

REGISTRIES = [
    Bug("a transferred agent keeps its wallet", "IdentityRegistry",
        "    self.wallets[_tokenId] = empty(address)\n", "",
        identity.test_a_transfer_takes_the_wallet_and_the_approval_away),
    Bug("ids from one", "IdentityRegistry", "    agentId: uint256 = self.count\n    self.count = agentId + 1",
        "    agentId: uint256 = self.count + 1\n    self.count = agentId",
        identity.test_the_first_agent_is_number_zero),
    Bug("own feedback", "ReputationRegistry",
        "        and not staticcall registry.isApprovedForAll(owner, msg.sender)\n",
        "", lambda world: reputation.test_nobody_praises_their_own_agent(world, _registered(world))),
    Bug("revoked feedback counts", "ReputationRegistry",
        "if self.feedback[agentId][client][index].isRevoked and not revoked:", "if False:",
        lambda world: reputation.test_a_summary_counts_those_clients_only_and_nothing_revoked(
            world, _registered(world))),
    Bug("anybody validates", "ValidationRegistry",
        'assert msg.sender == self.validations[requestHash].validatorAddress, "not the validator"', "pass",
        lambda world: validation.test_nobody_but_the_validator_that_was_asked_answers(
            world, _registered(world), STRANGER)),
    Bug("a permit twice", "RehearsalToken", "    self.nonces[owner] = nonce + 1\n", "",
        token.test_a_permit_is_an_allowance_by_signature_once),
]  # fmt: skip

BUGS = [*ESCROW, *BIDS, *WINDOWS, *REGISTRIES]
FOUND_BY_WALKING = [*ESCROW[2:5], *ESCROW[7:13], *WINDOWS[:1], *WINDOWS[2:]]
OFTEN = {
    "fund takes any budget", "refund a second too late", "refund asks the hook", "complete twice",
    "no lock on the refund",
    "a fee on the way is not seen", "a bid on any chain",
    "a signature of two forms", "a submission too late", "a dispute a second too late", "settled before the arbiter",
    "anybody rules", "own feedback",
}  # fmt: skip
"""Planted in every run of the tests. Compiling a contract takes a second, so that the others belong to the campaign."""


def _registered(world: World) -> int:
    agent: int = world.identity.register(by=PROVIDER)
    return agent


def test_there_are_more_than_forty_bugs() -> None:
    assert len(BUGS) >= 40
    assert len({bug.name for bug in BUGS}) == len(BUGS)
    assert {bug.name for bug in BUGS} > OFTEN


@pytest.mark.parametrize("bug", [bug for bug in BUGS if bug.name in OFTEN], ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Bug, tmp_path: Path) -> None:
    with pytest.raises((AssertionError, Reverted)):
        bug.caught(bug.planted(tmp_path))


@pytest.mark.campaign
@pytest.mark.parametrize("bug", [bug for bug in BUGS if bug.name not in OFTEN], ids=lambda bug: bug.name)
def test_every_other_planted_bug_is_caught(bug: Bug, tmp_path: Path) -> None:
    with pytest.raises((AssertionError, Reverted)):
        bug.caught(bug.planted(tmp_path))


@pytest.mark.campaign
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("bug", FOUND_BY_WALKING, ids=lambda bug: bug.name)
def test_a_walk_comes_upon_a_planted_bug(bug: Bug, tmp_path: Path) -> None:
    walk = over(bug.planted(tmp_path))
    found = settings(max_examples=400, stateful_step_count=50, deadline=None, database=None, derandomize=True,
                     phases=(Phase.generate,), suppress_health_check=QUIET)  # fmt: skip
    with pytest.raises((AssertionError, Reverted)):
        run_state_machine_as_test(walk, settings=found)
