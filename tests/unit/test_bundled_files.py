"""The files that the programs of the bundled skills are made of."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import pytest

from tests.unit.bundled_fixtures import BUNDLED

FILES = sorted(BUNDLED.glob("*/*.py"))
MODULES = {"re", "unicodedata", "json", "date", "datetime", "timedelta", "timezone"}


def test_what_skills_share_is_the_same_text_in_each() -> None:
    """A skill is a folder of its own, so it holds a copy; this keeps one from growing away from the others."""
    texts = defaultdict(set)
    for path in FILES:
        if path.name != "main.py":
            texts[path.name].add(path.read_bytes())
    assert [name for name, found in texts.items() if len(found) > 1] == []


def test_something_is_shared() -> None:
    names = [path.name for path in FILES if path.name != "main.py"]
    assert {name for name in names if names.count(name) > 1} == {"folding.py", "letters.py", "names.py", "numerals.py"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_file_has_fewer_than_400_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < 400


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_file_imports_the_modules_it_uses_itself(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    loaded = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    imported = {
        alias.name for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names
    }
    assert loaded & MODULES == imported & MODULES
