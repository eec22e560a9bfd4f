# pragma version 0.4.3
# pragma evm-version paris
# pragma optimize gas
"""
@title Identity registry
@license Apache-2.0
@notice The identity registry of ERC-8004: an ERC-721 token for each agent, the address of its registration file, metadata,
        and the wallet it is paid at. Ids are counted from 0.
@dev    No owner and no upgrade. Minting calls nobody back. `agentWallet` is reserved: only `setAgentWallet` sets it, with
        the consent of the new wallet, signed in the domain that the published registries use.
"""

from ethereum.ercs import IERC165
from ethereum.ercs import IERC721
from . import signatures

implements: IERC165
implements: IERC721

interface Receiver:
    def onERC721Received(operator: address, sender: address, tokenId: uint256, data: Bytes[1024]) -> bytes4: nonpayable

struct MetadataEntry:
    metadataKey: String[MAX_KEY]
    metadataValue: Bytes[MAX_METADATA]

event Transfer:
    _from: indexed(address)
    _to: indexed(address)
    _tokenId: indexed(uint256)

event Approval:
    _owner: indexed(address)
    _approved: indexed(address)
    _tokenId: indexed(uint256)

event ApprovalForAll:
    _owner: indexed(address)
    _operator: indexed(address)
    _approved: bool

event Registered:
    agentId: indexed(uint256)
    agentURI: String[MAX_URI]
    owner: indexed(address)

event MetadataSet:
    agentId: indexed(uint256)
    indexedMetadataKey: indexed(String[MAX_KEY])
    metadataKey: String[MAX_KEY]
    metadataValue: Bytes[MAX_METADATA]

event URIUpdated:
    agentId: indexed(uint256)
    newURI: String[MAX_URI]
    updatedBy: indexed(address)

MAX_URI: constant(uint256) = 8192  # a data URI holds the whole registration file
MAX_KEY: constant(uint256) = 64
MAX_METADATA: constant(uint256) = 1024
MAX_ENTRIES: constant(uint256) = 16
MAX_DEADLINE: constant(uint256) = 300

RESERVED: constant(String[11]) = "agentWallet"
WALLET_TYPE: constant(bytes32) = keccak256(
    "AgentWalletSet(uint256 agentId,address newWallet,address owner,uint256 deadline)"
)
RECEIVED: constant(bytes4) = 0x150b7a02
ERC165: constant(bytes4) = 0x01ffc9a7
ERC721: constant(bytes4) = 0x80ac58cd
ERC721_METADATA: constant(bytes4) = 0x5b5e139f

name: public(constant(String[16])) = "AgentIdentity"
symbol: public(constant(String[8])) = "AGENT"

count: uint256
owners: HashMap[uint256, address]
approved: HashMap[uint256, address]
balances: HashMap[address, uint256]
isApprovedForAll: public(HashMap[address, HashMap[address, bool]])
uris: HashMap[uint256, String[MAX_URI]]
metadata: HashMap[uint256, HashMap[String[MAX_KEY], Bytes[MAX_METADATA]]]
wallets: HashMap[uint256, address]


@external
def register(agentURI: String[MAX_URI] = "", metadata: DynArray[MetadataEntry, MAX_ENTRIES] = []) -> uint256:
    """
    @notice A new agent of the caller, whose wallet is the caller at first.
    """
    agentId: uint256 = self.count
    self.count = agentId + 1
    self.owners[agentId] = msg.sender
    self.balances[msg.sender] += 1
    self.wallets[agentId] = msg.sender
    log Transfer(_from=empty(address), _to=msg.sender, _tokenId=agentId)
    self._log_wallet(agentId)
    for entry: MetadataEntry in metadata:
        self._set_metadata(agentId, entry.metadataKey, entry.metadataValue)
    if len(agentURI) > 0:
        self.uris[agentId] = agentURI
    log Registered(agentId=agentId, agentURI=agentURI, owner=msg.sender)
    return agentId


@external
def setAgentURI(agentId: uint256, newURI: String[MAX_URI]):
    self._manager(agentId)
    self.uris[agentId] = newURI
    log URIUpdated(agentId=agentId, newURI=newURI, updatedBy=msg.sender)


@external
def setMetadata(agentId: uint256, metadataKey: String[MAX_KEY], metadataValue: Bytes[MAX_METADATA]):
    self._manager(agentId)
    self._set_metadata(agentId, metadataKey, metadataValue)


@external
@view
def getMetadata(agentId: uint256, metadataKey: String[MAX_KEY]) -> Bytes[MAX_METADATA]:
    """
    @notice Empty for what was never set. `agentWallet` is the address in 20 bytes, empty when there is none.
    """
    if metadataKey == RESERVED:
        return self._wallet(agentId)
    return self.metadata[agentId][metadataKey]


