# pragma version 0.4.3
# pragma evm-version paris
# pragma optimize gas
"""
@title A kernel with the calls, events and errors of the contract that ERC-8183 printed
@license Apache-2.0
@notice For tests of clients that speak to such kernels. Administrator: the deployer; upgrades and roles are left out.
@dev    `jobHasBudget`, fees and the list of hooks are the printed contract's; so is that a job with a budget of zero may be
        submitted from Open, and that `setProvider` is neither hooked nor locked.
"""

from ethereum.ercs import IERC20

interface Hook:
    def beforeAction(jobId: uint256, selector: bytes4, data: Bytes[MAX_DATA]): nonpayable
    def afterAction(jobId: uint256, selector: bytes4, data: Bytes[MAX_DATA]): nonpayable
    def supportsInterface(interface_id: bytes4) -> bool: view

struct Job:
    id: uint256
    client: address
    provider: address
    evaluator: address
    description: String[1024]
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
    hook: address

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

event EvaluatorFeePaid:
    jobId: indexed(uint256)
    evaluator: indexed(address)
    amount: uint256

event Refunded:
    jobId: indexed(uint256)
    client: indexed(address)
    amount: uint256

event HookWhitelistUpdated:
    hook: indexed(address)
    status: bool

MAX_PARAMS: constant(uint256) = 2048
MAX_DATA: constant(uint256) = MAX_PARAMS + 128
HOOK: constant(bytes4) = 0x7ff6bc9e
OPEN: constant(uint8) = 0
FUNDED: constant(uint8) = 1
SUBMITTED: constant(uint8) = 2
COMPLETED: constant(uint8) = 3
REJECTED: constant(uint8) = 4
EXPIRED: constant(uint8) = 5

administrator: immutable(address)
paymentToken: public(address)
platformFeeBP: public(uint256)
platformTreasury: public(address)
evaluatorFeeBP: public(uint256)
jobCounter: public(uint256)
whitelistedHooks: public(HashMap[address, bool])
jobHasBudget: public(HashMap[uint256, bool])
jobs: HashMap[uint256, Job]


@deploy
def __init__():
    administrator = msg.sender


@external
def initialize(paymentToken_: address, treasury_: address):
    self._administrator()
    if paymentToken_ == empty(address) or treasury_ == empty(address):
        raw_revert(method_id("ZeroAddress()"))
    assert self.paymentToken == empty(address), "initialized"
    self.paymentToken = paymentToken_
    self.platformTreasury = treasury_
    self.whitelistedHooks[empty(address)] = True


@external
def setPlatformFee(feeBP_: uint256, treasury_: address):
    self._administrator()
    if treasury_ == empty(address):
        raw_revert(method_id("ZeroAddress()"))
    if feeBP_ + self.evaluatorFeeBP > 10000:
        raw_revert(method_id("FeesTooHigh()"))
    self.platformFeeBP = feeBP_
    self.platformTreasury = treasury_


@external
def setEvaluatorFee(feeBP_: uint256):
    self._administrator()
    if feeBP_ + self.platformFeeBP > 10000:
        raw_revert(method_id("FeesTooHigh()"))
    self.evaluatorFeeBP = feeBP_


@external
def setHookWhitelist(hook: address, status: bool):
    self._administrator()
    if hook == empty(address):
        raw_revert(method_id("ZeroAddress()"))
    self.whitelistedHooks[hook] = status
    log HookWhitelistUpdated(hook=hook, status=status)


