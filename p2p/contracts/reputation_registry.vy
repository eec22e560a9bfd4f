# pragma version 0.4.3
# pragma evm-version paris
# pragma optimize gas
"""
@title Reputation registry
@license Apache-2.0
@notice The reputation registry of ERC-8004: what a client says of an agent, and what others answer to it.
@dev    What the registry stores per agent may grow without end, and nobody's entry keeps another's out; so what is read in
        one call is limited, and a call that would need more fails and says to name fewer clients.
"""

interface Identity:
    def ownerOf(_tokenId: uint256) -> address: view
    def getApproved(_tokenId: uint256) -> address: view
    def isApprovedForAll(_owner: address, _operator: address) -> bool: view

struct Feedback:
    value_: int128
    valueDecimals: uint8
    tag1: String[MAX_TAG]
    tag2: String[MAX_TAG]
    isRevoked: bool

event NewFeedback:
    agentId: indexed(uint256)
    clientAddress: indexed(address)
    feedbackIndex: uint64
    value_: int128
    valueDecimals: uint8
    indexedTag1: indexed(String[MAX_TAG])
    tag1: String[MAX_TAG]
    tag2: String[MAX_TAG]
    endpoint: String[MAX_ENDPOINT]
    feedbackURI: String[MAX_URI]
    feedbackHash: bytes32

event FeedbackRevoked:
    agentId: indexed(uint256)
    clientAddress: indexed(address)
    feedbackIndex: indexed(uint64)

event ResponseAppended:
    agentId: indexed(uint256)
    clientAddress: indexed(address)
    feedbackIndex: uint64
    responder: indexed(address)
    responseURI: String[MAX_URI]
    responseHash: bytes32

MAX_TAG: constant(uint256) = 64
MAX_ENDPOINT: constant(uint256) = 512
MAX_URI: constant(uint256) = 4096
MAX_DECIMALS: constant(uint8) = 18
MAX_NAMED: constant(uint256) = 1024  # clients or responders named in one call
MAX_CLIENTS: constant(uint256) = 4096  # clients given in one answer, the first of them
MAX_READ: constant(uint256) = 256  # entries given in one answer
MAX_LOOP: constant(uint256) = 65536

identity: address
deployer: immutable(address)

feedback: HashMap[uint256, HashMap[address, HashMap[uint64, Feedback]]]
last: HashMap[uint256, HashMap[address, uint64]]
clients: HashMap[uint256, HashMap[uint256, address]]
clientCount: HashMap[uint256, uint256]
# By agent, client, index and responder; nobody and nothing (zero) stand for all of them together.
responses: HashMap[uint256, HashMap[address, HashMap[uint64, HashMap[address, uint64]]]]


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
def giveFeedback(
    agentId: uint256,
    value_: int128,
    valueDecimals: uint8,
    tag1: String[MAX_TAG],
    tag2: String[MAX_TAG],
    endpoint: String[MAX_ENDPOINT],
    feedbackURI: String[MAX_URI],
    feedbackHash: bytes32,
):
    """
    @notice Anybody but the agent's owner and operators. Indices are counted from 1 for each agent and client.
    """
    assert valueDecimals <= MAX_DECIMALS, "too many decimals"
    registry: Identity = Identity(self.identity)
    owner: address = staticcall registry.ownerOf(agentId)
    assert (
        msg.sender != owner
        and not staticcall registry.isApprovedForAll(owner, msg.sender)
        and staticcall registry.getApproved(agentId) != msg.sender
    ), "own feedback"
    index: uint64 = self.last[agentId][msg.sender] + 1
    self.last[agentId][msg.sender] = index
    if index == 1:
        self.clients[agentId][self.clientCount[agentId]] = msg.sender
        self.clientCount[agentId] += 1
    self.feedback[agentId][msg.sender][index] = Feedback(
        value_=value_, valueDecimals=valueDecimals, tag1=tag1, tag2=tag2, isRevoked=False
    )
    log NewFeedback(
        agentId=agentId,
        clientAddress=msg.sender,
        feedbackIndex=index,
        value_=value_,
        valueDecimals=valueDecimals,
        indexedTag1=tag1,
        tag1=tag1,
        tag2=tag2,
        endpoint=endpoint,
        feedbackURI=feedbackURI,
        feedbackHash=feedbackHash,
    )


