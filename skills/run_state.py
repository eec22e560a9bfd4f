"""What is known of a run beside the interpreter's memory, and the bytes that hold both."""

from __future__ import annotations

import json
import keyword
import struct
from dataclasses import dataclass
from typing import Any

from skills.limits import Limits, Spent, Surroundings, as_map

_LENGTH = struct.Struct(">I")
_MAX_NAME = 64


class NotADump(Exception):
    """Bytes that no sandbox wrote."""

    code = "skill-dump"


def is_name(name: object) -> bool:
    """Can a function or an argument have this name; ASCII, so that no two look the same."""
    return (
        isinstance(name, str)
        and len(name) <= _MAX_NAME
        and name.isascii()
        and name.isidentifier()
        and not keyword.iskeyword(name)
        and not name.startswith("_")
    )


@dataclass(frozen=True)
class Run:
    """`engine` wrote the memory; `lines` of the program, since lines beyond are ours."""

    engine: str
    functions: frozenset[str]
    limits: Limits
    surroundings: Surroundings
    spent: Spent
    lines: int

    @property
    def seconds_left(self) -> float:
        return max(0.0, self.limits.seconds - self.spent.seconds)

    def pack(self, heap: bytes) -> bytes:
        head: dict[str, Any] = {
            "engine": self.engine,
            "functions": sorted(self.functions),
            "limits": as_map(self.limits),
            "surroundings": as_map(self.surroundings),
            "spent": as_map(self.spent),
            "lines": self.lines,
        }
        text = json.dumps(head).encode()
        return _LENGTH.pack(len(text)) + text + heap

    @classmethod
    def unpack(cls, dump: bytes) -> tuple[Run, bytes]:
        """Errors: NotADump.  Trusts what it reads: a dump is authenticated before it comes here."""
        try:
            (length,) = _LENGTH.unpack_from(dump)
            head = json.loads(dump[_LENGTH.size : _LENGTH.size + length])
            head["functions"] = frozenset(head["functions"])
            head["limits"] = Limits(**head["limits"])
            head["surroundings"] = Surroundings(**head["surroundings"])
            head["spent"] = Spent(**head["spent"])
            return cls(**head), dump[_LENGTH.size + length :]
        except (struct.error, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise NotADump from error
