# pragma version 0.4.3
"""
@title Signatures
@license Apache-2.0
@notice Who signed an EIP-712 digest: a key (secp256k1), or a contract that answers for itself (EIP-1271).
@dev    A key's signature is 65 bytes, r, s, v with v 27 or 28 and s in the lower half of the curve's order, so that one
        consent has one form. A key is tried first: an account may have code and a key at once (EIP-7702).
"""

MAX_SIGNATURE: constant(uint256) = 1024
# The order of secp256k1, halved.
HALF_ORDER: constant(uint256) = 57896044618658097711785492504343953926418782139537452191302581570759080747168
ACCEPTED: constant(bytes32) = 0x1626ba7e00000000000000000000000000000000000000000000000000000000
DOMAIN_TYPE: constant(bytes32) = keccak256(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)


@internal
@view
def domain(name: bytes32, version: bytes32) -> bytes32:
    """
    @notice The domain separator of this contract on this chain, reckoned anew so that a fork has its own.
    @param name keccak256 of the domain's name; `version` likewise.
    """
    return keccak256(abi_encode(DOMAIN_TYPE, name, version, chain.id, self))


@internal
@pure
def digest(separator: bytes32, structHash: bytes32) -> bytes32:
    return keccak256(concat(b"\x19\x01", separator, structHash))


@internal
@view
def signed_by(signer: address, hash: bytes32, signature: Bytes[MAX_SIGNATURE]) -> bool:
    if signer == empty(address):
        return False
    if self._recovered(hash, signature) == signer:
        return True
    if not signer.is_contract:
        return False
    answered: bool = False
    answer: Bytes[32] = b""
    answered, answer = raw_call(
        signer,
        abi_encode(hash, signature, method_id=method_id("isValidSignature(bytes32,bytes)")),
        max_outsize=32,
        is_static_call=True,
        revert_on_failure=False,
    )
    return answered and len(answer) == 32 and convert(answer, bytes32) == ACCEPTED


@internal
@pure
def _recovered(hash: bytes32, signature: Bytes[MAX_SIGNATURE]) -> address:
    if len(signature) != 65:
        return empty(address)
    r: uint256 = convert(slice(signature, 0, 32), uint256)
    s: uint256 = convert(slice(signature, 32, 32), uint256)
    v: uint256 = convert(slice(signature, 64, 1), uint256)
    if s > HALF_ORDER or (v != 27 and v != 28):
        return empty(address)
    return ecrecover(hash, v, r, s)
