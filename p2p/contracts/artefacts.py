"""Reads what `abi/` keeps: contracts as compiled, and interfaces as the standards print them. Needs no compiler."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_ABI = Path(__file__).parent / "abi"


@dataclass(frozen=True)
class Artefact:
    """A compiled contract.

    `bytecode` creates it, with the constructor's arguments appended. `runtime_hash` is keccak256 of the first
    `runtime_length` bytes of what is deployed; the values fixed at creation (immutables) follow them.
    """

    name: str
    abi: list[dict[str, Any]]
    bytecode: bytes
    runtime_hash: bytes
    runtime_length: int

    def fixed_in(self, code: bytes) -> tuple[bytes, ...] | None:
        """The values fixed at creation, a word of 32 bytes each, if this is the contract's deployed code; else None."""
        from eth_utils.crypto import keccak

        runtime, fixed = code[: self.runtime_length], code[self.runtime_length :]
        if keccak(runtime) != self.runtime_hash or len(fixed) % 32:
            return None
        return tuple(fixed[at : at + 32] for at in range(0, len(fixed), 32))


@cache
def contract(name: str) -> Artefact:
    """One of `compile.CONTRACTS`. Raises FileNotFoundError for another name."""
    made = json.loads((_ABI / f"{name}.json").read_text("utf-8"))
    return Artefact(
        name=name,
        abi=made["abi"],
        bytecode=bytes.fromhex(made["bytecode"].removeprefix("0x")),
        runtime_hash=bytes.fromhex(made["runtimeBytecodeHash"].removeprefix("0x")),
        runtime_length=made["runtimeBytecodeLength"],
    )


@cache
def interface(name: str) -> list[dict[str, Any]]:
    """The ABI of one of `compile.INTERFACES`. Raises FileNotFoundError for another name."""
    entries: list[dict[str, Any]] = json.loads((_ABI / f"{name}.json").read_text("utf-8"))
    return entries
