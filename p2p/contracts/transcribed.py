"""Interfaces as the standards print them: declarations in Solidity's notation, read into ABIs (`interfaces/*.sol`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

INTERFACES = Path(__file__).parent / "interfaces"
Entry = dict[str, Any]

_DECLARATION = re.compile(
    r"(?P<kind>function|event|error) (?P<name>\w+)\((?P<inputs>[^)]*)\)(?P<rest>[^()\n]*)"
    r"(?:returns \((?P<outputs>[^)]*)\))?"
)
_STRUCT = re.compile(r"struct (?P<name>\w+) \{(?P<fields>[^}]*)\}")
_LOCATIONS = frozenset({"memory", "calldata", "storage"})
_MUTABILITIES = ("view", "pure", "payable")


def interface(name: str) -> list[Entry]:
    """The ABI of `interfaces/<name>.sol`: every declaration in its order, results with their names."""
    return parsed((INTERFACES / f"{name}.sol").read_text("utf-8"))


def parsed(text: str) -> list[Entry]:
    """The ABI of functions, events and errors declared in Solidity. Raises ValueError for any other line."""
    text = re.sub(r"//[^\n]*", "", text)
    structs = {found["name"]: found["fields"] for found in _STRUCT.finditer(text)}
    text = _STRUCT.sub("", text)
    entries = []
    for line in filter(None, (line.strip(" ;") for line in text.splitlines())):
        found = _DECLARATION.fullmatch(line)
        if found is None:
            raise ValueError(f"no declaration: {line}")
        entries.append(_entry(found, structs))
    return entries


def signature(entry: Entry) -> str:
    """`name(type,type)`, of which selector and topic are hashes."""
    return f"{entry.get('name', '')}({','.join(map(_canonical, entry['inputs']))})"


def with_names(abi: list[Entry], meant: list[Entry]) -> list[Entry]:
    """The compiler's ABI with the interface's names.

    Vyper gives results no names and refuses some (`value`) for arguments. Names are not part of what is sent; types
    are, and an entry whose types or mutability differ from its interface's is left as the compiler gave it.
    """
    known = {(entry["type"], signature(entry)): entry for entry in meant}
    return [_named(entry, known.get((entry["type"], signature(entry)))) for entry in abi]


def nameless(value: Any) -> Any:
    """An entry, or a part of one, without the names of arguments, results and fields."""
    if isinstance(value, list):
        return [nameless(item) for item in value]
    if isinstance(value, dict):
        left_out = () if value.get("type") in ("function", "event") else ("name",)
        return {key: nameless(item) for key, item in value.items() if key not in left_out}
    return value


def _named(entry: Entry, meant: Entry | None) -> Entry:
    return meant if meant is not None and nameless(meant) == nameless(entry) else entry


def _entry(found: re.Match[str], structs: dict[str, str]) -> Entry:
    entry: Entry = {"type": found["kind"], "name": found["name"]}
    entry["inputs"] = list(_parameters(found["inputs"], structs, event=found["kind"] == "event"))
    if found["kind"] == "function":
        entry["outputs"] = list(_parameters(found["outputs"] or "", structs))
        words = found["rest"].split()
        entry["stateMutability"] = next((word for word in _MUTABILITIES if word in words), "nonpayable")
    if found["kind"] == "event":
        entry["anonymous"] = False
    return entry


def _parameters(text: str, structs: dict[str, str], *, event: bool = False) -> Iterator[Entry]:
    for part in filter(None, (part.strip() for part in text.split(","))):
        kind, *rest = part.split()
        names = [word for word in rest if word not in _LOCATIONS and word != "indexed"]
        parameter = {"name": names[0] if names else "", **_type(kind, structs)}
        if event:
            parameter["indexed"] = "indexed" in rest
        yield parameter


def _type(kind: str, structs: dict[str, str]) -> Entry:
    base, brackets, _ = kind.partition("[")
    array = kind[len(base) :] if brackets else ""
    if base in structs:
        fields = structs[base].replace(";", ",").replace("\n", " ")
        return {"type": "tuple" + array, "components": list(_parameters(fields, structs))}
    return {"type": ("uint256" if base == "uint" else base) + array}


def _canonical(parameter: Entry) -> str:
    kind: str = parameter["type"]
    if kind.startswith("tuple"):
        return f"({','.join(map(_canonical, parameter['components']))}){kind.removeprefix('tuple')}"
    return kind