@external
def setAgentWallet(
    agentId: uint256, newWallet: address, deadline: uint256, signature: Bytes[signatures.MAX_SIGNATURE]
):
    """
    @notice Owner or operator names the wallet that the agent is paid at; the wallet itself has signed (EIP-712, EIP-1271).
    @param deadline The last second at which the signature counts, at most five minutes ahead.
    """
    owner: address = self._manager(agentId)
    assert newWallet != empty(address), "no wallet"
    assert block.timestamp <= deadline, "expired"
    assert deadline <= block.timestamp + MAX_DEADLINE, "deadline too far"
    separator: bytes32 = signatures.domain(keccak256("ERC8004IdentityRegistry"), keccak256("1"))
    digest: bytes32 = signatures.digest(
        separator, keccak256(abi_encode(WALLET_TYPE, agentId, newWallet, owner, deadline))
    )
    assert signatures.signed_by(newWallet, digest, signature), "not signed"
    self.wallets[agentId] = newWallet
    self._log_wallet(agentId)


@external
def unsetAgentWallet(agentId: uint256):
    self._manager(agentId)
    self.wallets[agentId] = empty(address)
    self._log_wallet(agentId)


@external
@view
def getAgentWallet(agentId: uint256) -> address:
    self._owner(agentId)
    return self.wallets[agentId]


@external
@view
def balanceOf(_owner: address) -> uint256:
    assert _owner != empty(address), "nobody"
    return self.balances[_owner]


@external
@view
def ownerOf(_tokenId: uint256) -> address:
    return self._owner(_tokenId)


@external
@view
def tokenURI(_tokenId: uint256) -> String[MAX_URI]:
    self._owner(_tokenId)
    return self.uris[_tokenId]


@external
@view
def getApproved(_tokenId: uint256) -> address:
    self._owner(_tokenId)
    return self.approved[_tokenId]


@external
@payable
def approve(_approved: address, _tokenId: uint256):
    assert msg.value == 0, "nothing to pay"
    owner: address = self._owner(_tokenId)
    assert msg.sender == owner or self.isApprovedForAll[owner][msg.sender], "not allowed"
    self.approved[_tokenId] = _approved
    log Approval(_owner=owner, _approved=_approved, _tokenId=_tokenId)


@external
def setApprovalForAll(_operator: address, _approved: bool):
    self.isApprovedForAll[msg.sender][_operator] = _approved
    log ApprovalForAll(_owner=msg.sender, _operator=_operator, _approved=_approved)


@external
@payable
def transferFrom(_from: address, _to: address, _tokenId: uint256):
    assert msg.value == 0, "nothing to pay"
    self._transfer(_from, _to, _tokenId)


@external
@payable
def safeTransferFrom(_from: address, _to: address, _tokenId: uint256, _data: Bytes[1024] = b""):
    assert msg.value == 0, "nothing to pay"
    self._transfer(_from, _to, _tokenId)
    if _to.is_contract:
        answer: bytes4 = extcall Receiver(_to).onERC721Received(msg.sender, _from, _tokenId, _data)
        assert answer == RECEIVED, "not received"


@external
@view
def supportsInterface(interface_id: bytes4) -> bool:
    return interface_id == ERC165 or interface_id == ERC721 or interface_id == ERC721_METADATA


@internal
@view
def _owner(agentId: uint256) -> address:
    owner: address = self.owners[agentId]
    assert owner != empty(address), "no such agent"
    return owner


@internal
@view
def _manager(agentId: uint256) -> address:
    # The caller is the agent's owner or acts for them.
    owner: address = self._owner(agentId)
    assert (
        msg.sender == owner
        or self.isApprovedForAll[owner][msg.sender]
        or self.approved[agentId] == msg.sender
    ), "not allowed"
    return owner


@internal
def _set_metadata(agentId: uint256, metadataKey: String[MAX_KEY], metadataValue: Bytes[MAX_METADATA]):
    assert metadataKey != RESERVED, "reserved key"
    self.metadata[agentId][metadataKey] = metadataValue
    log MetadataSet(
        agentId=agentId, indexedMetadataKey=metadataKey, metadataKey=metadataKey, metadataValue=metadataValue
    )


@internal
@view
def _wallet(agentId: uint256) -> Bytes[20]:
    wallet: address = self.wallets[agentId]
    if wallet == empty(address):
        return b""
    return slice(convert(wallet, bytes32), 12, 20)


@internal
def _log_wallet(agentId: uint256):
    log MetadataSet(
        agentId=agentId,
        indexedMetadataKey=RESERVED,
        metadataKey=RESERVED,
        metadataValue=self._wallet(agentId),
    )


@internal
def _transfer(_from: address, _to: address, _tokenId: uint256):
    assert self._manager(_tokenId) == _from, "not the owner"
    assert _to != empty(address), "to nobody"
    self.owners[_tokenId] = _to
    self.balances[_from] -= 1
    self.balances[_to] += 1
    self.approved[_tokenId] = empty(address)
    self.wallets[_tokenId] = empty(address)
    log Transfer(_from=_from, _to=_to, _tokenId=_tokenId)
    self._log_wallet(_tokenId)
