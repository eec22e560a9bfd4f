# pragma version 0.4.3
# pragma evm-version paris
# pragma optimize gas
"""
@title Job escrow
@license Apache-2.0
@notice The kernel of ERC-8183 (Agentic Commerce), as its prose has it: Open, Funded, Submitted, and one of Completed,
        Rejected, Expired. One ERC-20 token, no fee, no owner, no upgrade.
@dev    Every function that calls out holds the lock; all effects come before a transfer, all checks before a hook.
        `claimRefund` calls no hook, so that no hook stands between a client and an expired escrow.
"""

from ethereum.ercs import IERC20

interface Hook:
    def beforeAction(jobId: uint256, selector: bytes4, data: Bytes[MAX_DATA]): nonpayable
    def afterAction(jobId: uint256, selector: bytes4, data: Bytes[MAX_DATA]): nonpayable

struct Job:
    id: uint256
    client: address
    provider: address
    evaluator: address
    description: String[MAX_DESCRIPTION]
    budget: uint256
    expiredAt: uint256
    status: uint8
    hook: address

event JobCreated:
    jobId: indexed(uint256)
    client: indexed(address)
    provider: indexed(address)
    evaluator: address
    expiredAt: uint256

event ProviderSet:
    jobId: indexed(uint256)
    provider: indexed(address)

event BudgetSet:
    jobId: indexed(uint256)
    amount: uint256

event JobFunded:
    jobId: indexed(uint256)
    client: indexed(address)
    amount: uint256

event JobSubmitted:
    jobId: indexed(uint256)
    provider: indexed(address)
    deliverable: bytes32

event JobCompleted:
    jobId: indexed(uint256)
    evaluator: indexed(address)
    reason: bytes32

event JobRejected:
    jobId: indexed(uint256)
    rejector: indexed(address)
    reason: bytes32

event JobExpired:
    jobId: indexed(uint256)

event PaymentReleased:
    jobId: indexed(uint256)
    provider: indexed(address)
    amount: uint256

event Refunded:
    jobId: indexed(uint256)
    client: indexed(address)
    amount: uint256

MAX_DESCRIPTION: constant(uint256) = 1024
MAX_PARAMS: constant(uint256) = 2048
MAX_DATA: constant(uint256) = MAX_PARAMS + 96  # abi.encode of one word and the parameters
HOOK_GAS: constant(uint256) = 1_000_000

OPEN: constant(uint8) = 0
FUNDED: constant(uint8) = 1
SUBMITTED: constant(uint8) = 2
COMPLETED: constant(uint8) = 3
REJECTED: constant(uint8) = 4
EXPIRED: constant(uint8) = 5

# A hook is told the selector of the longest form, whichever the caller used.
SET_PROVIDER: constant(bytes4) = method_id("setProvider(uint256,address,bytes)", output_type=bytes4)
SET_BUDGET: constant(bytes4) = method_id("setBudget(uint256,uint256,bytes)", output_type=bytes4)
FUND: constant(bytes4) = method_id("fund(uint256,uint256,bytes)", output_type=bytes4)
SUBMIT: constant(bytes4) = method_id("submit(uint256,bytes32,bytes)", output_type=bytes4)
COMPLETE: constant(bytes4) = method_id("complete(uint256,bytes32,bytes)", output_type=bytes4)
REJECT: constant(bytes4) = method_id("reject(uint256,bytes32,bytes)", output_type=bytes4)

paymentToken: public(immutable(address))
jobCounter: public(uint256)
jobs: HashMap[uint256, Job]


@deploy
def __init__(token: address):
    assert token.is_contract, "no token"
    paymentToken = token


