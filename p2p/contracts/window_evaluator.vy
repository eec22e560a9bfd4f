# pragma version 0.4.3
# pragma evm-version paris
# pragma optimize gas
"""
@title Window evaluator
@license Apache-2.0
@notice The evaluator of a job whose bid names an arbiter. After the submission the client has a window to dispute it; a
        dispute goes to the arbiter, who has a window of its own; silence, of the one or the other, completes.
@dev    Holds nothing, owns nothing, and every job's terms are those that its hook keeps: the client consented by calling
        `setProvider`, the provider by signing the bid. A window includes its first second and not its last, so that at
        every second at most one of two answers is possible.
"""

interface Kernel:
    def getJob(jobId: uint256) -> Job: view
    def complete(jobId: uint256, reason: bytes32): nonpayable
    def reject(jobId: uint256, reason: bytes32): nonpayable

interface Agreement:
    def terms(jobId: uint256) -> Terms: view

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

struct Terms:
    provider: address
    amount: uint256
    cfpHash: bytes32
    arbiter: address
    validator: address
    disputeWindow: uint64
    arbitrationWindow: uint64
    submittedAt: uint64

event Disputed:
    jobId: indexed(uint256)
    client: indexed(address)
    arbiter: indexed(address)
    reason: bytes32
    rulingBy: uint256

event Ruled:
    jobId: indexed(uint256)
    arbiter: indexed(address)
    completed: bool
    reason: bytes32

event Settled:
    jobId: indexed(uint256)
    caller: indexed(address)
    reason: bytes32

SUBMITTED: constant(uint8) = 2
# The reasons of a silence, as the kernel reports them: ASCII, filled with zeros.
UNDISPUTED: constant(bytes32) = 0x756e646973707574656400000000000000000000000000000000000000000000
UNRULED: constant(bytes32) = 0x756e72756c656400000000000000000000000000000000000000000000000000

kernel: public(immutable(address))
disputed: public(HashMap[uint256, bool])


@deploy
def __init__(_kernel: address):
    assert _kernel.is_contract, "no kernel"
    kernel = _kernel


@external
def accept(jobId: uint256, reason: bytes32 = empty(bytes32)):
    """
    @notice The client is content and does not wait, disputed or not.
    """
    job: Job = self._job(jobId)
    assert msg.sender == job.client, "not the client"
    extcall Kernel(kernel).complete(jobId, reason)


@external
def decline(jobId: uint256, reason: bytes32 = empty(bytes32)):
    """
    @notice The provider gives up, before or after the submission; the client is refunded at once.
    """
    job: Job = self._job(jobId)
    assert msg.sender == job.provider, "not the provider"
    extcall Kernel(kernel).reject(jobId, reason)


@external
def dispute(jobId: uint256, reason: bytes32):
    """
    @notice The client, within the window after the submission, once.
    """
    job: Job = self._job(jobId)
    assert msg.sender == job.client, "not the client"
    assert job.status == SUBMITTED, "not submitted"
    assert not self.disputed[jobId], "disputed already"
    terms: Terms = staticcall Agreement(job.hook).terms(jobId)
    assert block.timestamp < self._dispute_by(terms), "window closed"
    self.disputed[jobId] = True
    log Disputed(
        jobId=jobId, client=msg.sender, arbiter=terms.arbiter, reason=reason, rulingBy=self._ruling_by(terms)
    )


@external
def rule(jobId: uint256, completed: bool, reason: bytes32):
    """
    @notice The arbiter that both named decides a dispute, within its window.
    """
    job: Job = self._job(jobId)
    assert self.disputed[jobId], "not disputed"
    terms: Terms = staticcall Agreement(job.hook).terms(jobId)
    assert msg.sender == terms.arbiter, "not the arbiter"
    assert block.timestamp < self._ruling_by(terms), "window closed"
    log Ruled(jobId=jobId, arbiter=msg.sender, completed=completed, reason=reason)
    if completed:
        extcall Kernel(kernel).complete(jobId, reason)
    else:
        extcall Kernel(kernel).reject(jobId, reason)


@external
def settle(jobId: uint256):
    """
    @notice Anybody: the work of a job whose window closed in silence is paid.
    """
    job: Job = self._job(jobId)
    assert job.status == SUBMITTED, "not submitted"
    terms: Terms = staticcall Agreement(job.hook).terms(jobId)
    reason: bytes32 = UNDISPUTED
    if self.disputed[jobId]:
        assert block.timestamp >= self._ruling_by(terms), "before the arbiter"
        reason = UNRULED
    else:
        assert block.timestamp >= self._dispute_by(terms), "window open"
    log Settled(jobId=jobId, caller=msg.sender, reason=reason)
    extcall Kernel(kernel).complete(jobId, reason)


@external
@view
def deadlines(jobId: uint256) -> (uint256, uint256, uint256):
    """
    @notice The first seconds at which the client may no longer dispute, the arbiter no longer rule, and anybody claim
            the refund. The first two are zero before the submission.
    """
    job: Job = self._job(jobId)
    terms: Terms = staticcall Agreement(job.hook).terms(jobId)
    if terms.submittedAt == 0:
        return 0, 0, job.expiredAt
    return self._dispute_by(terms), self._ruling_by(terms), job.expiredAt


@internal
@view
def _job(jobId: uint256) -> Job:
    job: Job = staticcall Kernel(kernel).getJob(jobId)
    assert job.evaluator == self, "another evaluator"
    return job


@internal
@pure
def _dispute_by(terms: Terms) -> uint256:
    return convert(terms.submittedAt, uint256) + convert(terms.disputeWindow, uint256)


@internal
@pure
def _ruling_by(terms: Terms) -> uint256:
    return self._dispute_by(terms) + convert(terms.arbitrationWindow, uint256)
