"""docs/threat-model.md promises nothing that no test holds."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.paths import ROOT

TEXT = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
NAMED = re.compile(r"tests/[a-z0-9_/]+\.py(?:::\w+)?")


def section(title: str, text: str = TEXT) -> str:
    found = re.search(rf"^## {title}$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None, f"there is no section {title}"
    return found[1]


def bullets(text: str) -> list[str]:
    """Every list item whole, over its lines."""
    return [item.strip() for item in re.split(r"^- |^#.*$|\n\n", text, flags=re.MULTILINE) if item.strip()]


def exists(name: str, root: Path = ROOT) -> bool:
    path, _, function = name.partition("::")
    file = root / path
    if not file.is_file():
        return False
    tree = ast.parse(file.read_text(encoding="utf-8"))
    functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    return not function or function in functions


@pytest.mark.parametrize("name", sorted(set(NAMED.findall(TEXT))))
def test_every_test_that_is_named_exists(name: str) -> None:
    assert exists(name)


@pytest.mark.parametrize("line", bullets(section("Cannot")), ids=lambda line: line[:60])
def test_whatever_is_said_to_be_impossible_names_its_test(line: str) -> None:
    assert any("::" in name for name in NAMED.findall(line))


def test_no_line_is_a_plan() -> None:
    assert not re.search(r"\b(planned|later|to-?do|to be done|not yet)\b", section("Cannot"), re.IGNORECASE)


def test_a_line_without_a_test_and_a_test_that_is_not_there_are_found() -> None:
    """Proof that the tests above can fail."""
    text = (
        "## Cannot\n\n### Somebody\n- do this: `tests/unit/test_threat_model.py::exists`\n- do that\n\n## Can\n- all\n"
    )
    first, second = bullets(section("Cannot", text))
    assert [exists(name) for name in NAMED.findall(first)] == [True]
    assert NAMED.findall(second) == []
    assert not exists("tests/unit/test_threat_model.py::nothing")
    assert not exists("tests/unit/nothing.py::exists")