@external
@nonreentrant
def createJob(
    provider: address,
    evaluator: address,
    expiredAt: uint256,
    description: String[MAX_DESCRIPTION],
    hook: address = empty(address),
) -> uint256:
    """
    @notice A new job, Open; the caller is its client. The first id is 1.
    @param provider May be zero: then `setProvider` names it before `fund`.
    """
    assert evaluator != empty(address), "no evaluator"
    assert expiredAt > block.timestamp, "expired"
    assert hook == empty(address) or hook.is_contract, "no hook"
    self.jobCounter += 1
    jobId: uint256 = self.jobCounter
    self.jobs[jobId] = Job(
        id=jobId,
        client=msg.sender,
        provider=provider,
        evaluator=evaluator,
        description=description,
        budget=0,
        expiredAt=expiredAt,
        status=OPEN,
        hook=hook,
    )
    log JobCreated(
        jobId=jobId, client=msg.sender, provider=provider, evaluator=evaluator, expiredAt=expiredAt
    )
    return jobId


@external
@nonreentrant
def setProvider(jobId: uint256, provider: address, optParams: Bytes[MAX_PARAMS] = b""):
    """
    @notice The client names the provider, once, while the job is Open.
    """
    assert self._status(jobId) == OPEN, "not open"
    assert msg.sender == self.jobs[jobId].client, "not the client"
    assert self.jobs[jobId].provider == empty(address), "provider set"
    assert provider != empty(address), "no provider"
    data: Bytes[MAX_DATA] = abi_encode(provider, optParams)
    self._before(jobId, SET_PROVIDER, data)
    self.jobs[jobId].provider = provider
    log ProviderSet(jobId=jobId, provider=provider)
    self._after(jobId, SET_PROVIDER, data)


@external
@nonreentrant
def setBudget(jobId: uint256, amount: uint256, optParams: Bytes[MAX_PARAMS] = b""):
    """
    @notice Client or provider sets the price while the job is Open.
    """
    assert self._status(jobId) == OPEN, "not open"
    assert msg.sender == self.jobs[jobId].client or msg.sender == self.jobs[jobId].provider, "not a party"
    data: Bytes[MAX_DATA] = abi_encode(amount, optParams)
    self._before(jobId, SET_BUDGET, data)
    self.jobs[jobId].budget = amount
    log BudgetSet(jobId=jobId, amount=amount)
    self._after(jobId, SET_BUDGET, data)


@external
@nonreentrant
def fund(jobId: uint256, expectedBudget: uint256, optParams: Bytes[MAX_PARAMS] = b""):
    """
    @notice The client pays the budget into escrow. Refused when the budget is not the one expected, and at `expiredAt`
            and later, where it could only be claimed back.
    """
    assert self._status(jobId) == OPEN, "not open"
    assert msg.sender == self.jobs[jobId].client, "not the client"
    assert self.jobs[jobId].provider != empty(address), "no provider"
    budget: uint256 = self.jobs[jobId].budget
    assert budget != 0, "no budget"
    assert budget == expectedBudget, "another budget"
    assert block.timestamp < self.jobs[jobId].expiredAt, "expired"
    self._before(jobId, FUND, optParams)
    self.jobs[jobId].status = FUNDED
    held: uint256 = staticcall IERC20(paymentToken).balanceOf(self)
    assert extcall IERC20(paymentToken).transferFrom(msg.sender, self, budget, default_return_value=True), "not paid"
    # A token that takes a fee on the way would leave other jobs to pay for this one.
    assert staticcall IERC20(paymentToken).balanceOf(self) == held + budget, "not paid in full"
    log JobFunded(jobId=jobId, client=msg.sender, amount=budget)
    self._after(jobId, FUND, optParams)


@external
@nonreentrant
def submit(jobId: uint256, deliverable: bytes32, optParams: Bytes[MAX_PARAMS] = b""):
    """
    @notice The provider says that the work is done; `deliverable` is its digest.
    """
    assert self._status(jobId) == FUNDED, "not funded"
    assert msg.sender == self.jobs[jobId].provider, "not the provider"
    data: Bytes[MAX_DATA] = abi_encode(deliverable, optParams)
    self._before(jobId, SUBMIT, data)
    self.jobs[jobId].status = SUBMITTED
    log JobSubmitted(jobId=jobId, provider=msg.sender, deliverable=deliverable)
    self._after(jobId, SUBMIT, data)


