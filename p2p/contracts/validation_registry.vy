# pragma version 0.4.3
# pragma evm-version paris
# pragma optimize gas
"""
@title Validation registry
@license Apache-2.0
@notice The validation registry of ERC-8004: an agent asks a validator to check its work, and the validator says how well
        it held, from 0 to 100, as often as it wishes to.
"""

interface Identity:
    def ownerOf(_tokenId: uint256) -> address: view
    def getApproved(_tokenId: uint256) -> address: view
    def isApprovedForAll(_owner: address, _operator: address) -> bool: view

struct Validation:
    validatorAddress: address
    agentId: uint256
    response: uint8
    responseHash: bytes32
    tag: String[MAX_TAG]
    lastUpdate: uint256
    hasResponse: bool

event ValidationRequest:
    validatorAddress: indexed(address)
    agentId: indexed(uint256)
    requestURI: String[MAX_URI]
    requestHash: indexed(bytes32)

event ValidationResponse:
    validatorAddress: indexed(address)
    agentId: indexed(uint256)
    requestHash: indexed(bytes32)
    response: uint8
    responseURI: String[MAX_URI]
    responseHash: bytes32
    tag: String[MAX_TAG]

MAX_TAG: constant(uint256) = 64
MAX_URI: constant(uint256) = 4096
MAX_NAMED: constant(uint256) = 64
MAX_LISTED: constant(uint256) = 4096  # requests given in one answer, the first of them
MAX_LOOP: constant(uint256) = 65536

identity: address
deployer: immutable(address)

validations: HashMap[bytes32, Validation]
ofAgent: HashMap[uint256, HashMap[uint256, bytes32]]
agentCount: HashMap[uint256, uint256]
ofValidator: HashMap[address, HashMap[uint256, bytes32]]
validatorCount: HashMap[address, uint256]


@deploy
def __init__():
    deployer = msg.sender


@external
def initialize(identityRegistry_: address):
    """
    @notice The deployer, once, says which identity registry this one is for.
    """
    assert msg.sender == deployer, "not the deployer"
    assert self.identity == empty(address), "initialized already"
    assert identityRegistry_.is_contract, "no registry"
    self.identity = identityRegistry_


@external
@view
def getIdentityRegistry() -> address:
    return self.identity


@external
def validationRequest(
    validatorAddress: address, agentId: uint256, requestURI: String[MAX_URI], requestHash: bytes32
):
    """
    @notice Owner or operator of the agent. A request is known by its hash, and asked once.
    """
    assert validatorAddress != empty(address), "no validator"
    assert self.validations[requestHash].validatorAddress == empty(address), "requested already"
    registry: Identity = Identity(self.identity)
    owner: address = staticcall registry.ownerOf(agentId)
    assert (
        msg.sender == owner
        or staticcall registry.isApprovedForAll(owner, msg.sender)
        or staticcall registry.getApproved(agentId) == msg.sender
    ), "not allowed"
    self.validations[requestHash] = Validation(
        validatorAddress=validatorAddress,
        agentId=agentId,
        response=0,
        responseHash=empty(bytes32),
        tag="",
        lastUpdate=block.timestamp,
        hasResponse=False,
    )
    self.ofAgent[agentId][self.agentCount[agentId]] = requestHash
    self.agentCount[agentId] += 1
    self.ofValidator[validatorAddress][self.validatorCount[validatorAddress]] = requestHash
    self.validatorCount[validatorAddress] += 1
    log ValidationRequest(
        validatorAddress=validatorAddress, agentId=agentId, requestURI=requestURI, requestHash=requestHash
    )


@external
def validationResponse(
    requestHash: bytes32, response: uint8, responseURI: String[MAX_URI], responseHash: bytes32, tag: String[MAX_TAG]
):
    """
    @notice The validator that was asked; a later response replaces an earlier one.
    """
    assert response <= 100, "above 100"
    self._exists(requestHash)
    assert msg.sender == self.validations[requestHash].validatorAddress, "not the validator"
    self.validations[requestHash].response = response
    self.validations[requestHash].responseHash = responseHash
    self.validations[requestHash].tag = tag
    self.validations[requestHash].lastUpdate = block.timestamp
    self.validations[requestHash].hasResponse = True
    log ValidationResponse(
        validatorAddress=msg.sender,
        agentId=self.validations[requestHash].agentId,
        requestHash=requestHash,
        response=response,
        responseURI=responseURI,
        responseHash=responseHash,
        tag=tag,
    )


@external
@view
def getValidationStatus(requestHash: bytes32) -> (address, uint256, uint8, bytes32, String[MAX_TAG], uint256):
    """
    @notice Fails for a request that was never made; before the first response `lastUpdate` is when it was asked.
    """
    self._exists(requestHash)
    status: Validation = self.validations[requestHash]
    return (
        status.validatorAddress,
        status.agentId,
        status.response,
        status.responseHash,
        status.tag,
        status.lastUpdate,
    )


@external
@view
def getSummary(
    agentId: uint256, validatorAddresses: DynArray[address, MAX_NAMED], tag: String[MAX_TAG]
) -> (uint64, uint8):
    """
    @notice How many requests were answered, and the mean of the answers, rounded down. No validators and an empty tag mean
            any.
    """
    count: uint64 = 0
    total: uint256 = 0
    for i: uint256 in range(self.agentCount[agentId], bound=MAX_LOOP):
        hash: bytes32 = self.ofAgent[agentId][i]
        if not self.validations[hash].hasResponse:
            continue
        if len(tag) > 0 and keccak256(tag) != keccak256(self.validations[hash].tag):
            continue
        if len(validatorAddresses) > 0 and self.validations[hash].validatorAddress not in validatorAddresses:
            continue
        total += convert(self.validations[hash].response, uint256)
        count += 1
    if count == 0:
        return 0, 0
    return count, convert(total // convert(count, uint256), uint8)


@external
@view
def getAgentValidations(agentId: uint256) -> DynArray[bytes32, MAX_LISTED]:
    """
    @notice In the order of asking; the first 4,096 where there are more (the events name them all).
    """
    hashes: DynArray[bytes32, MAX_LISTED] = []
    for i: uint256 in range(min(self.agentCount[agentId], MAX_LISTED), bound=MAX_LISTED):
        hashes.append(self.ofAgent[agentId][i])
    return hashes


@external
@view
def getValidatorRequests(validatorAddress: address) -> DynArray[bytes32, MAX_LISTED]:
    """
    @notice As `getAgentValidations`.
    """
    hashes: DynArray[bytes32, MAX_LISTED] = []
    for i: uint256 in range(min(self.validatorCount[validatorAddress], MAX_LISTED), bound=MAX_LISTED):
        hashes.append(self.ofValidator[validatorAddress][i])
    return hashes


@internal
@view
def _exists(requestHash: bytes32):
    assert self.validations[requestHash].validatorAddress != empty(address), "no such request"