@external
@nonreentrant
def createJob(
    provider: address, evaluator: address, expiredAt: uint256, description: String[1024], hook: address
) -> uint256:
    if evaluator == empty(address):
        raw_revert(method_id("ZeroAddress()"))
    if expiredAt <= block.timestamp + 300:
        raw_revert(method_id("ExpiryTooShort()"))
    if not self.whitelistedHooks[hook]:
        raw_revert(method_id("HookNotWhitelisted()"))
    if hook != empty(address) and not staticcall Hook(hook).supportsInterface(HOOK):
        raw_revert(method_id("InvalidJob()"))
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
        jobId=jobId,
        client=msg.sender,
        provider=provider,
        evaluator=evaluator,
        expiredAt=expiredAt,
        hook=hook,
    )
    if hook != empty(address):
        selector: bytes4 = method_id("createJob(address,address,uint256,string,address)", output_type=bytes4)
        extcall Hook(hook).afterAction(jobId, selector, abi_encode(msg.sender, provider, evaluator))
    return jobId


@external
def setProvider(jobId: uint256, provider_: address):
    self._is(jobId, OPEN)
    self._by(self.jobs[jobId].client)
    if self.jobs[jobId].provider != empty(address):
        raw_revert(method_id("WrongStatus()"))
    if provider_ == empty(address):
        raw_revert(method_id("ZeroAddress()"))
    self.jobs[jobId].provider = provider_
    log ProviderSet(jobId=jobId, provider=provider_)


@external
@nonreentrant
def setBudget(jobId: uint256, amount: uint256, optParams: Bytes[MAX_PARAMS]):
    self._is(jobId, OPEN)
    self._by(self.jobs[jobId].provider)
    data: Bytes[MAX_DATA] = abi_encode(msg.sender, amount, optParams)
    selector: bytes4 = method_id("setBudget(uint256,uint256,bytes)", output_type=bytes4)
    self._before(jobId, selector, data)
    self.jobs[jobId].budget = amount
    log BudgetSet(jobId=jobId, amount=amount)
    self.jobHasBudget[jobId] = True
    self._after(jobId, selector, data)


@external
@nonreentrant
def fund(jobId: uint256, optParams: Bytes[MAX_PARAMS]):
    self._is(jobId, OPEN)
    self._by(self.jobs[jobId].client)
    if self.jobs[jobId].provider == empty(address):
        raw_revert(method_id("ProviderNotSet()"))
    if block.timestamp >= self.jobs[jobId].expiredAt:
        raw_revert(method_id("WrongStatus()"))
    data: Bytes[MAX_DATA] = abi_encode(msg.sender, optParams)
    selector: bytes4 = method_id("fund(uint256,bytes)", output_type=bytes4)
    self._before(jobId, selector, data)
    self.jobs[jobId].status = FUNDED
    budget: uint256 = self.jobs[jobId].budget
    if budget > 0:
        assert extcall IERC20(self.paymentToken).transferFrom(msg.sender, self, budget, default_return_value=True)
    log JobFunded(jobId=jobId, client=msg.sender, amount=budget)
    self._after(jobId, selector, data)


@external
@nonreentrant
def submit(jobId: uint256, deliverable: bytes32, optParams: Bytes[MAX_PARAMS]):
    self._known(jobId)
    status: uint8 = self.jobs[jobId].status
    if status != FUNDED and (status != OPEN or self.jobs[jobId].budget > 0):
        raw_revert(method_id("WrongStatus()"))
    self._by(self.jobs[jobId].provider)
    data: Bytes[MAX_DATA] = abi_encode(msg.sender, deliverable, optParams)
    selector: bytes4 = method_id("submit(uint256,bytes32,bytes)", output_type=bytes4)
    self._before(jobId, selector, data)
    self.jobs[jobId].status = SUBMITTED
    log JobSubmitted(jobId=jobId, provider=msg.sender, deliverable=deliverable)
    self._after(jobId, selector, data)


