# pragma version 0.4.3
# pragma evm-version paris
# pragma optimize gas
"""
@title Rehearsal token
@license Apache-2.0
@notice An ERC-20 token with EIP-2612 permits that is worth nothing: its deployer mints it. For rehearsals and tests.
"""

from ethereum.ercs import IERC20
from . import signatures

implements: IERC20

event Transfer:
    _from: indexed(address)
    _to: indexed(address)
    _value: uint256

event Approval:
    _owner: indexed(address)
    _spender: indexed(address)
    _value: uint256

PERMIT_TYPE: constant(bytes32) = keccak256(
    "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
)

name: public(constant(String[16])) = "Nuee Rehearsal"
symbol: public(constant(String[8])) = "NREH"
decimals: public(constant(uint8)) = 6
minter: public(immutable(address))

totalSupply: public(uint256)
balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])
nonces: public(HashMap[address, uint256])


@deploy
def __init__():
    minter = msg.sender


@external
def mint(_to: address, _value: uint256):
    """
    @notice The deployer alone.
    """
    assert msg.sender == minter, "not the minter"
    assert _to != empty(address), "to nobody"
    self.totalSupply += _value
    self.balanceOf[_to] += _value
    log Transfer(_from=empty(address), _to=_to, _value=_value)


@external
def transfer(_to: address, _value: uint256) -> bool:
    self._move(msg.sender, _to, _value)
    return True


@external
def transferFrom(_from: address, _to: address, _value: uint256) -> bool:
    allowed: uint256 = self.allowance[_from][msg.sender]
    if allowed != max_value(uint256):
        assert allowed >= _value, "not allowed"
        self.allowance[_from][msg.sender] = allowed - _value
    self._move(_from, _to, _value)
    return True


@external
def approve(_spender: address, _value: uint256) -> bool:
    self._approve(msg.sender, _spender, _value)
    return True


@external
def permit(owner: address, spender: address, value_: uint256, deadline: uint256, v: uint8, r: bytes32, s: bytes32):
    """
    @notice EIP-2612: an allowance by signature, valid up to and including `deadline`.
    """
    assert block.timestamp <= deadline, "expired"
    nonce: uint256 = self.nonces[owner]
    self.nonces[owner] = nonce + 1
    digest: bytes32 = signatures.digest(
        self._domain(), keccak256(abi_encode(PERMIT_TYPE, owner, spender, value_, nonce, deadline))
    )
    signature: Bytes[65] = concat(r, s, convert(v, bytes1))
    assert signatures.signed_by(owner, digest, signature), "not signed"
    self._approve(owner, spender, value_)


@external
@view
def DOMAIN_SEPARATOR() -> bytes32:
    return self._domain()


@internal
@view
def _domain() -> bytes32:
    return signatures.domain(keccak256("Nuee Rehearsal"), keccak256("1"))


@internal
def _approve(_owner: address, _spender: address, _value: uint256):
    self.allowance[_owner][_spender] = _value
    log Approval(_owner=_owner, _spender=_spender, _value=_value)


@internal
def _move(_from: address, _to: address, _value: uint256):
    assert _to != empty(address), "to nobody"
    assert self.balanceOf[_from] >= _value, "too little"
    self.balanceOf[_from] -= _value
    self.balanceOf[_to] += _value
    log Transfer(_from=_from, _to=_to, _value=_value)
