"""The arguments of a call, taken strictly, and how a call fails."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from app import errors
from app.functions import clock
from app.functions.port import Context, FunctionFailed, Kind
from app.results import CommandFailed
from app.texts import text
from storage.database import VaultError
from storage.filters import BadFilter

if TYPE_CHECKING:
    from app.node import Node

T = TypeVar("T")
MAX_TEXT = 200_000  # characters of one argument
_MISSING = object()
_ABSENT = ("unknown-id", "ambiguous-id", "unknown-draft", "unknown-source", "unknown-fact")
_WRONG = ("bad-mark", "kept-too-much", "empty-fact")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029]")


def failed(kind: Kind, code: str, context: Context, **values: Any) -> FunctionFailed:
    """With the sentence `function.CODE`, in the person's language."""
    return FunctionFailed(kind, code, text(f"function.{code}", context.language, **values))


async def from_vault(node: Node, context: Context, work: Callable[..., T], /, *arguments: Any, **named: Any) -> T:
    """Blocking work on the vault, in a worker thread.  Errors: FunctionFailed for what the vault refuses."""
    try:
        return await node.blocking(work, *arguments, **named)
    except (VaultError, BadFilter) as error:
        raise refused(error, context) from error


def refused(error: VaultError | BadFilter | CommandFailed, context: Context) -> FunctionFailed:
    """What the vault refuses, as a call fails of it."""
    code = errors.code(error)
    kind: Kind = "OSError"
    if isinstance(error, BadFilter) or code in _WRONG:
        kind = "ValueError"
    elif code in _ABSENT:
        kind = "LookupError"
    return FunctionFailed(kind, code, errors.sentence(error, context.language))


def one_line(value: str) -> bool:
    """Whether it may stand on one line: without line breaks, tabs, other control characters and lone surrogates."""
    return _is_unicode(value) and not _CONTROL.search(value) and not set(value) & {"\n", "\r", "\t"}


class Given:
    """Errors of every method, and of the constructor: FunctionFailed("ValueError", "bad-argument")."""

    def __init__(self, context: Context, arguments: Mapping[str, Any], *names: str) -> None:
        """`names`: the ones that there are; None stands for an argument that was left out."""
        self._context = context
        self._given = {name: value for name, value in arguments.items() if value is not None}
        for name in arguments:
            if name not in names:
                raise failed("ValueError", "unknown-argument", context, name=str(name)[:80])

    def has(self, name: str) -> bool:
        return name in self._given

    def text(
        self, name: str, default: Any = _MISSING, *, most: int = MAX_TEXT, line: bool = False, strict: bool = True
    ) -> str:
        """`line`: without line breaks or tabs.  `strict`: without other control characters, which else become spaces.
        Lone surrogates are never taken."""
        value = self._value(name, default)
        if not isinstance(value, str) or len(value) > most or not _is_unicode(value):
            raise self.wrong(name, "text", most=most)
        if not strict:
            return _CONTROL.sub(" ", value)
        if _CONTROL.search(value) or (line and not one_line(value)):
            raise self.wrong(name, "line" if line else "text", most=most)
        return value

    def number(self, name: str, default: int, low: int, high: int) -> int:
        value = self._value(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self.wrong(name, "number", low=low, high=high)
        return value

    def flag(self, name: str, default: Any = _MISSING) -> bool:
        value = self._value(name, default)
        if not isinstance(value, bool):
            raise self.wrong(name, "flag")
        return value

    def texts(self, name: str, default: Any = _MISSING, *, most: int, each: int) -> list[str]:
        """A text or a list of texts, each one line."""
        value = self._value(name, default)
        held = [value] if isinstance(value, str) else value
        if not isinstance(held, list | tuple) or len(held) > most:
            raise self.wrong(name, "texts", most=most)
        return [Given(self._context, {name: one}, name).text(name, most=each, line=True) for one in held]

    def moment(self, name: str, *, end: bool = False) -> float | None:
        """Seconds since the epoch of a moment or of a day's beginning, in the person's time; with `end` of the day's
        end.  None where it was not given."""
        if not self.has(name):
            return None
        return moment(self.text(name, most=40, line=True), self._context, name, end=end)

    def wrong(self, name: str, wanted: str, **values: Any) -> FunctionFailed:
        must = text(f"function.must.{wanted}", self._context.language, **values)
        return failed("ValueError", "bad-argument", self._context, name=name, must=must)

    def _value(self, name: str, default: Any) -> Any:
        if name in self._given:
            return self._given[name]
        if default is _MISSING:
            raise failed("ValueError", "missing-argument", self._context, name=name)
        return default


def moment(value: str, context: Context, name: str, *, end: bool = False) -> float:
    """Errors: FunctionFailed ValueError."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            day = date.fromisoformat(value) + timedelta(days=int(end))
            return clock.aware(datetime.combine(day, time()), context.now).timestamp()
        at = datetime.fromisoformat(value)
        return (at if at.tzinfo else clock.aware(at, context.now)).timestamp()
    except (ValueError, OverflowError, OSError) as error:
        must = text("function.must.moment", context.language)
        raise failed("ValueError", "bad-argument", context, name=name, must=must) from error


def iso(at: float | None) -> str | None:
    """A moment as skills get it."""
    if at is None:
        return None
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return None


def shortened(found: str, most: int) -> str:
    """The first words, in one line."""
    line = " ".join(found.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def _is_unicode(value: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in value)