@external
@nonreentrant
def complete(jobId: uint256, reason: bytes32, optParams: Bytes[MAX_PARAMS]):
    self._is(jobId, SUBMITTED)
    self._by(self.jobs[jobId].evaluator)
    data: Bytes[MAX_DATA] = abi_encode(msg.sender, reason, optParams)
    selector: bytes4 = method_id("complete(uint256,bytes32,bytes)", output_type=bytes4)
    self._before(jobId, selector, data)
    self.jobs[jobId].status = COMPLETED
    amount: uint256 = self.jobs[jobId].budget
    platformFee: uint256 = amount * self.platformFeeBP // 10000
    evaluatorFee: uint256 = amount * self.evaluatorFeeBP // 10000
    net: uint256 = amount - platformFee - evaluatorFee
    self._pay(self.platformTreasury, platformFee)
    if evaluatorFee > 0:
        self._pay(msg.sender, evaluatorFee)
        log EvaluatorFeePaid(jobId=jobId, evaluator=msg.sender, amount=evaluatorFee)
    self._pay(self.jobs[jobId].provider, net)
    log JobCompleted(jobId=jobId, evaluator=msg.sender, reason=reason)
    log PaymentReleased(jobId=jobId, provider=self.jobs[jobId].provider, amount=net)
    self._after(jobId, selector, data)


@external
@nonreentrant
def reject(jobId: uint256, reason: bytes32, optParams: Bytes[MAX_PARAMS]):
    self._known(jobId)
    status: uint8 = self.jobs[jobId].status
    if status == OPEN:
        self._by(self.jobs[jobId].client)
    elif status == FUNDED or status == SUBMITTED:
        self._by(self.jobs[jobId].evaluator)
    else:
        raw_revert(method_id("WrongStatus()"))
    data: Bytes[MAX_DATA] = abi_encode(msg.sender, reason, optParams)
    selector: bytes4 = method_id("reject(uint256,bytes32,bytes)", output_type=bytes4)
    self._before(jobId, selector, data)
    self.jobs[jobId].status = REJECTED
    if status != OPEN:
        self._refund(jobId)
    log JobRejected(jobId=jobId, rejector=msg.sender, reason=reason)
    self._after(jobId, selector, data)


@external
@nonreentrant
def claimRefund(jobId: uint256):
    self._known(jobId)
    status: uint8 = self.jobs[jobId].status
    if (status != FUNDED and status != SUBMITTED) or block.timestamp < self.jobs[jobId].expiredAt:
        raw_revert(method_id("WrongStatus()"))
    self.jobs[jobId].status = EXPIRED
    self._refund(jobId)
    log JobExpired(jobId=jobId)


@external
@view
def getJob(jobId: uint256) -> Job:
    return self.jobs[jobId]


@internal
@view
def _administrator():
    if msg.sender != administrator:
        raw_revert(method_id("Unauthorized()"))


@internal
@view
def _known(jobId: uint256):
    if self.jobs[jobId].id == 0:
        raw_revert(method_id("InvalidJob()"))


@internal
@view
def _is(jobId: uint256, status: uint8):
    self._known(jobId)
    if self.jobs[jobId].status != status:
        raw_revert(method_id("WrongStatus()"))


@internal
@view
def _by(party: address):
    if msg.sender != party:
        raw_revert(method_id("Unauthorized()"))


@internal
def _refund(jobId: uint256):
    budget: uint256 = self.jobs[jobId].budget
    if budget > 0:
        self._pay(self.jobs[jobId].client, budget)
        log Refunded(jobId=jobId, client=self.jobs[jobId].client, amount=budget)


@internal
def _pay(to: address, amount: uint256):
    if amount > 0:
        assert extcall IERC20(self.paymentToken).transfer(to, amount, default_return_value=True)


@internal
def _before(jobId: uint256, selector: bytes4, data: Bytes[MAX_DATA]):
    hook: address = self.jobs[jobId].hook
    if hook != empty(address):
        extcall Hook(hook).beforeAction(jobId, selector, data)


@internal
def _after(jobId: uint256, selector: bytes4, data: Bytes[MAX_DATA]):
    hook: address = self.jobs[jobId].hook
    if hook != empty(address):
        extcall Hook(hook).afterAction(jobId, selector, data)
