"""One encoding for every value: the deterministic CBOR (RFC 8949, 4.2.1) of which every message between peers is made.

  allowed   integers within ±(2^53 - 1), byte strings, text (UTF-8), false, true, null, arrays, maps with text keys
  refused   tags, floats, undefined and other simple values, indefinite lengths, longer heads than necessary, map keys
            out of order or twice, text that is not UTF-8, anything after the value

Larger integers are refused because a JavaScript peer could not hold them exactly; floats because equal numbers would
have several spellings.  The decoder is written out here, over the bytes of a stranger: a general one acts upon tags
(dates, fractions, big numbers, references) before anybody could refuse them, and takes what we have to refuse.

Keys are ordered by the bytes of their encoding: shorter keys first, then byte by byte.
"""

from __future__ import annotations

from typing import TypeAlias

Value: TypeAlias = "str | bytes | int | bool | list[Value] | dict[str, Value] | None"

DEPTH_LIMIT = 12  # arrays and maps within each other, the outermost counted
ITEM_LIMIT = 4096  # values in one encoding, keys and containers counted too
INTEGER_LIMIT = 2**53  # integers lie strictly within ±this

_UINT, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = range(8)
_SIMPLES: dict[int, bool | None] = {20: False, 21: True, 22: None}


class BadEncoding(Exception):
    """These bytes are not the one encoding of a value, or this value has none.  The message is a sentence."""

    code = "bad-encoding"


def encode(value: Value) -> bytes:
    """The one encoding of `value`.  Errors: BadEncoding for a value outside the allowed kinds or limits."""
    writer = _Writer()
    writer.put(value, DEPTH_LIMIT)
    return b"".join(writer.parts)


def decode(data: bytes) -> Value:
    """The inverse: `encode(decode(data)) == data` for whatever it returns.  Errors: BadEncoding."""
    reader = _Reader(data)
    value = reader.value(DEPTH_LIMIT)
    if reader.at != len(data):
        raise BadEncoding("Something follows the value.")
    return value


class _Writer:
    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.left = ITEM_LIMIT

    def put(self, value: Value, depth: int) -> None:
        self.left -= 1
        if self.left < 0:
            raise BadEncoding(f"A message holds at most {ITEM_LIMIT} values.")
        kind = type(value)
        if kind is bytes:
            self._head(_BYTES, len(value))  # type: ignore[arg-type]
            self.parts.append(value)  # type: ignore[arg-type]
        elif kind is str:
            self.parts.append(_text(value))  # type: ignore[arg-type]
        elif kind is int:
            self._integer(value)  # type: ignore[arg-type]
        elif value is None or kind is bool:
            self.parts.append(b"\xf6" if value is None else b"\xf5" if value else b"\xf4")
        elif kind is list:
            self._array(value, depth)  # type: ignore[arg-type]
        elif kind is dict:
            self._map(value, depth)  # type: ignore[arg-type]
        else:
            raise BadEncoding(f"A message holds no {kind.__name__}.")

    def _head(self, major: int, argument: int) -> None:
        self.parts.append(_head(major, argument))

    def _integer(self, value: int) -> None:
        if not -INTEGER_LIMIT < value < INTEGER_LIMIT:
            raise BadEncoding("An integer is out of range.")
        self.parts.append(_head(_UINT, value) if value >= 0 else _head(_NEGATIVE, -1 - value))

    def _array(self, value: list[Value], depth: int) -> None:
        _room(depth)
        self._head(_ARRAY, len(value))
        for item in value:
            self.put(item, depth - 1)

    def _map(self, value: dict[str, Value], depth: int) -> None:
        _room(depth)
        if any(type(key) is not str for key in value):
            raise BadEncoding("A key of a map is not text.")
        self._head(_MAP, len(value))
        self.left -= len(value)
        for encoded, item in sorted(((_text(key), item) for key, item in value.items()), key=lambda pair: pair[0]):
            self.parts.append(encoded)
            self.put(item, depth - 1)


class _Reader:
    """Reads at `at`; every method leaves it behind what it read."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.left = ITEM_LIMIT

    def value(self, depth: int) -> Value:
        self.left -= 1
        if self.left < 0:
            raise BadEncoding(f"A message holds at most {ITEM_LIMIT} values.")
        major, argument = self.head()
        if major in (_UINT, _NEGATIVE):
            if argument >= INTEGER_LIMIT - (major == _NEGATIVE):
                raise BadEncoding("An integer is out of range.")
            return argument if major == _UINT else -1 - argument
        if major == _BYTES:
            return self._take(argument)
        if major == _TEXT:
            return self._text(argument)
        if major == _ARRAY:
            _room(depth)
            return [self.value(depth - 1) for _ in range(self._count(argument))]
        if major == _MAP:
            _room(depth)
            return self._map(self._count(argument), depth)
        if major == _SIMPLE and argument in _SIMPLES:
            return _SIMPLES[argument]
        raise BadEncoding("A tag, a float or another value that messages do not hold.")

    def head(self) -> tuple[int, int]:
        """Major type and argument of the head here, in its shortest form."""
        first = self._take(1)[0]
        major, info = first >> 5, first & 31
        if info < 24:
            return major, info
        if info > 27:
            raise BadEncoding("A length without an end, or a reserved head.")
        argument = int.from_bytes(self._take(1 << (info - 24)), "big")
        if _head(major, argument)[0] != first:
            raise BadEncoding("A number or length is longer than necessary.")
        return major, argument

    def _map(self, count: int, depth: int) -> dict[str, Value]:
        result: dict[str, Value] = {}
        previous = b""
        for _ in range(count):
            start = self.at
            self.left -= 1
            major, length = self.head()
            if major != _TEXT:
                raise BadEncoding("A key of a map is not text.")
            key = self._text(length)
            encoded = self.data[start : self.at]
            if encoded <= previous:
                raise BadEncoding("The keys of a map are out of order, or one is there twice.")
            previous = encoded
            result[key] = self.value(depth - 1)
        return result

    def _count(self, count: int) -> int:
        if count > len(self.data) - self.at:  # every item has a byte at least
            raise BadEncoding("The bytes end too early.")
        return count

    def _text(self, length: int) -> str:
        try:
            return self._take(length).decode("utf-8")
        except UnicodeDecodeError as error:
            raise BadEncoding("A text is not UTF-8.") from error

    def _take(self, length: int) -> bytes:
        if length > len(self.data) - self.at:
            raise BadEncoding("The bytes end too early.")
        taken = self.data[self.at : self.at + length]
        self.at += length
        return taken


def leading_integer(data: bytes) -> int | None:
    """The first item of the array that `data` begins with when it is an unsigned integer, else None.

    That is where every version of every message of ours has its version number; nothing behind it is looked at.
    """
    reader = _Reader(data)
    try:
        major, count = reader.head()
        if major != _ARRAY or not count:
            return None
        major, number = reader.head()
    except BadEncoding:
        return None
    return number if major == _UINT else None


def _room(depth: int) -> None:
    if depth <= 0:
        raise BadEncoding(f"Values lie more than {DEPTH_LIMIT} deep within each other.")


def _text(value: str) -> bytes:
    try:
        data = value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise BadEncoding("A text holds half a character.") from error
    return _head(_TEXT, len(data)) + data


def _head(major: int, argument: int) -> bytes:
    if argument < 24:
        return bytes([major << 5 | argument])
    for info, size in ((24, 1), (25, 2), (26, 4)):
        if argument < 1 << (8 * size):
            return bytes([major << 5 | info]) + argument.to_bytes(size, "big")
    return bytes([major << 5 | 27]) + argument.to_bytes(8, "big")
