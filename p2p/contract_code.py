"""Which code a contract runs, as one digest to compare: a proxy is the same for ever, and runs another's.

  no proxy          keccak256(code)
  proxy             keccak256(keccak256(code) ‖ target), a target being its address as a word of 32 bytes ‖ its digest
  proxy by beacon   keccak256(keccak256(code) ‖ beacon ‖ target), both as targets

Where a proxy keeps its target: ERC-1967 (transparent proxies, UUPS of ERC-1822, beacons), and the slot that was usual
before it, which the proxies of some well-known tokens still have.  A proxy that keeps it elsewhere cannot be told from
a contract.  Blocking: for a worker thread.  Errors: ChainError.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

DEEPEST = 4  # proxies of proxies; beyond them only the code itself is looked at
_DELEGATECALL = 0xF4  # an instruction that every proxy has
# keccak256 of "eip1967.proxy.implementation" and of "eip1967.proxy.beacon", less one; of
# "org.zeppelinos.proxy.implementation".
IMPLEMENTATION = 0x360894A13BA1A3210667C828492DB98DCA3E2076CC3735A920A3CA505D382BBC
BEACON = 0xA3F0AD74E5423AEBFD80D3EF4346578335A9A72AEAEE59FF6CB3582B35133D50
BEFORE = 0x7050C9E0F4CA769C69BD3A8EF740BC37934F8E2C036E5A723FD8EE048ED3F8C3


class CodeReader(Protocol):
    """What is asked of a chain here; p2p.chain.Chain answers it."""

    def code(self, address: str) -> bytes: ...

    def storage(self, address: str, slot: int) -> bytes: ...

    def read(self, contract: str, signature: str, returns: Sequence[str], *args: Any) -> tuple[Any, ...]: ...


def codes(chain: CodeReader, contracts: Mapping[str, str]) -> dict[str, bytes]:
    """The digest of what runs at each address, by role."""
    return {role: digest(chain, at) for role, at in contracts.items()}


def digest(chain: CodeReader, address: str, depth: int = DEEPEST) -> bytes:
    code = chain.code(address)
    own = _keccak(code)
    if depth <= 1 or _DELEGATECALL not in code:
        return own
    for slot in (IMPLEMENTATION, BEFORE):
        if target := _address(chain.storage(address, slot)):
            return _keccak(own + _word(target) + digest(chain, target, depth - 1))
    if beacon := _address(chain.storage(address, BEACON)):
        target = str(chain.read(beacon, "implementation()", ["address"])[0]).lower()
        named = _word(beacon) + digest(chain, beacon, depth - 1)
        return _keccak(own + named + _word(target) + digest(chain, target, depth - 1))
    return own


def _address(word: bytes) -> str:
    """ "" for none."""
    return "0x" + word[-20:].hex() if any(word[-20:]) else ""


def _word(address: str) -> bytes:
    return bytes.fromhex(address.removeprefix("0x")).rjust(32, b"\0")


def _keccak(data: bytes) -> bytes:
    from eth_utils.crypto import keccak

    return bytes(keccak(data))
