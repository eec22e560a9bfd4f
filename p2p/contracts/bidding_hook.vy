# pragma version 0.4.3
# pragma evm-version paris
# pragma optimize gas
"""
@title Bidding hook
@license Apache-2.0
@notice A hook of the job escrow: nobody becomes a provider, and no budget is paid in, without a bid that the provider
        signed (EIP-712, domain: this contract on this chain) for exactly this job at exactly this price.
@dev    What the job itself says (client, evaluator, expiredAt) and what is fixed here (token) is not taken from the
        caller but put into the digest, so that a bid for another job has another signature. The terms that both sides
        agreed to are kept for the evaluator: whom a dispute goes to, and how long each has.
"""

from ethereum.ercs import IERC165
from . import signatures

implements: IERC165

interface Kernel:
    def getJob(jobId: uint256) -> Job: view
    def paymentToken() -> address: view

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

# What a provider offers beyond what the job says.
struct Offer:
    amount: uint256
    cfpHash: bytes32
    arbiter: address
    validator: address
    disputeWindow: uint64
    arbitrationWindow: uint64
    expiry: uint256
    nonce: uint256

# What was agreed to.
struct Terms:
    provider: address
    amount: uint256
    cfpHash: bytes32
    arbiter: address
    validator: address
    disputeWindow: uint64
    arbitrationWindow: uint64
    submittedAt: uint64

struct Call:
    deadline: uint256
    cfpHash: bytes32

event BiddingOpened:
    jobId: indexed(uint256)
    deadline: uint256
    cfpHash: bytes32

event BidAccepted:
    jobId: indexed(uint256)
    provider: indexed(address)
    cfpHash: indexed(bytes32)
    amount: uint256
    arbiter: address
    validator: address
    bidDigest: bytes32

event BidsRevoked:
    jobId: indexed(uint256)
    provider: indexed(address)
    below: uint256

MAX_PARAMS: constant(uint256) = 2048
MAX_DATA: constant(uint256) = MAX_PARAMS + 96
MIN_WINDOW: constant(uint64) = 60
# How long, at least, a provider has to settle between the end of the last window and the refund, in seconds.
SETTLE_MARGIN: constant(uint256) = 600

SET_PROVIDER: constant(bytes4) = method_id("setProvider(uint256,address,bytes)", output_type=bytes4)
SET_BUDGET: constant(bytes4) = method_id("setBudget(uint256,uint256,bytes)", output_type=bytes4)
FUND: constant(bytes4) = method_id("fund(uint256,uint256,bytes)", output_type=bytes4)
SUBMIT: constant(bytes4) = method_id("submit(uint256,bytes32,bytes)", output_type=bytes4)
ERC165: constant(bytes4) = 0x01ffc9a7
HOOK: constant(bytes4) = 0x7ff6bc9e  # beforeAction ^ afterAction

BID_TYPE: constant(bytes32) = keccak256(
    "Bid(uint256 jobId,address client,address provider,address evaluator,address token,uint256 amount,uint256 jobExpiredAt,bytes32 cfpHash,address arbiter,address validator,uint64 disputeWindow,uint64 arbitrationWindow,uint256 expiry,uint256 nonce)"
)

kernel: public(immutable(address))
evaluator: public(immutable(address))
token: public(immutable(address))

agreed: HashMap[uint256, Terms]
calls: HashMap[uint256, Call]
# Bids of this provider for this job with a smaller nonce are void.
bidFloor: public(HashMap[address, HashMap[uint256, uint256]])


@deploy
def __init__(_kernel: address, _evaluator: address):
    """
    @param _evaluator The contract whose jobs have windows and an arbiter.
    """
    assert _evaluator.is_contract, "no evaluator"
    kernel = _kernel
    evaluator = _evaluator
    token = staticcall Kernel(_kernel).paymentToken()


@external
def beforeAction(jobId: uint256, selector: bytes4, data: Bytes[MAX_DATA]):
    """
    @notice The kernel alone asks whether this may happen; a revert says no.
    """
    assert msg.sender == kernel, "not the kernel"
    if selector == SET_PROVIDER:
        provider: address = empty(address)
        params: Bytes[MAX_PARAMS] = b""
        provider, params = abi_decode(data, (address, Bytes[MAX_PARAMS]))
        self._accept(jobId, staticcall Kernel(kernel).getJob(jobId), provider, params)
    elif selector == SET_BUDGET:
        amount: uint256 = 0
        params: Bytes[MAX_PARAMS] = b""
        amount, params = abi_decode(data, (uint256, Bytes[MAX_PARAMS]))
        self._budget(jobId, amount, params)
    elif selector == FUND:
        job: Job = staticcall Kernel(kernel).getJob(jobId)
        assert self.agreed[jobId].provider != empty(address), "no bid"
        assert job.budget == self.agreed[jobId].amount, "not the bid's amount"
        self._in_time(jobId, job)
    elif selector == SUBMIT:
        self._in_time(jobId, staticcall Kernel(kernel).getJob(jobId))


@external
def afterAction(jobId: uint256, selector: bytes4, data: Bytes[MAX_DATA]):
    """
    @notice The kernel alone tells what happened; the windows run from the second of the submission.
    """
    assert msg.sender == kernel, "not the kernel"
    if selector == SUBMIT:
        self.agreed[jobId].submittedAt = convert(block.timestamp, uint64)


