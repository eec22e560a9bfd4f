"""The fields of contents: a strict reader, the checks that every content shares, and prices (see contents.py)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self, TypeAlias, TypeVar

from p2p.acl import BadField
from p2p.canonical import INTEGER_LIMIT, Value

AMOUNT_LIMIT = 2**256
SENTENCE_LIMIT = 500  # characters
NO_TOKEN = "none"  # noqa: S105  # the name of no token at all

_WORD = re.compile(r"[a-z][a-z0-9-]{0,31}")
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}")
_AMOUNT = re.compile(r"0|[1-9][0-9]{0,77}")

FieldMap: TypeAlias = "dict[str, Value]"
_Names = TypeVar("_Names", bound=StrEnum)


@dataclass(frozen=True)
class Price:
    """`amount` of the smallest unit of `token`, 0 to 2^256 - 1; nothing costs 0 "none".

    On the wire {"amount": decimal text, "token": text}: amounts of tokens are larger than CBOR's integers.
    """

    amount: int = 0
    token: str = NO_TOKEN

    def __post_init__(self) -> None:
        if type(self.amount) is not int or not 0 <= self.amount < AMOUNT_LIMIT:
            raise BadField("An amount is out of range.")
        if type(self.token) is not str or not _TOKEN.fullmatch(self.token):
            raise BadField("The name of a token is not 1 to 128 of A-Z a-z 0-9 . _ : / -")
        if self.token == NO_TOKEN and self.amount:
            raise BadField("An amount has a token.")

    def to_map(self) -> FieldMap:
        return {"amount": str(self.amount), "token": self.token}

    @classmethod
    def from_value(cls, value: Value) -> Self:
        """Errors: BadField."""
        match value:
            case {"amount": str(amount), "token": str(token), **rest} if not rest and _AMOUNT.fullmatch(amount):
                return cls(int(amount), token)
            case _:
                raise BadField("A price is an amount and a token.")


FREE = Price()


class Fields:
    """Reads a content's fields, each of the type that is asked for, none left over."""

    def __init__(self, content: Mapping[str, Value], required: set[str], optional: set[str] | None = None) -> None:
        if not required <= content.keys() or not content.keys() <= required | (optional or set()) | {"x"}:
            raise BadField("A field of the content is absent or unknown.")
        self._content = content

    def text(self, key: str) -> str:
        value = self._content[key]
        if type(value) is not str:
            raise BadField(f"The field {key} is not text.")
        return value

    def bytes(self, key: str) -> bytes:
        value = self._content[key]
        if type(value) is not bytes:
            raise BadField(f"The field {key} is not bytes.")
        return value

    def number(self, key: str) -> int:
        value = self._content[key]
        if type(value) is not int:
            raise BadField(f"The field {key} is not a whole number.")
        return value

    def map(self, key: str) -> FieldMap:
        value = self._content[key]
        if not isinstance(value, dict):
            raise BadField(f"The field {key} is not a map.")
        return value

    def one_of(self, key: str, names: type[_Names]) -> _Names:
        try:
            return names(self.text(key))
        except ValueError as error:
            raise BadField(f"The field {key} has an unknown value.") from error

    def x(self) -> FieldMap:
        x = self.map("x") if "x" in self._content else {}
        if "x" in self._content and not x:
            raise BadField("An empty x has no key.")
        return x


def with_x(fields: FieldMap, x: Mapping[str, Value]) -> FieldMap:
    return {**fields, "x": dict(x)} if x else fields


def check_map(value: object, name: str) -> None:
    if not isinstance(value, Mapping) or any(type(key) is not str for key in value):
        raise BadField(f"The field {name} is not a map with keys of text.")


def check_number(value: object, name: str) -> None:
    if type(value) is not int or not 0 <= value < INTEGER_LIMIT:
        raise BadField(f"The field {name} is out of range.")


def check_word(value: object, name: str) -> None:
    if type(value) is not str or not _WORD.fullmatch(value):
        raise BadField(f"The field {name} is not a word of a-z 0-9 -")


def check_digest(value: object) -> None:
    if type(value) is not bytes or len(value) != 32:
        raise BadField("A digest has 32 bytes.")
