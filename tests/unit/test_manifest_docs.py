"""docs/skills.md says what the validator does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from skills import declaration, folder, instructions, limits, program
from skills.api import Occasion
from skills.manifest import validate
from skills.permissions import parse_permission
from tests.paths import ROOT

TEXT = (ROOT / "docs" / "skills.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("text", "sentence"), re.findall(r"^\| `([a-z]+[.:][^`]+)` \| (.+) \|$", TEXT, re.MULTILINE))
def test_every_permission_of_the_table_is_described_as_it_says(text: str, sentence: str) -> None:
    assert parse_permission(text).describe().sentence == sentence


def test_the_table_has_every_kind_of_permission() -> None:
    from skills.permissions import _PARSERS

    assert set(re.findall(r"^\| `([a-z.]+)[:`]", TEXT, re.MULTILINE)) >= set(_PARSERS)


def test_the_example_is_valid(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    root = tmp_path / "morning-digest"
    root.mkdir()
    (root / "SKILL.md").write_text("---\nname: morning-digest\ndescription: Sums up.\n---\n")
    (root / "skill.toml").write_text(example)
    (root / "main.py").write_text("def make_digest(): ...\n")
    assert validate(root).problems == ()


@pytest.mark.parametrize(
    "fact",
    [
        f"at most {instructions.MAX_SIZE // 1024} KiB: front matter",
        f"At most {declaration.MAX_SIZE // 1024} KiB, lines of at most {declaration.MAX_LINE:,} bytes",
        f"At most {folder.MAX_FILES} files and folders, {folder.MAX_FILE >> 20} MiB a file",
        f"{folder.MAX_TOTAL >> 20} MiB together",
        f"{folder.MAX_DEPTH} folders deep, paths of {folder.MAX_PATH} characters",
        f"at most {limits.MAX_PROGRAM // 1024} KiB together, in at most {program.MAX_FILES} files",
        f"1 to {instructions.MAX_NAME} of",
        f"1 to {instructions.MAX_DESCRIPTION:,} characters",
        f"up to {instructions.MAX_ITEMS} names and values",
        *(f"`{occasion}`" for occasion in Occasion.__args__),  # type: ignore[attr-defined]
        *(f"`{key}`" for key in (*instructions.KEYS, "version", "permissions", "program")),
    ],
)
def test_limits_and_fields_stand_in_the_documentation(fact: str) -> None:
    assert fact in " ".join(TEXT.split())