@external
@nonreentrant
def complete(jobId: uint256, reason: bytes32 = empty(bytes32), optParams: Bytes[MAX_PARAMS] = b""):
    """
    @notice The evaluator accepts submitted work; the provider is paid.
    """
    assert self._status(jobId) == SUBMITTED, "not submitted"
    assert msg.sender == self.jobs[jobId].evaluator, "not the evaluator"
    data: Bytes[MAX_DATA] = abi_encode(reason, optParams)
    self._before(jobId, COMPLETE, data)
    self.jobs[jobId].status = COMPLETED
    provider: address = self.jobs[jobId].provider
    budget: uint256 = self.jobs[jobId].budget
    self._pay(provider, budget)
    log JobCompleted(jobId=jobId, evaluator=msg.sender, reason=reason)
    log PaymentReleased(jobId=jobId, provider=provider, amount=budget)
    self._after(jobId, COMPLETE, data)


@external
@nonreentrant
def reject(jobId: uint256, reason: bytes32 = empty(bytes32), optParams: Bytes[MAX_PARAMS] = b""):
    """
    @notice The client ends a job that is Open, the evaluator one that is Funded or Submitted; the client is refunded.
    """
    status: uint8 = self._status(jobId)
    if status == OPEN:
        assert msg.sender == self.jobs[jobId].client, "not the client"
    else:
        assert status == FUNDED or status == SUBMITTED, "ended"
        assert msg.sender == self.jobs[jobId].evaluator, "not the evaluator"
    data: Bytes[MAX_DATA] = abi_encode(reason, optParams)
    self._before(jobId, REJECT, data)
    self.jobs[jobId].status = REJECTED
    if status != OPEN:
        self._refund(jobId)
    log JobRejected(jobId=jobId, rejector=msg.sender, reason=reason)
    self._after(jobId, REJECT, data)


@external
@nonreentrant
def claimRefund(jobId: uint256):
    """
    @notice Anybody, from the second `expiredAt` on: an escrow that nobody settled goes back to the client. No hook.
    """
    status: uint8 = self._status(jobId)
    assert status == FUNDED or status == SUBMITTED, "nothing held"
    assert block.timestamp >= self.jobs[jobId].expiredAt, "not expired"
    self.jobs[jobId].status = EXPIRED
    self._refund(jobId)
    log JobExpired(jobId=jobId)


@external
@view
def getJob(jobId: uint256) -> Job:
    """
    @notice The job; fails for an id that was never given. A hook may ask it while its job is being changed.
    """
    self._status(jobId)
    return self.jobs[jobId]


@internal
@view
def _status(jobId: uint256) -> uint8:
    assert self.jobs[jobId].client != empty(address), "no such job"
    return self.jobs[jobId].status


@internal
def _refund(jobId: uint256):
    client: address = self.jobs[jobId].client
    budget: uint256 = self.jobs[jobId].budget
    self._pay(client, budget)
    log Refunded(jobId=jobId, client=client, amount=budget)


@internal
def _pay(to: address, amount: uint256):
    assert extcall IERC20(paymentToken).transfer(to, amount, default_return_value=True), "not paid"


@internal
def _before(jobId: uint256, selector: bytes4, data: Bytes[MAX_DATA]):
    hook: address = self.jobs[jobId].hook
    if hook != empty(address):
        extcall Hook(hook).beforeAction(jobId, selector, data, gas=HOOK_GAS)


@internal
def _after(jobId: uint256, selector: bytes4, data: Bytes[MAX_DATA]):
    hook: address = self.jobs[jobId].hook
    if hook != empty(address):
        extcall Hook(hook).afterAction(jobId, selector, data, gas=HOOK_GAS)
