# pragma version 0.4.3
# pragma evm-version paris
"""
@title A wallet that is a contract (EIP-1271); `mode` says how it answers
"""

ASKS_ITS_OWNER: constant(uint256) = 0
REFUSES: constant(uint256) = 1
REVERTS: constant(uint256) = 2
SAYS_TOO_LITTLE: constant(uint256) = 3
RECKONS_LONG: constant(uint256) = 4  # and then says yes

owner: public(address)
mode: public(uint256)


@deploy
def __init__(_owner: address):
    self.owner = _owner


@external
def be(mode: uint256):
    self.mode = mode


@external
def execute(target: address, data: Bytes[4096]):
    raw_call(target, data)


@external
@view
@raw_return
def isValidSignature(hash: bytes32, signature: Bytes[1024]) -> Bytes[32]:
    assert self.mode != REVERTS, "no"
    if self.mode == SAYS_TOO_LITTLE:
        return slice(0x1626ba7e00000000000000000000000000000000000000000000000000000000, 0, 4)
    if self.mode == RECKONS_LONG:
        found: bytes32 = hash
        for step: uint256 in range(20000):
            found = keccak256(found)
        return concat(0x1626ba7e00000000000000000000000000000000000000000000000000000000, b"")
    r: uint256 = convert(slice(signature, 0, 32), uint256)
    s: uint256 = convert(slice(signature, 32, 32), uint256)
    v: uint256 = convert(slice(signature, 64, 1), uint256)
    if self.mode == REFUSES or ecrecover(hash, v, r, s) != self.owner:
        return concat(0xffffffff00000000000000000000000000000000000000000000000000000000, b"")
    return concat(0x1626ba7e00000000000000000000000000000000000000000000000000000000, b"")


@external
@pure
def onERC721Received(operator: address, sender: address, tokenId: uint256, data: Bytes[1024]) -> bytes4:
    return 0x150b7a02
