"""The program of a skill: main.py, or the files that skill.toml names, joined in that order before they run.

Each is Python by itself, and is parsed, never run.  Joined they have one name space, as one file has.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from skills.limits import MAX_PROGRAM
from skills.wording import shown

MAIN = "main.py"
FIELD = "program"
MAX_FILES = 10
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,59}\.py")
_LINE_END = re.compile(r"\r\n|\r|\n")
Say = Callable[[str, str, str], None]  # code, field, sentence
Functions = Mapping[str, ast.arguments]


@dataclass(frozen=True)
class Program:
    """`files`: name and text of each, in order."""

    files: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """What runs.  Of a single file it is the file, to the letter."""
        return "\n".join(text for _, text in self.files)

    def place(self, line: int) -> tuple[str, int]:
        """The file that a line of `text` stands in, and its line there; both are counted from 1."""
        name, before, text = MAIN, 0, ""
        for name, own in self.files:
            text += own + "\n"
            ends = len(_LINE_END.findall(text))
            if line <= ends or name == self.files[-1][0]:
                break
            before = ends
        return name, line - before


def joined(files: Mapping[str, bytes], names: Iterable[str]) -> Program:
    """Of files that were found valid."""
    return Program(tuple((name, files[name].decode("utf-8")) for name in names if name in files))


def outside(path: str) -> bool:
    """Whether it leads out of the folder, on any system."""
    return path.startswith(("/", "\\", "~")) or ".." in re.split(r"[/\\]", path) or path[1:2] == ":"


def read_names(value: object, say: Say) -> tuple[str, ...]:
    """What `program` names; main.py where it names nothing that can be."""
    if not isinstance(value, list):
        say("wrong-kind", FIELD, f'{shown(FIELD)} is a list of files: ["dates.py", "main.py"].')
    elif not value:
        say("missing", FIELD, "A program has at least one file.")
    elif len(value) > MAX_FILES:
        say("too-long", FIELD, f"A program has at most {MAX_FILES} files.")
    else:
        named = [one for one in value if _is_file(one, say)]
        for name in sorted({one for one in named if named.count(one) > 1}):
            say("repeated", FIELD, f"{shown(name)} stands there twice.")
        return tuple(dict.fromkeys(named)) or (MAIN,)
    return (MAIN,)


def read_functions(files: Mapping[str, bytes], names: Iterable[str], say: Say) -> Mapping[str, Functions]:
    """By file the functions at its top level, with their parameters.  `say` gets a file in place of a field."""
    there = {name: files[name] for name in names if name in files}
    if sum(map(len, there.values())) + len(there) - 1 > MAX_PROGRAM:  # a line's end joins two
        say(
            "file-too-large", "".join(there) if len(there) == 1 else "", f"A program has at most {MAX_PROGRAM:,} bytes."
        )
        return {}
    functions, owners = {}, dict[str, str]()
    for name, content in there.items():
        body = _parsed(name, content, say)
        functions[name] = {
            node.name: node.args for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        for given in sorted({given for node in body for given in _given(node)}):
            owner = owners.setdefault(given, name)
            if owner != name:
                say("repeated", name, f"{owner} has a {shown(given)} too, which this one would replace.")
    return functions


def _is_file(value: object, say: Say) -> bool:
    if not isinstance(value, str):
        say("wrong-kind", FIELD, "A file of a program is a text.")
    elif outside(value):
        say("path-outside", FIELD, f"{shown(value)} is outside the skill's folder.")
    elif not _NAME.fullmatch(value):
        rule = "1 to 60 of a-z, 0-9, _ and -, beginning with a letter, then .py, right in the skill's folder"
        say("bad-program-file", FIELD, f"{shown(value)} is no file of a program: {rule}.")
    else:
        return True
    return False


def _parsed(name: str, content: bytes, say: Say) -> list[ast.stmt]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            return ast.parse(content.decode("utf-8")).body
    except UnicodeDecodeError:
        say("not-utf-8", name, f"{name} is not UTF-8 text.")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = f" (line {error.lineno})" if isinstance(error, SyntaxError) and error.lineno else ""
        say("bad-program", name, f"{name} is not Python{line}.")
    return []


def _given(node: ast.stmt) -> list[str]:
    """The names that a statement at the top level gives to what it makes."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]
