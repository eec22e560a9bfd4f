"""What skill.toml says for choosing an entry and filling it: title, about, arguments, examples."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from skills import describing
from skills.api import Manifest
from skills.declared import Argument, Text
from skills.describing import TYPES
from skills.manifest import validate
from skills.new import create
from tests.paths import ROOT

TOML = """
version = "1.0.0"
title = { en = "Web page", fr = "Page web" }
about = { en = "Reads one page.", fr = "Lit une page." }
[entry]
read = "main.py:read"
[[triggers]]
on = "request"
run = "read"
[arguments.read]
address = { type = "address", about = { en = "Its address", fr = "Son adresse" }, required = true }
question = { type = "text", about = { en = "What to find out", fr = "Ce qu'on veut savoir" } }
[examples]
read = ["what does https://example.org say", "résume https://example.org"]
"""
PROGRAM = "def read(address, language='en', question=''):\n    return None\n"


def problems(tmp_path: Path, toml: str, program: str = PROGRAM) -> list[tuple[str, str]]:
    return [(one.code, one.where) for one in report(tmp_path, toml, program).problems]


def report(tmp_path: Path, toml: str, program: str = PROGRAM):  # type: ignore[no-untyped-def]
    root = tmp_path / "web-page"
    root.mkdir(exist_ok=True)
    (root / "SKILL.md").write_text("---\nname: web-page\ndescription: Reads a page.\n---\nRead.\n")
    (root / "skill.toml").write_text(toml, encoding="utf-8")
    (root / "main.py").write_text(program)
    return validate(root)


def valid(tmp_path: Path, toml: str, program: str = PROGRAM) -> Manifest:
    found = report(tmp_path, toml, program)
    assert found.problems == ()
    assert isinstance(found.manifest, Manifest)
    return found.manifest


def test_all_of_it_is_read(tmp_path: Path) -> None:
    found = valid(tmp_path, TOML)
    assert (found.title, found.about) == (Text("Web page", "Page web"), Text("Reads one page.", "Lit une page."))
    (entry,) = found.entries
    assert entry.arguments == (
        Argument("address", "address", Text("Its address", "Son adresse"), True),
        Argument("question", "text", Text("What to find out", "Ce qu'on veut savoir")),
    )
    assert entry.examples == ("what does https://example.org say", "résume https://example.org")


def test_the_words_are_said_in_the_language_that_is_asked_for(tmp_path: Path) -> None:
    title = valid(tmp_path, TOML).title
    assert (title.said("en"), title.said("fr")) == ("Web page", "Page web")


def test_a_skill_may_say_none_of_it(tmp_path: Path) -> None:
    found = valid(tmp_path, 'version = "1.0.0"\n[entry]\nread = "main.py:read"\n')
    assert (found.title, found.entries[0].arguments, found.entries[0].examples) == (Text(), (), ())


def test_what_may_be_chosen_has_a_title_and_a_sentence(tmp_path: Path) -> None:
    without = "\n".join(line for line in TOML.split("\n") if not line.startswith(("title", "about")))
    assert problems(tmp_path, without) == [("missing", "skill.toml:title"), ("missing", "skill.toml:about")]


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ('fr = "Page web"', 'de = "Seite"', "unknown-key"),
        ('fr = "Page web"', 'fr = ""', "missing"),
        ('fr = "Page web"', 'fr = "' + "x" * 65 + '"', "too-long"),
        ('fr = "Page web"', 'fr = "Page\\nweb"', "not-one-line"),
        ('fr = "Page web"', 'fr = "Page\\u202eweb"', "hidden-character"),
        ('"Its address"', '"Its\\u200b address"', "hidden-character"),
        ('"résume https', '"résume\\U000e0041 https', "hidden-character"),
        ('type = "text"', 'type = "texte"', "bad-type"),
        ('type = "text"', 'type = "choice"', "bad-choices"),
        ('type = "text"', 'type = "choice", choices = ["a", "a"]', "bad-choices"),
        ('type = "text"', 'type = "text", choices = ["a", "b"]', "unknown-key"),
        ('type = "text"', 'type = "text", requird = true', "unknown-key"),
        ("required = true", 'required = "yes"', "wrong-kind"),
        ("question = {", "Question = {", "bad-name"),
        ("question = {", "class = {", "bad-name"),
        ("question = {", "language = {", "bad-name"),
        ("question = {", "subject = {", "no-parameter"),
        ("required = true }", "required = false }", "no-default"),
        ("[arguments.read]", "[arguments.raed]", "no-entry"),
        ("[examples]\nread", "[examples]\nraed", "no-entry"),
        ('on = "request"', 'on = "mail"', "no-request"),
        ('read = ["what', 'read = [1, "what', "missing"),
        ('read = ["what', "read = [" + "'a', " * 40 + '"what', "too-long"),
        ('read = ["what does', 'read = ["' + "x" * 200, "too-long"),
        ("[examples]", "[[examples]]", "wrong-kind"),
    ],
)  # fmt: skip
def test_each_mistake_is_named(tmp_path: Path, before: str, after: str, code: str) -> None:
    toml = TOML.replace(before, after, 1)
    assert toml != TOML
    assert code in [found for found, _ in problems(tmp_path, toml)]


def test_a_choice_has_its_choices(tmp_path: Path) -> None:
    toml = TOML.replace('type = "text"', 'type = "choice", choices = ["long", "short"]')
    assert valid(tmp_path, toml).entries[0].arguments[1].choices == ("long", "short")


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    toml = (
        TOML.replace('fr = "Page web"', 'fr = ""').replace('type = "text"', 'type = "txt"').replace("résume", "\\u0007")
    )
    assert {code for code, _ in problems(tmp_path, toml)} == {"missing", "bad-type", "hidden-character"}


def test_a_parameter_by_keyword_counts(tmp_path: Path) -> None:
    valid(tmp_path, TOML, "def read(*, address, question='', language='en'): ...\n")
    assert problems(tmp_path, TOML, "def read(*, address, question, language): ...\n") == [
        ("no-default", "skill.toml:arguments.read.question")
    ]


def test_the_new_skill_may_be_chosen(tmp_path: Path) -> None:
    found = validate(create(tmp_path, "word-count")).manifest
    assert found is not None
    (entry,) = found.entries
    assert found.title.en == "Word count"
    assert (len(entry.examples), [one.type for one in entry.arguments]) == (6, ["request"])


def test_the_documentation_names_every_type_and_limit() -> None:
    text = " ".join((ROOT / "docs" / "skills.md").read_text(encoding="utf-8").split())
    assert set(re.findall(r"\| `([a-z]+)` \|", text)) >= set(TYPES)
    for fact in (
        f"at most {describing.MAX_TITLE} and {describing.MAX_ABOUT} characters",
        f"at most {describing.MAX_ARGUMENTS}, each",
        f"up to {describing.MAX_EXAMPLES} requests",
        f"about as many in each language, {describing.MAX_EXAMPLE} characters each",
        f"a list of 2 to {describing.MAX_CHOICES} texts",
    ):
        assert fact in text
