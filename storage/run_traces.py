"""What runs of skills lose when a record is forgotten."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

from storage import gaps
from storage.database import Connection
from storage.gaps import GAP, Traces

_TEXTS = ("inputs", "value", "taint", "binding")  # JSON
_PLAIN = ("sentence", "printed")


def said(connection: Connection) -> Iterator[str]:
    """Every text in which something of a record may stand."""
    for *held, sentence, printed in connection.execute(
        "SELECT inputs, value, taint, binding, sentence, printed FROM run"
    ).fetchall():
        for text in held:
            yield from gaps.strings(json.loads(text))
        yield from (sentence, printed)
    for (arguments,) in connection.execute("SELECT arguments FROM run_call").fetchall():
        yield from gaps.strings(json.loads(arguments))


def forget(connection: Connection, numbers: Collection[int], names: Collection[str], traces: Traces) -> None:
    """Within a write, before the records go.  A run that rests on one of them keeps its place in the log and nothing
    that it was given, asked, said or returned; of the others goes what they repeat."""
    made = {
        one
        for (one,) in connection.execute(
            "SELECT run FROM run_record WHERE record IN (SELECT value FROM json_each(?))", (json.dumps(list(numbers)),)
        ).fetchall()
    }
    for run in made:
        connection.execute(
            """UPDATE run SET inputs = '{}', value = 'null', sentence = '', printed = '', binding = '{}',
            state = iif(state = 'waiting', 'failed', state), code = iif(state = 'waiting', 'approval-expired', code)
            WHERE id = ?""",
            (run,),
        )
        connection.execute("UPDATE run_call SET arguments = '{}' WHERE run = ?", (run,))
    _clean_runs(connection, names, traces)
    for run, number, arguments in connection.execute("SELECT run, number, arguments FROM run_call").fetchall():
        cleaned = _without(json.loads(arguments), traces)
        if cleaned != json.loads(arguments):
            connection.execute(
                "UPDATE run_call SET arguments = ? WHERE run = ? AND number = ?", (_json(cleaned), run, number)
            )


def _clean_runs(connection: Connection, names: Collection[str], traces: Traces) -> None:
    columns = (*_TEXTS, *_PLAIN)
    for run, *held in connection.execute(f"SELECT id, {', '.join(columns)} FROM run").fetchall():  # noqa: S608
        texts = dict(zip(columns, held, strict=True))
        kept = {name: _json(_without(_unsourced(json.loads(texts[name]), names), traces)) for name in _TEXTS}
        kept |= {name: gaps.without_runs(texts[name], traces) for name in _PLAIN}
        for name, text in kept.items():
            if text != texts[name]:
                connection.execute(f"UPDATE run SET {name} = ? WHERE id = ?", (text, run))  # noqa: S608


def _unsourced(value: Any, names: Collection[str]) -> Any:
    """A taint without what it says of these records: that there was something stays."""
    if isinstance(value, dict) and isinstance(value.get("sources"), list):
        return value | {"sources": [_gone(one) if _names(one, names) else one for one in value["sources"]]}
    return value


def _names(source: Any, names: Collection[str]) -> bool:
    return isinstance(source, list) and len(source) > 1 and source[1] in names


def _gone(source: list[Any]) -> list[Any]:
    return [source[0], "", GAP, "", False]


def _without(value: Any, traces: Traces) -> Any:
    if isinstance(value, str):
        return gaps.without_runs(value, traces)
    if isinstance(value, dict):
        return {_without(key, traces): _without(held, traces) for key, held in value.items()}
    if isinstance(value, list):
        return [_without(held, traces) for held in value]
    return value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
