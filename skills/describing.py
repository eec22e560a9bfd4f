"""The part of skill.toml that is for choosing an entry and filling it: [title], [about], [arguments.ENTRY], [examples].

All of it reaches the person's eyes and the model's prompt: bounded, on one line each, without hidden characters.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, cast, get_args

from skills.declared import Argument, ArgumentType, Text
from skills.wording import character, did_you_mean, hidden_character, shown

MAX_TITLE = 64  # characters, as of a name
MAX_ABOUT = 200
MAX_EXAMPLE = 200
MAX_EXAMPLES = 40  # of an entry: up to 20 in each language
MAX_ARGUMENTS = 10  # of an entry
MAX_CHOICES = 20
KEYS = ("title", "about", "arguments", "examples")
TYPES: tuple[str, ...] = get_args(ArgumentType)
GIVEN = ("language", "record", "task")  # what an entry gets otherwise
_LANGUAGES = ("en", "fr")
_FIELDS = ("type", "about", "required", "choices")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
Say = Callable[[str, str, str], None]  # code, field, sentence


def read_text(value: object, field: str, most: int, say: Say) -> Text:
    """`{ en = "…", fr = "…" }`, both said; an empty Text where anything is wrong with it."""
    if not isinstance(value, dict):
        say("wrong-kind", field, f"{shown(field)} is a table with the texts 'en' and 'fr'.")
        return Text()
    for key in value:
        if key not in _LANGUAGES:
            say("unknown-key", field, f"{shown(key)} is no language of {shown(field)}: there are 'en' and 'fr'.")
    texts = [_line(value.get(language), f"{field}.{language}", most, say) for language in _LANGUAGES]
    return Text(*texts) if all(texts) else Text()


def read_examples(
    value: object, entries: Collection[str], asked: Collection[str], say: Say
) -> dict[str, tuple[str, ...]]:
    """By entry.  `asked`: the entries that run on a request."""
    found: dict[str, tuple[str, ...]] = {}
    for name, listed in _table(value, "examples", say).items():
        field = f"examples.{shown(name)[1:-1]}"
        if name not in entries:
            say("no-entry", field, f"{shown(name)} is no entry of this skill.{did_you_mean(name, entries)}")
        elif name not in asked:
            say("no-request", field, f"{shown(name)} has examples, but no trigger runs it on a request.")
        found[name] = _lines(listed, field, MAX_EXAMPLES, MAX_EXAMPLE, say)
    return found


def read_arguments(
    value: object, functions: Mapping[str, ast.arguments], entries: Mapping[str, str], say: Say
) -> dict[str, tuple[Argument, ...]]:
    """By entry.  `entries`: the function of each; `functions`: the parameters of each of the program."""
    found: dict[str, tuple[Argument, ...]] = {}
    for name, table in _table(value, "arguments", say).items():
        field = f"arguments.{shown(name)[1:-1]}"
        if name not in entries:
            say("no-entry", field, f"{shown(name)} is no entry of this skill.{did_you_mean(name, entries)}")
            continue
        listed = _table(table, field, say)
        if len(listed) > MAX_ARGUMENTS:
            say("too-long", field, f"{shown(field)} has at most {MAX_ARGUMENTS} arguments.")
            continue
        read = [_argument(key, one, f"{field}.{shown(key)[1:-1]}", say) for key, one in listed.items()]
        found[name] = tuple(one for one in read if one is not None)
        if (parameters := functions.get(entries[name])) is not None:
            _check(found[name], parameters, entries[name], field, say)
    return found


def _argument(name: str, value: object, field: str, say: Say) -> Argument | None:
    if not _NAME.fullmatch(name) or keyword.iskeyword(name) or name in GIVEN:
        given = f" {', '.join(GIVEN)} are given anyhow." if name in GIVEN else ""
        say("bad-name", field, f"{shown(name)} is no name of an argument: 1 to 40 of a-z, 0-9 and _.{given}")
        return None
    table = _table(value, field, say)
    for key in table:
        if key not in _FIELDS:
            hint = did_you_mean(key, _FIELDS)
            say("unknown-key", field, f"{shown(key)} is no field of an argument.{hint}")
    kind = table.get("type")
    if kind not in TYPES:
        hint = did_you_mean(kind, TYPES) if isinstance(kind, str) else ""
        say("bad-type", field, f"The 'type' of an argument is one of {', '.join(TYPES)}.{hint}")
        return None
    required = table.get("required", False)
    if not isinstance(required, bool):
        say("wrong-kind", field, "'required' is true or false.")
        required = False
    about = read_text(table.get("about", {}), f"{field}.about", MAX_ABOUT, say)
    return Argument(name, cast(ArgumentType, kind), about, required, _choices(kind, table, field, say))


def _choices(kind: str, table: Mapping[str, Any], field: str, say: Say) -> tuple[str, ...]:
    if kind != "choice":
        if "choices" in table:
            say("unknown-key", field, "Only an argument of type 'choice' has 'choices'.")
        return ()
    choices = _lines(table.get("choices", []), f"{field}.choices", MAX_CHOICES, MAX_TITLE, say)
    if len(choices) < 2 or len(set(choices)) < len(choices):
        say("bad-choices", field, "A choice is between two or more different texts.")
    return choices


def _check(arguments: tuple[Argument, ...], parameters: ast.arguments, function: str, field: str, say: Say) -> None:
    """That the function can be called with what is declared, and without what may be left out."""
    positional = parameters.args
    optional = (
        {one.arg for one in positional[len(positional) - len(parameters.defaults) :]} if parameters.defaults else set()
    )
    optional |= {
        one.arg
        for one, default in zip(parameters.kwonlyargs, parameters.kw_defaults, strict=True)
        if default is not None
    }
    taken = {one.arg for one in (*positional, *parameters.kwonlyargs)}
    for one in arguments:
        where = f"{field}.{one.name}"
        if parameters.kwarg is None and one.name not in taken:
            hint = did_you_mean(one.name, taken)
            say("no-parameter", where, f"{shown(function)} has no parameter {shown(one.name)}.{hint}")
        elif not one.required and one.name in taken and one.name not in optional:
            say("no-default", where, f"{shown(one.name)} may be left out: its parameter needs a default.")


def _table(value: object, field: str, say: Say) -> Mapping[str, Any]:
    if isinstance(value, dict):
        return value
    say("wrong-kind", field, f"{shown(field)} is not a table.")
    return {}


def _lines(value: object, field: str, most: int, longest: int, say: Say) -> tuple[str, ...]:
    if not isinstance(value, list):
        say("wrong-kind", field, f"{shown(field)} is not a list.")
        return ()
    if len(value) > most:
        say("too-long", field, f"{shown(field)} has at most {most} items.")
        return ()
    return tuple(line for number, one in enumerate(value, 1) if (line := _line(one, f"{field}.{number}", longest, say)))


def _line(value: object, field: str, most: int, say: Say) -> str:
    if not isinstance(value, str) or not value.strip():
        say("missing", field, f"{shown(field)} needs a text.")
    elif len(value) > most:
        say("too-long", field, f"{shown(field)} has at most {most} characters.")
    elif "\n" in value or "\r" in value or "\t" in value:
        say("not-one-line", field, f"{shown(field)} stands on one line.")
    elif hidden := hidden_character(value):
        say("hidden-character", field, f"{shown(field)} holds a character that nobody sees: {character(hidden)}.")
    else:
        return value.strip()
    return ""
