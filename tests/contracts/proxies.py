"""The smallest proxies: every call is done by the code of an address that a slot of the storage names (ERC-1967)."""

from __future__ import annotations

from p2p.contract_code import IMPLEMENTATION

_BEFORE = "363d3d373d3d363d7f"  # delegatecall(gas, sload(slot), 0, calldatasize, 0, 0) of a copy of the call's data
_AFTER = "545af43d6000803e6038573d6000fd5b3d6000f3"  # and give back what it gives back


def proxy(target: str, slot: int = IMPLEMENTATION) -> bytes:
    """What creates one that begins with this target."""
    runtime = bytes.fromhex(_BEFORE) + slot.to_bytes(32, "big") + bytes.fromhex(_AFTER)
    keep = bytes.fromhex("73") + bytes.fromhex(target.removeprefix("0x")) + b"\x7f" + slot.to_bytes(32, "big") + b"\x55"
    return keep + bytes.fromhex("603d8060403d393df3") + runtime
