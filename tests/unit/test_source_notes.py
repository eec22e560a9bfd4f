"""Notes in Markdown and plain text."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.records import Record
from storage.sources import read


def note(tmp_path: Path, text: str | bytes, name: str = "my note.md") -> Record:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    os.utime(path, (1.7e9, 1.7e9))
    (record,) = read(path)
    assert isinstance(record, Record)
    assert record.kind == "note"
    return record


def day(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def test_front_matter_gives_title_and_date_and_its_other_fields_stay_in_the_text(tmp_path: Path) -> None:
    record = note(
        tmp_path, "---\ntitle: A plan\ndate: 2026-03-14\ntags: [garden, spring]\nplace: home\n---\n\nSow peas.\n"
    )
    assert (record.title, record.date) == ("A plan", day("2026-03-14"))
    assert record.body == "tags: garden, spring\nplace: home\n\nSow peas."
    assert record.folder == tmp_path.name


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("text\n\n## The heading ##\n# Later", "The heading"),
        ("The heading\n===\ntext", "The heading"),
        ("```\n# code\n```\n# The heading", "The heading"),
        ("#no heading\ntext", "my note"),
        ("- a\n---\nb", "my note"),
        ("", "my note"),
    ],
)
def test_else_the_title_is_the_first_heading_or_the_file_name(tmp_path: Path, text: str, title: str) -> None:
    assert note(tmp_path, text or "\n").title == title


@pytest.mark.parametrize("name", ["2026-03-14 walk.md", "walk-20260314.txt", "2026_03_14.markdown"])
def test_else_the_date_is_in_the_file_name(tmp_path: Path, name: str) -> None:
    assert note(tmp_path, "x", name).date == day("2026-03-14")


def test_else_the_date_is_that_of_the_file(tmp_path: Path) -> None:
    assert note(tmp_path, "x", "walk 123-20269999.md").date == 1.7e9


@pytest.mark.parametrize(
    "head",
    [
        "title: [never closed",
        "a: b: c",
        "\t- x",
        "&a [*a, *b]",
        "[" * 5000,
        "- " * 5000 + "x",
        "!!python/object:os.x {",
    ],
)
def test_broken_front_matter_is_kept_as_text_and_noted(tmp_path: Path, head: str) -> None:
    record = note(tmp_path, f"---\n{head}\n---\nSow peas.")
    assert record.body == f"---\n{head.rstrip()}\n---\nSow peas."
    assert any("front matter" in warning for warning in record.warnings)


def test_aliases_cannot_multiply(tmp_path: Path) -> None:
    bomb = "a0: &a0 {x: y}\n" + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 40))
    assert note(tmp_path, f"---\n{bomb}---\nSow peas.").body.endswith("Sow peas.")


def test_a_rule_at_the_head_is_no_front_matter(tmp_path: Path) -> None:
    assert note(tmp_path, "---\njust a rule").body == "---\njust a rule"
    assert note(tmp_path, "---\nplain words\n---\nmore").body == "---\nplain words\n---\nmore"


def test_wiki_links_stay(tmp_path: Path) -> None:
    assert note(tmp_path, "See [[Peas|the peas]].").body == "See [[Peas|the peas]]."


def test_plain_text_has_no_markup(tmp_path: Path) -> None:
    record = note(tmp_path, "---\ntitle: x\n---\n# y", "list.txt")
    assert (record.title, record.body) == ("list", "---\ntitle: x\n---\n# y")


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path: Path, codec: str) -> None:
    assert note(tmp_path, "Crème brûlée\r\nà l’été".encode(codec), "a.txt").body == "Crème brûlée\nà l’été"


def test_the_original_is_kept(tmp_path: Path) -> None:
    assert note(tmp_path, b"\xff\x00\r\n").raw == b"\xff\x00\r\n"