@external
def revokeFeedback(agentId: uint256, feedbackIndex: uint64):
    """
    @notice The client who gave it, once.
    """
    self._exists(agentId, msg.sender, feedbackIndex)
    assert not self.feedback[agentId][msg.sender][feedbackIndex].isRevoked, "revoked already"
    self.feedback[agentId][msg.sender][feedbackIndex].isRevoked = True
    log FeedbackRevoked(agentId=agentId, clientAddress=msg.sender, feedbackIndex=feedbackIndex)


@external
def appendResponse(
    agentId: uint256,
    clientAddress: address,
    feedbackIndex: uint64,
    responseURI: String[MAX_URI],
    responseHash: bytes32,
):
    """
    @notice Anybody.
    """
    self._exists(agentId, clientAddress, feedbackIndex)
    assert len(responseURI) > 0, "no response"
    for responder: address in [msg.sender, empty(address)]:
        self.responses[agentId][clientAddress][feedbackIndex][responder] += 1
        self.responses[agentId][clientAddress][0][responder] += 1
        self.responses[agentId][empty(address)][0][responder] += 1
    log ResponseAppended(
        agentId=agentId,
        clientAddress=clientAddress,
        feedbackIndex=feedbackIndex,
        responder=msg.sender,
        responseURI=responseURI,
        responseHash=responseHash,
    )


@external
@view
def getSummary(
    agentId: uint256, clientAddresses: DynArray[address, MAX_NAMED], tag1: String[MAX_TAG], tag2: String[MAX_TAG]
) -> (uint64, int128, uint8):
    """
    @notice How many entries of these clients are not revoked, and their mean, cut off at the number of decimals that most
            of them have (the smallest, where several are as frequent). Empty tags mean any.
    """
    assert len(clientAddresses) > 0, "no clients"
    count: uint64 = 0
    total: int256 = 0
    frequency: uint64[19] = empty(uint64[19])
    for client: address in clientAddresses:
        for i: uint256 in range(convert(self.last[agentId][client], uint256), bound=MAX_LOOP):
            index: uint64 = convert(i + 1, uint64)
            if not self._matches(agentId, client, index, tag1, tag2, False):
                continue
            decimals: uint8 = self.feedback[agentId][client][index].valueDecimals
            worth: int256 = convert(self.feedback[agentId][client][index].value_, int256)
            total += worth * self._power(MAX_DECIMALS - decimals)
            frequency[decimals] += 1
            count += 1
    if count == 0:
        return 0, 0, 0
    shown: uint8 = 0
    for decimals: uint8 in range(19):
        if frequency[decimals] > frequency[shown]:
            shown = decimals
    mean: int256 = total // convert(count, int256) // self._power(MAX_DECIMALS - shown)
    return count, convert(mean, int128), shown


@external
@view
def readFeedback(
    agentId: uint256, clientAddress: address, feedbackIndex: uint64
) -> (int128, uint8, String[MAX_TAG], String[MAX_TAG], bool):
    self._exists(agentId, clientAddress, feedbackIndex)
    entry: Feedback = self.feedback[agentId][clientAddress][feedbackIndex]
    return entry.value_, entry.valueDecimals, entry.tag1, entry.tag2, entry.isRevoked