@external
def revokeBids(jobId: uint256, below: uint256):
    """
    @notice The caller's bids for this job with a nonce below this one are void, unless one was accepted already.
    """
    assert below > self.bidFloor[msg.sender][jobId], "revoked already"
    self.bidFloor[msg.sender][jobId] = below
    log BidsRevoked(jobId=jobId, provider=msg.sender, below=below)


@external
@view
def terms(jobId: uint256) -> Terms:
    """
    @notice What was agreed to; all zero before a bid was accepted. `submittedAt` is zero before the submission.
    """
    return self.agreed[jobId]


@external
@view
def opening(jobId: uint256) -> Call:
    """
    @notice When bidding ends and on which call for proposals, if the client fixed it on chain; zero otherwise.
    """
    return self.calls[jobId]


@external
@view
def bidDigest(jobId: uint256, provider: address, offer: Offer) -> bytes32:
    """
    @notice What a provider signs for the job as it stands.
    """
    return self._digest(staticcall Kernel(kernel).getJob(jobId), provider, offer)


@external
@view
def DOMAIN_SEPARATOR() -> bytes32:
    return self._domain()


@external
@view
def supportsInterface(interface_id: bytes4) -> bool:
    return interface_id == ERC165 or interface_id == HOOK


@internal
def _budget(jobId: uint256, amount: uint256, params: Bytes[MAX_PARAMS]):
    if self.agreed[jobId].provider != empty(address):
        assert amount == self.agreed[jobId].amount, "not the bid's amount"
        return
    # A provider whom the job was created with has not bid, and whoever sets the budget may not be the client: there is no
    # call by which both would consent to the same terms.
    job: Job = staticcall Kernel(kernel).getJob(jobId)
    assert job.provider == empty(address), "no bid"
    if len(params) > 0:
        self._open(jobId, params)


@internal
def _open(jobId: uint256, params: Bytes[MAX_PARAMS]):
    call: Call = abi_decode(params, Call)
    assert self.calls[jobId].deadline == 0, "opened already"
    assert call.deadline > block.timestamp, "deadline passed"
    self.calls[jobId] = call
    log BiddingOpened(jobId=jobId, deadline=call.deadline, cfpHash=call.cfpHash)


@internal
def _accept(jobId: uint256, job: Job, provider: address, params: Bytes[MAX_PARAMS]):
    offer: Offer = empty(Offer)
    signature: Bytes[signatures.MAX_SIGNATURE] = b""
    offer, signature = abi_decode(params, (Offer, Bytes[signatures.MAX_SIGNATURE]))
    assert self.agreed[jobId].provider == empty(address), "bid accepted already"
    assert block.timestamp <= offer.expiry, "bid expired"
    assert offer.nonce >= self.bidFloor[provider][jobId], "bid revoked"
    assert offer.amount != 0, "no amount"
    assert provider != job.client, "own bid"
    if self.calls[jobId].deadline != 0:
        assert block.timestamp >= self.calls[jobId].deadline, "bidding open"
        assert offer.cfpHash == self.calls[jobId].cfpHash, "another call"
    self._fair(job, provider, offer)
    digest: bytes32 = self._digest(job, provider, offer)
    assert signatures.signed_by(provider, digest, signature), "not signed"
    self.agreed[jobId] = Terms(
        provider=provider,
        amount=offer.amount,
        cfpHash=offer.cfpHash,
        arbiter=offer.arbiter,
        validator=offer.validator,
        disputeWindow=offer.disputeWindow,
        arbitrationWindow=offer.arbitrationWindow,
        submittedAt=0,
    )
    self._in_time(jobId, job)
    log BidAccepted(
        jobId=jobId,
        provider=provider,
        cfpHash=offer.cfpHash,
        amount=offer.amount,
        arbiter=offer.arbiter,
        validator=offer.validator,
        bidDigest=digest,
    )


@internal
@view
def _fair(job: Job, provider: address, offer: Offer):
    if job.evaluator == evaluator:
        assert offer.arbiter != empty(address), "no arbiter"
        assert offer.arbiter != job.client and offer.arbiter != provider, "a party as arbiter"
        assert offer.disputeWindow >= MIN_WINDOW and offer.arbitrationWindow >= MIN_WINDOW, "window too short"
    else:
        # A client who judges alone: nobody to appeal to, and nothing that says otherwise.
        assert job.evaluator == job.client, "unknown evaluator"
        assert offer.arbiter == empty(address), "an arbiter in vain"
        assert offer.disputeWindow == 0 and offer.arbitrationWindow == 0, "a window in vain"


@internal
@view
def _in_time(jobId: uint256, job: Job):
    # Were the work submitted now, both windows and the time to settle would end before the refund.
    needed: uint256 = 1
    if job.evaluator == evaluator:
        needed = (
            convert(self.agreed[jobId].disputeWindow, uint256)
            + convert(self.agreed[jobId].arbitrationWindow, uint256)
            + SETTLE_MARGIN
        )
    assert block.timestamp + needed <= job.expiredAt, "too late"


@internal
@view
def _domain() -> bytes32:
    return signatures.domain(keccak256("Nuee Bidding Hook"), keccak256("1"))


@internal
@view
def _digest(job: Job, provider: address, offer: Offer) -> bytes32:
    return signatures.digest(
        self._domain(),
        keccak256(
            abi_encode(
                BID_TYPE,
                job.id,
                job.client,
                provider,
                job.evaluator,
                token,
                offer.amount,
                job.expiredAt,
                offer.cfpHash,
                offer.arbiter,
                offer.validator,
                offer.disputeWindow,
                offer.arbitrationWindow,
                offer.expiry,
                offer.nonce,
            )
        ),
    )
