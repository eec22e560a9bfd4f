"""skill.toml: what runs, when, and what it may touch.  And its program: that it is there and holds what is named."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast, get_args

from skills import describing
from skills.api import Entry, Occasion, Permission, Problem, Trigger
from skills.declared import NOTHING, Text
from skills.permissions import BadPermission, parse_permission
from skills.program import FIELD, MAIN, Functions, Say, outside, read_functions, read_names
from skills.wording import did_you_mean, shown

FILE = "skill.toml"
MAX_SIZE = 64 * 1024  # bytes
MAX_LINE = 1000  # bytes; tomllib needs 38 s for one dotted key of 64 KB
MAX_ENTRIES = 50  # of each list
MAX_VERSION = 64  # characters
KEYS = ("version", "permissions", FIELD, "entry", "triggers", *describing.KEYS)
TRIGGERS: tuple[str, ...] = get_args(Occasion)
_TRIGGER_KEYS = ("on", "run", "at")
# Semantic Versioning 2.0.0: three numbers without leading zeros, pre-release, build.
_NUMBER = r"(0|[1-9][0-9]{0,8})"
_PRE = r"(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
VERSION = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(-{_PRE}(\.{_PRE})*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?")
_ENTRY_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


@dataclass(frozen=True)
class Declaration:
    """`programs`: the files of the program that there may be, in order."""

    version: str = ""
    programs: tuple[str, ...] = (MAIN,)
    entries: tuple[Entry, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    permissions: tuple[Permission, ...] = ()
    title: Text = NOTHING
    about: Text = NOTHING


def read_declaration(content: bytes, files: Mapping[str, bytes]) -> tuple[Declaration, tuple[Problem, ...]]:
    """All that skill.toml says and all that is wrong with it and with its program, one of `files`.  Never raises."""
    problems: list[Problem] = []

    def say(code: str, field: str, sentence: str) -> None:
        problems.append(Problem(code, f"{FILE}:{field}" if field else FILE, sentence))

    def of_file(code: str, file: str, sentence: str) -> None:
        problems.append(Problem(code, file or f"{FILE}:{FIELD}", sentence))

    table = _table(content, say)
    if table is None:
        return Declaration(), tuple(problems)
    for key in table:
        if key not in KEYS:
            say("unknown-key", shown(key)[1:-1], f"{shown(key)} is no field of {FILE}.{did_you_mean(key, KEYS)}")
    programs = read_names(table[FIELD], say) if FIELD in table else (MAIN,)
    by_file = read_functions(files, programs, of_file)
    _check_there(files, programs, table, say)
    functions = {name: arguments for held in by_file.values() for name, arguments in held.items()}
    entries = _entries(table.get("entry", {}), programs, by_file, say)
    triggers = _triggers(table.get("triggers", []), {entry.name for entry in entries}, say)
    read = Declaration(
        version=_version(table.get("version"), say),
        programs=programs,
        entries=_described(table, entries, triggers, functions, say),
        triggers=triggers,
        permissions=_permissions(table.get("permissions", []), say),
        title=_said(table, "title", describing.MAX_TITLE, say),
        about=_said(table, "about", describing.MAX_ABOUT, say),
    )
    return read, tuple(problems)


def _check_there(files: Mapping[str, bytes], programs: tuple[str, ...], table: Mapping[str, Any], say: Say) -> None:
    there = [name for name in programs if name in files]
    if FIELD in table:
        for name in programs:
            if name not in files:
                say("no-file", FIELD, f"There is no {name}.{did_you_mean(name, files)}")
    if there and not table.get("entry"):
        say("unused-program", "entry", f"There is a {there[-1]}, but no entry names a function of it.")


def _described(
    table: Mapping[str, Any],
    entries: tuple[Entry, ...],
    triggers: tuple[Trigger, ...],
    functions: Functions,
    say: Say,
) -> tuple[Entry, ...]:
    """The entries with their arguments and examples."""
    by_name = {entry.name: entry.function for entry in entries}
    arguments = describing.read_arguments(table.get("arguments", {}), functions, by_name, say)
    asked = {trigger.run for trigger in triggers if trigger.on == "request"}
    examples = describing.read_examples(table.get("examples", {}), by_name, asked, say)
    return tuple(
        replace(one, arguments=arguments.get(one.name, ()), examples=examples.get(one.name, ())) for one in entries
    )


def _said(table: Mapping[str, Any], field: str, most: int, say: Say) -> Text:
    if field in table:
        return describing.read_text(table[field], field, most, say)
    if table.get("examples"):
        say("missing", field, f"What the agent may choose by itself needs a [{field}].")
    return Text()


def _table(content: bytes, say: Say) -> Mapping[str, Any] | None:
    if len(content) > MAX_SIZE:
        say("file-too-large", "", f"{FILE} has at most {MAX_SIZE:,} bytes.")
        return None
    if any(len(line) > MAX_LINE for line in content.split(b"\n")):
        say("line-too-long", "", f"A line of {FILE} has at most {MAX_LINE:,} bytes.")
        return None
    try:
        return tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError:
        say("not-utf-8", "", f"{FILE} is not UTF-8 text.")
    except tomllib.TOMLDecodeError as error:
        say("bad-toml", "", f"{FILE} is not TOML: {shown(str(error))[1:-1]}.")
    except (ValueError, RecursionError):  # numbers of thousands of digits, brackets without end
        say("bad-toml", "", f"{FILE} is not TOML.")
    return None


def _version(value: object, say: Say) -> str:
    if isinstance(value, str) and len(value) <= MAX_VERSION and VERSION.fullmatch(value):
        return value
    if value is None:
        say("missing", "version", 'A skill needs a version, for example version = "1.0.0".')
    else:
        given = shown(value) if isinstance(value, str) else "This"
        say("bad-version", "version", f"{given} is no version: a text of the form '1.2.3' (semver.org).")
    return ""


def _list(value: object, field: str, say: Say) -> list[Any]:
    if not isinstance(value, list):
        say("wrong-kind", field, f"{shown(field)} is not a list.")
        return []
    if len(value) > MAX_ENTRIES:
        say("too-long", field, f"{shown(field)} has at most {MAX_ENTRIES} items.")
        return []
    return value


def _permissions(value: object, say: Say) -> tuple[Permission, ...]:
    found: dict[str, Permission] = {}
    for item in _list(value, "permissions", say):
        if not isinstance(item, str):
            say("wrong-kind", "permissions", "A permission is a text.")
            continue
        try:
            permission = parse_permission(item)
        except BadPermission as error:
            say(error.code, "permissions", str(error))
            continue
        if str(permission) in found:
            say("repeated", "permissions", f"{shown(item)} stands there twice.")
        found[str(permission)] = permission
    return tuple(found.values())


def _entries(value: object, programs: tuple[str, ...], by_file: Mapping[str, Functions], say: Say) -> tuple[Entry, ...]:
    if not isinstance(value, dict):
        say("wrong-kind", "entry", "'entry' is not a table.")
        return ()
    if len(value) > MAX_ENTRIES:
        say("too-long", "entry", f"'entry' has at most {MAX_ENTRIES} items.")
        return ()
    return tuple(entry for name, target in value.items() if (entry := _entry(name, target, programs, by_file, say)))


def _entry(
    name: str, target: object, programs: tuple[str, ...], by_file: Mapping[str, Functions], say: Say
) -> Entry | None:
    field = f"entry.{shown(name)[1:-1]}"
    if not _ENTRY_NAME.fullmatch(name):
        say("bad-name", field, f"{shown(name)} is no name of an entry: 1 to 40 lower-case letters, digits, hyphens.")
        return None
    file, colon, function = target.rpartition(":") if isinstance(target, str) else ("", "", "")
    if outside(file):
        say("path-outside", field, f"{shown(file)} is outside the skill's folder.")
    elif file not in programs or not colon:
        say("bad-entry", field, f'An entry names a function of the program: "{programs[-1]}:run".')
    elif function not in (functions := by_file.get(file, {})):
        hint = did_you_mean(function, functions)
        say("no-function", field, f"{file} has no function {shown(function)} at its top level.{hint}")
    else:
        return Entry(name, function)
    return None


def _triggers(value: object, entries: set[str], say: Say) -> tuple[Trigger, ...]:
    found = []
    for number, item in enumerate(_list(value, "triggers", say), 1):
        field = f"triggers.{number}"
        if not isinstance(item, dict):
            say("wrong-kind", field, "A trigger is a table.")
        elif trigger := _trigger(item, field, entries, say):
            found.append(trigger)
    return tuple(found)


def _trigger(item: dict[str, Any], field: str, entries: set[str], say: Say) -> Trigger | None:
    on, run, at = (_text(item.get(key)) for key in _TRIGGER_KEYS)
    wrong = []
    for key in item:
        if key not in _TRIGGER_KEYS:
            hint = did_you_mean(key, _TRIGGER_KEYS)
            wrong.append(("unknown-key", f"{shown(key)} is no field of a trigger.{hint}"))
    if on not in TRIGGERS:
        hint = did_you_mean(on, TRIGGERS)
        wrong.append(("bad-trigger", f"A trigger is 'on' one of {', '.join(TRIGGERS)}.{hint}"))
    if run not in entries:
        wrong.append(("no-entry", f"'run' names no entry of this skill.{did_you_mean(run, entries)}"))
    if on == "schedule" and not _TIME.fullmatch(at):
        wrong.append(("bad-time", 'A schedule needs a local time of day, for example at = "07:30".'))
    if on != "schedule" and "at" in item:
        wrong.append(("bad-time", "Only a schedule has an 'at'."))
    for code, sentence in wrong:
        say(code, field, sentence)
    return None if wrong else Trigger(cast(Occasion, on), run, at or None)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