@external
@view
def readAllFeedback(
    agentId: uint256,
    clientAddresses: DynArray[address, MAX_NAMED],
    tag1: String[MAX_TAG],
    tag2: String[MAX_TAG],
    includeRevoked: bool,
) -> (
    DynArray[address, MAX_READ],
    DynArray[uint64, MAX_READ],
    DynArray[int128, MAX_READ],
    DynArray[uint8, MAX_READ],
    DynArray[String[MAX_TAG], MAX_READ],
    DynArray[String[MAX_TAG], MAX_READ],
    DynArray[bool, MAX_READ],
):
    """
    @notice The entries of these clients, of all where none is named. Fails where more than 256 match.
    """
    named: uint256 = len(clientAddresses)
    among: uint256 = named
    if named == 0:
        among = self.clientCount[agentId]
    clients: DynArray[address, MAX_READ] = []
    indexes: DynArray[uint64, MAX_READ] = []
    values: DynArray[int128, MAX_READ] = []
    decimals: DynArray[uint8, MAX_READ] = []
    tag1s: DynArray[String[MAX_TAG], MAX_READ] = []
    tag2s: DynArray[String[MAX_TAG], MAX_READ] = []
    revoked: DynArray[bool, MAX_READ] = []
    for i: uint256 in range(among, bound=MAX_LOOP):
        client: address = empty(address)
        if named == 0:
            client = self.clients[agentId][i]
        else:
            client = clientAddresses[i]
        for j: uint256 in range(convert(self.last[agentId][client], uint256), bound=MAX_LOOP):
            index: uint64 = convert(j + 1, uint64)
            if not self._matches(agentId, client, index, tag1, tag2, includeRevoked):
                continue
            assert len(clients) < MAX_READ, "too many: name fewer clients"
            clients.append(client)
            indexes.append(index)
            values.append(self.feedback[agentId][client][index].value_)
            decimals.append(self.feedback[agentId][client][index].valueDecimals)
            tag1s.append(self.feedback[agentId][client][index].tag1)
            tag2s.append(self.feedback[agentId][client][index].tag2)
            revoked.append(self.feedback[agentId][client][index].isRevoked)
    return clients, indexes, values, decimals, tag1s, tag2s, revoked


@external
@view
def getResponseCount(
    agentId: uint256, clientAddress: address, feedbackIndex: uint64, responders: DynArray[address, MAX_NAMED]
) -> uint64:
    """
    @notice No client, no index and no responders mean all of them; without a client the index says nothing.
    """
    index: uint64 = feedbackIndex
    if clientAddress == empty(address):
        index = 0
    if len(responders) == 0:
        return self.responses[agentId][clientAddress][index][empty(address)]
    count: uint64 = 0
    for responder: address in responders:
        if responder != empty(address):
            count += self.responses[agentId][clientAddress][index][responder]
    return count


@external
@view
def getClients(agentId: uint256) -> DynArray[address, MAX_CLIENTS]:
    """
    @notice In the order of their first feedback; the first 4,096 where there are more (the events name them all).
    """
    clients: DynArray[address, MAX_CLIENTS] = []
    for i: uint256 in range(min(self.clientCount[agentId], MAX_CLIENTS), bound=MAX_CLIENTS):
        clients.append(self.clients[agentId][i])
    return clients


@external
@view
def getLastIndex(agentId: uint256, clientAddress: address) -> uint64:
    return self.last[agentId][clientAddress]


@internal
@view
def _exists(agentId: uint256, client: address, index: uint64):
    assert index > 0 and index <= self.last[agentId][client], "no such feedback"


@internal
@view
def _matches(
    agentId: uint256, client: address, index: uint64, tag1: String[MAX_TAG], tag2: String[MAX_TAG], revoked: bool
) -> bool:
    if self.feedback[agentId][client][index].isRevoked and not revoked:
        return False
    if len(tag1) > 0 and keccak256(tag1) != keccak256(self.feedback[agentId][client][index].tag1):
        return False
    return len(tag2) == 0 or keccak256(tag2) == keccak256(self.feedback[agentId][client][index].tag2)


@internal
@pure
def _power(decimals: uint8) -> int256:
    return convert(10 ** convert(decimals, uint256), int256)
