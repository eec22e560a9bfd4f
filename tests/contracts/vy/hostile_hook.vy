# pragma version 0.4.3
# pragma evm-version paris
"""
@title A hook that notes what it is told, and does harm in the way that `mode` says
"""

LETS_PASS: constant(uint256) = 0
REVERTS_BEFORE: constant(uint256) = 1
REVERTS_AFTER: constant(uint256) = 2
BURNS_GAS: constant(uint256) = 3
CALLS_BACK_BEFORE: constant(uint256) = 4
CALLS_BACK_AFTER: constant(uint256) = 5

event Told:
    before: bool
    jobId: uint256
    selector: bytes4
    data: Bytes[2144]
    status: uint256
    gas: uint256

interface Kernel:
    def getJob(jobId: uint256) -> Job: view

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

mode: public(uint256)
target: address
payload: Bytes[2048]
got_through: public(uint256)


@external
def be(mode: uint256, target: address, payload: Bytes[2048]):
    self.mode = mode
    self.target = target
    self.payload = payload


@external
def beforeAction(jobId: uint256, selector: bytes4, data: Bytes[2144]):
    assert self.mode != REVERTS_BEFORE, "hostile"
    self._act(True, CALLS_BACK_BEFORE, jobId, selector, data)


@external
def afterAction(jobId: uint256, selector: bytes4, data: Bytes[2144]):
    assert self.mode != REVERTS_AFTER, "hostile"
    self._act(False, CALLS_BACK_AFTER, jobId, selector, data)


@internal
def _act(before: bool, calls_back: uint256, jobId: uint256, selector: bytes4, data: Bytes[2144]):
    if self.mode == BURNS_GAS:
        for i: uint256 in range(2**120):
            if i == 2**120:
                break
    if self.mode == calls_back and raw_call(self.target, self.payload, revert_on_failure=False):
        self.got_through += 1
    job: Job = staticcall Kernel(msg.sender).getJob(jobId)
    log Told(
        before=before, jobId=jobId, selector=selector, data=data, status=convert(job.status, uint256), gas=msg.gas
    )
