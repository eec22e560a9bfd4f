"""SKILL.md: YAML front matter and Markdown, as the Agent Skills specification has it (agentskills.io/specification).

Of YAML only what that needs is taken: one map of scalars, one inner map, one list.  Scalars stay text, so that a
version `1.10` is not the number 1.1.  Anchors and aliases (bombs), tags and repeated keys are refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import yaml

from skills.api import Problem
from skills.wording import character, did_you_mean, hidden_character, shown

FILE = "SKILL.md"
MAX_SIZE = 256 * 1024  # bytes
MAX_FRONT = 16 * 1024  # characters
MAX_NAME, MAX_DESCRIPTION, MAX_COMPATIBILITY, MAX_LICENSE, MAX_ITEMS = 64, 1024, 500, 500, 100
_MAX_DEPTH = 3
KEYS = ("name", "description", "license", "compatibility", "metadata", "allowed-tools")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_FENCE = re.compile(r"^---[ \t]*$", re.MULTILINE)
_LINK = re.compile(r"\]\(\s*<?([^)\s>]+)")
Say = Callable[[str, str, str], None]  # code, field, sentence
Value = str | tuple[str, ...] | dict[str, str]


@dataclass(frozen=True)
class Instructions:
    """What SKILL.md says; fields that were wrong are empty, and then there is a problem."""

    name: str = ""
    description: str = ""
    license: str = ""
    compatibility: str = ""
    metadata: tuple[tuple[str, str], ...] = ()
    allowed_tools: tuple[str, ...] = ()
    body: str = ""


def read_instructions(content: bytes, folder_name: str | None) -> tuple[Instructions, tuple[Problem, ...]]:
    """All that SKILL.md says and all that is wrong with it; `folder_name` is None in an archive.  Never raises."""
    problems: list[Problem] = []

    def say(code: str, field: str, sentence: str) -> None:
        problems.append(Problem(code, f"{FILE}:{field}" if field else FILE, sentence))

    text = _text(content, say)
    front, body = _split(text, say) if text is not None else (None, "")
    if front is None:
        return Instructions(), tuple(problems)
    fields = _fields(front, say)
    for key in fields:
        if key not in KEYS:
            say("unknown-key", key_shown(key), f"{shown(key)} is no field of SKILL.md.{did_you_mean(key, KEYS)}")
    _check_body(body, say)
    read = Instructions(
        name=_name(fields, folder_name, say),
        description=_line(fields, "description", MAX_DESCRIPTION, say, required=True),
        license=_line(fields, "license", MAX_LICENSE, say),
        compatibility=_line(fields, "compatibility", MAX_COMPATIBILITY, say),
        metadata=_metadata(fields.get("metadata", {}), say),
        allowed_tools=_tools(fields.get("allowed-tools", ""), say),
        body=body,
    )
    return read, tuple(problems)


def key_shown(key: str) -> str:
    """A key as it may stand in `Problem.where`."""
    return shown(key)[1:-1]


def _text(content: bytes, say: Say) -> str | None:
    if len(content) > MAX_SIZE:
        say("file-too-large", "", f"SKILL.md has at most {MAX_SIZE:,} bytes.")
        return None
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        say("not-utf-8", "", "SKILL.md is not UTF-8 text.")
        return None


def _split(text: str, say: Say) -> tuple[str | None, str]:
    opening = _FENCE.match(text)
    closing = _FENCE.search(text, opening.end()) if opening else None
    if opening is None or closing is None:
        say("no-front-matter", "", "SKILL.md does not begin with front matter between two lines of '---'.")
        return None, ""
    front = text[opening.end() : closing.start()]
    if len(front) > MAX_FRONT:
        say("front-matter-too-large", "", f"The front matter has at most {MAX_FRONT:,} characters.")
        return None, ""
    return front, text[closing.end() :].strip("\n")


def _fields(front: str, say: Say) -> dict[str, Value]:
    try:
        if wrong := _not_plain(front):
            say("bad-yaml", "", wrong)
            return {}
        root = yaml.compose(front, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        say("bad-yaml", "", f"The front matter is not YAML{f' (line {mark.line + 1})' if mark else ''}.")
        return {}
    except (ValueError, OverflowError, RecursionError):
        say("bad-yaml", "", "The front matter is not YAML.")
        return {}
    if not isinstance(root, yaml.MappingNode):
        say("bad-yaml", "", "The front matter is not a list of fields.")
        return {}
    return {key: value for key, node in _pairs(root, "", say) if (value := _value(key, node, say)) is not None}


def _not_plain(front: str) -> str | None:
    """Why this YAML is more than the format needs, or None.  Errors: yaml.YAMLError and what `_fields` catches.

    Events come one by one: nothing is built of a bomb, and 10,000 nested brackets, which take the parser 14 s, end at
    the fourth.
    """
    depth = 0
    for event in yaml.parse(front, Loader=yaml.SafeLoader):
        if getattr(event, "anchor", None) or getattr(event, "tag", None):
            return "Anchors, aliases and tags are not allowed in the front matter."
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _MAX_DEPTH:
            return "The front matter is nested too deep."
    return None


def _pairs(node: yaml.MappingNode, field: str, say: Say) -> list[tuple[str, yaml.Node]]:
    found: dict[str, yaml.Node] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            say("bad-yaml", field, "A field's name is not plain text.")
        elif key.value in found:
            say("repeated-key", key_shown(key.value), f"{shown(key.value)} stands there twice.")
        else:
            found[key.value] = value
    return list(found.items())


def _value(key: str, node: yaml.Node, say: Say) -> Value | None:
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    if isinstance(node, yaml.MappingNode) and key == "metadata":
        pairs = _pairs(node, key, say)
        if all(isinstance(value, yaml.ScalarNode) for _, value in pairs):
            return {inner: str(value.value) for inner, value in pairs}
    if (
        isinstance(node, yaml.SequenceNode)
        and key == "allowed-tools"
        and all(isinstance(item, yaml.ScalarNode) for item in node.value)
    ):
        return tuple(str(item.value) for item in node.value)
    if key in KEYS:
        say("wrong-kind", key, f"{shown(key)} does not hold the kind of value it should.")
    else:
        return ""  # said to be unknown by the caller
    return None


def _name(fields: Mapping[str, Value], folder_name: str | None, say: Say) -> str:
    name = fields.get("name", "")
    if not isinstance(name, str) or not name:
        say("missing", "name", "A skill needs a name.")
        return ""
    if strange := next((c for c in name if not c.isascii()), None):
        # NFKC and the name of the letter tell the author which of two alike letters it is.
        alike = unicodedata.normalize("NFKC", strange)
        instead = f" In place of {shown(alike)}?" if alike.isascii() else ""
        say("look-alike", "name", f"The name holds {character(strange)}: only a-z, 0-9 and '-' are allowed.{instead}")
        return ""
    if len(name) > MAX_NAME or not _NAME.fullmatch(name):
        say(
            "bad-name",
            "name",
            f"{shown(name)} is no name of a skill: 1 to {MAX_NAME} lower-case letters, digits and single hyphens, "
            "none at the ends.",
        )
        return ""
    if folder_name is not None and name != folder_name:
        say("name-differs", "name", f"The skill is called {shown(name)} and its folder {shown(folder_name)}.")
    return name


def _line(fields: Mapping[str, Value], key: str, limit: int, say: Say, *, required: bool = False) -> str:
    value = fields.get(key)
    if value is None and not required:
        return ""
    text = value.strip() if isinstance(value, str) else ""
    if not text:
        say("missing", key, f"{shown(key)} is empty." if key in fields else f"A skill needs a {key}.")
    elif len(text) > limit:
        say("too-long", key, f"{shown(key)} has at most {limit} characters, not {len(text)}.")
    elif hidden := hidden_character(text):
        say("hidden-character", key, f"{shown(key)} holds {character(hidden)}, which a reader would not see.")
    return text


def _metadata(value: Value, say: Say) -> tuple[tuple[str, str], ...]:
    pairs = tuple(value.items()) if isinstance(value, dict) else ()
    if isinstance(value, str) and value:
        say("wrong-kind", "metadata", "'metadata' is a list of names and values.")
    if len(pairs) > MAX_ITEMS:
        say("too-long", "metadata", f"'metadata' has at most {MAX_ITEMS} entries.")
    if hidden := hidden_character("".join(key + text for key, text in pairs)):
        say("hidden-character", "metadata", f"'metadata' holds {character(hidden)}, which a reader would not see.")
    return pairs


def _tools(value: Value, say: Say) -> tuple[str, ...]:
    tools = tuple(value.split()) if isinstance(value, str) else tuple(value)
    if len(tools) > MAX_ITEMS:
        say("too-long", "allowed-tools", f"'allowed-tools' has at most {MAX_ITEMS} entries.")
    if hidden := hidden_character("".join(tools)):
        say("hidden-character", "allowed-tools", f"'allowed-tools' holds {character(hidden)}.")
    return tools


def _check_body(body: str, say: Say) -> None:
    """The model reads the body: what a person reviewing it would not see must not be in it."""
    if hidden := hidden_character(body):
        say("hidden-character", "", f"The instructions hold {character(hidden)}, which a reader would not see.")
    for target in _LINK.findall(body):
        path = target.split("#")[0]
        if "://" not in path and (path.startswith(("/", "\\", "~")) or ".." in re.split(r"[/\\]", path)):
            say("path-outside", "", f"The instructions refer to {shown(path)}, which is outside the skill's folder.")
