"""What every bundled skill declares: valid, in both languages, and no permission that it does not use."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator
from typing import Any

import pytest

from skills.manifest import validate
from tests.unit.bundled_fixtures import BUNDLED, DEFAULTS, FUNCTIONS, declared, program_of

SKILLS = sorted(folder.name for folder in BUNDLED.iterdir() if (folder / "skill.toml").is_file())
FRENCH = re.compile(r"[éèêàçùôîû]|\b(le|la|les|des|une|mes|mon|ma|qui|que|quoi|est|au|du|ce|cette|de)\b", re.IGNORECASE)


def tree(skill: str) -> ast.Module:
    return ast.parse(program_of(skill))


def calls(skill: str) -> Iterator[ast.Call]:
    """The calls of host functions in the program."""
    for node in ast.walk(tree(skill)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in DEFAULTS:
            yield node


def called(skill: str) -> set[str]:
    return {node.func.id for node in calls(skill) if isinstance(node.func, ast.Name)}


def names_permissions(skill: str) -> list[str]:
    return [permission.partition(":")[0] for permission in declared(skill)["permissions"]]


@pytest.mark.parametrize("skill", SKILLS)
def test_the_folder_is_valid(skill: str) -> None:
    report = validate(BUNDLED / skill)
    assert not report.problems
    assert report.manifest is not None
    assert report.manifest.version


@pytest.mark.parametrize("skill", SKILLS)
def test_every_permission_is_used(skill: str) -> None:
    assert [name for name in names_permissions(skill) if not called(skill) & set(FUNCTIONS[name])] == []


@pytest.mark.parametrize("skill", SKILLS)
def test_every_function_that_is_called_is_granted(skill: str) -> None:
    granted = {function for name in names_permissions(skill) for function in FUNCTIONS[name]}
    assert called(skill) <= granted


@pytest.mark.parametrize("skill", SKILLS)
def test_host_functions_are_called_with_their_own_arguments_by_name(skill: str) -> None:
    for node in calls(skill):
        assert isinstance(node.func, ast.Name)
        assert not node.args, ast.unparse(node)
        assert {word.arg for word in node.keywords if word.arg} <= set(DEFAULTS[node.func.id]), ast.unparse(node)


@pytest.mark.parametrize("skill", SKILLS)
def test_nothing_else_is_called_that_nobody_defines(skill: str) -> None:
    module = tree(skill)
    known = set(dir(builtins)) | set(DEFAULTS)
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            known.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            known |= {(name.asname or name.name).partition(".")[0] for name in node.names}
        elif isinstance(node, ast.arg):
            known.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            known.add(node.id)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            known.add(node.name)
    assert {node.id for node in ast.walk(module) if isinstance(node, ast.Name)} - known == set()


@pytest.mark.parametrize("skill", SKILLS)
def test_title_about_and_arguments_are_there_in_both_languages(skill: str) -> None:
    toml = declared(skill)
    for said in (
        toml["title"],
        toml["about"],
        *(each["about"] for entry in arguments(toml) for each in entry.values()),
    ):
        assert set(said) == {"en", "fr"}
        assert said["en"] != said["fr"]


@pytest.mark.parametrize("skill", SKILLS)
def test_what_can_be_requested_has_examples_in_both_languages(skill: str) -> None:
    toml = declared(skill)
    requested = {trigger["run"] for trigger in toml["triggers"] if trigger["on"] == "request"}
    assert set(toml["examples"]) == requested
    for examples in toml["examples"].values():
        french = [each for each in examples if FRENCH.search(each)]
        assert len(set(examples)) == len(examples)
        assert 5 <= len(french) <= 25
        assert 5 <= len(examples) - len(french) <= 25


@pytest.mark.parametrize("skill", SKILLS)
def test_an_entry_takes_its_arguments_and_has_defaults_for_those_that_may_be_absent(skill: str) -> None:
    toml = declared(skill)
    functions = {node.name: node for node in tree(skill).body if isinstance(node, ast.FunctionDef)}
    for entry, target in toml["entry"].items():
        given = functions[target.partition(":")[2]].args
        names = [one.arg for one in (*given.args, *given.kwonlyargs)]
        optional = set(names[len(given.args) - len(given.defaults) : len(given.args)])
        optional |= {one.arg for one, value in zip(given.kwonlyargs, given.kw_defaults, strict=True) if value}
        arguments_of = toml.get("arguments", {}).get(entry, {})
        assert set(arguments_of) | {"language"} <= set(names)
        assert {name for name, each in arguments_of.items() if not each.get("required")} <= optional


@pytest.mark.parametrize("skill", SKILLS)
def test_the_instructions_speak_of_every_entry_a_person_can_ask_for(skill: str) -> None:
    text = (BUNDLED / skill / "SKILL.md").read_text(encoding="utf-8")
    requested = {trigger["run"] for trigger in declared(skill)["triggers"] if trigger["on"] == "request"}
    assert {entry for entry in requested if f"`{entry}`" not in text} <= {skill}


def arguments(toml: dict[str, Any]) -> list[dict[str, Any]]:
    return list(toml.get("arguments", {}).values())
