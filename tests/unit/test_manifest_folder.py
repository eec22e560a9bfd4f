"""Reading a stranger's folder: no link followed, nothing but files opened, limits held, one digest."""

from __future__ import annotations

import hashlib
import os
import socket
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skills import folder as folder_module
from skills.api import Problem
from skills.declaration import read_declaration
from skills.folder import BadFolder, digest, read_folder
from skills.instructions import read_instructions
from skills.manifest import validate

FRONT = "---\nname: plain\ndescription: Nothing much.\n---\n"


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    root = tmp_path / "plain"
    root.mkdir()
    (root / "SKILL.md").write_text(FRONT)
    return root


def found(folder: Path) -> list[tuple[str, str]]:
    return [(problem.code, problem.where) for problem in read_folder(folder)[1]]


def test_the_digest_is_the_documented_one(plain: Path) -> None:
    (plain / "a").mkdir()
    (plain / "a" / "b.txt").write_bytes(b"xyz")
    content = FRONT.encode()
    expected = hashlib.sha256(
        b"nuee skill digest v1\n"
        + (8).to_bytes(8, "big")
        + b"SKILL.md"
        + len(content).to_bytes(8, "big")
        + content
        + (7).to_bytes(8, "big")
        + b"a/b.txt"
        + (3).to_bytes(8, "big")
        + b"xyz"
    )
    assert digest(plain) == expected.hexdigest()


def test_moving_a_byte_between_files_changes_the_digest(plain: Path) -> None:
    (plain / "a").write_bytes(b"12")
    (plain / "b").write_bytes(b"3")
    before = digest(plain)
    (plain / "a").write_bytes(b"1")
    (plain / "b").write_bytes(b"23")
    assert digest(plain) != before


def test_renaming_a_file_changes_the_digest(plain: Path) -> None:
    (plain / "a").write_bytes(b"12")
    before = digest(plain)
    (plain / "a").rename(plain / "b")
    assert digest(plain) != before


def test_times_and_modes_do_not_change_the_digest(plain: Path) -> None:
    before = digest(plain)
    os.utime(plain / "SKILL.md", (0, 0))
    (plain / "SKILL.md").chmod(0o600)
    assert digest(plain) == before


def test_the_manifest_bears_the_digest_of_its_folder(plain: Path) -> None:
    manifest = validate(plain).manifest
    assert manifest is not None
    assert manifest.digest == digest(plain)


def test_a_folder_that_is_refused_has_no_digest(plain: Path) -> None:
    (plain / "link").symlink_to("SKILL.md")
    with pytest.raises(BadFolder) as caught:
        digest(plain)
    assert [problem.code for problem in caught.value.problems] == ["link"]


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside.txt", "SKILL.md", "nowhere", "."])
def test_links_are_refused_wherever_they_point(plain: Path, target: str) -> None:
    (plain.parent / "outside.txt").write_text("secret")
    (plain / "notes.txt").symlink_to(target)
    assert found(plain) == [("link", "notes.txt")]


def test_what_a_link_points_to_is_not_read(plain: Path) -> None:
    (plain.parent / "outside.txt").write_text("secret")
    (plain / "notes.txt").symlink_to("../outside.txt")
    (plain / "folder").symlink_to("..")
    assert list(read_folder(plain)[0]) == ["SKILL.md"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_refused_and_does_not_block(plain: Path) -> None:
    os.mkfifo(plain / "pipe")
    assert found(plain) == [("special-file", "pipe")]


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="the system has no local sockets")
def test_a_socket_is_refused(plain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(plain)  # a socket's path is at most 108 bytes
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s")
        assert found(plain) == [("special-file", "s")]


def test_too_many_files_are_refused(plain: Path) -> None:
    for number in range(folder_module.MAX_FILES):
        (plain / f"{number}.txt").touch()
    assert found(plain) == [("too-many-files", "")]


def test_as_many_files_as_are_allowed_are_taken(plain: Path) -> None:
    for number in range(folder_module.MAX_FILES - 1):
        (plain / f"{number}.txt").touch()
    assert found(plain) == []


def test_a_file_over_the_limit_is_refused(plain: Path) -> None:
    (plain / "big").write_bytes(bytes(folder_module.MAX_FILE + 1))
    assert found(plain) == [("file-too-large", "big")]


def test_a_file_of_endless_zeros_is_read_no_further_than_the_limit(plain: Path) -> None:
    with (plain / "sparse").open("wb") as stream:
        stream.truncate(1 << 40)
    assert found(plain) == [("file-too-large", "sparse")]


def test_files_over_the_limit_together_are_refused(plain: Path) -> None:
    for number in range(6):
        (plain / f"{number}").write_bytes(bytes(folder_module.MAX_FILE))
    assert [code for code, _ in found(plain)] == ["too-large"]


def test_folders_nested_too_deep_are_refused(plain: Path) -> None:
    (plain / "/".join("d" * 12)).mkdir(parents=True)
    assert [code for code, _ in found(plain)] == ["too-deep"]


@pytest.mark.parametrize(
    "name",
    [
        "back\\slash",
        "C:file",
        "star*",
        "what?",
        "new\nline",
        "esc\x1b[2J",
        "turn\u202earound",
        "zero\u200bwidth",
        "e\u0301.txt",
        "ends.",
        "ends ",
        "CON",
        "nul.txt",
        b"not-utf8-\xff",
    ],
)
def test_a_file_name_that_means_another_file_elsewhere_is_refused(plain: Path, name: str | bytes) -> None:
    text = os.fsdecode(name)
    (plain / text).touch()
    problems = read_folder(plain)[1]
    assert [problem.code for problem in problems] == ["file-name"]
    assert problems[0].where.isprintable()


def test_a_path_that_is_too_long_is_refused(plain: Path) -> None:
    (plain / ("a" * 150)).mkdir()
    (plain / ("a" * 150) / ("b" * 60)).touch()
    assert [code for code, _ in found(plain)] == ["file-name"]


def test_names_that_differ_in_case_only_are_refused(plain: Path) -> None:
    (plain / "README.md").touch()
    (plain / "readme.md").touch()
    if len(list(plain.iterdir())) < 3:
        pytest.skip("this file system does not tell case apart")
    assert [code for code, _ in found(plain)] == ["same-name"]


def test_a_skill_md_of_another_case_is_named(plain: Path) -> None:
    (plain / "SKILL.md").rename(plain / "skill.md")
    (problem,) = validate(plain).problems
    assert (problem.code, "'skill.md'" in problem.sentence) == ("no-skill-md", True)


@pytest.mark.parametrize("path", ["missing", "plain/SKILL.md", "nul\0byte"])
def test_what_is_no_folder_is_a_problem_and_no_error(plain: Path, path: str) -> None:
    report = validate(plain.parent / path)
    assert [problem.code for problem in report.problems] == ["no-folder"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is unreadable to root")
def test_an_unreadable_file_is_a_problem_and_no_error(plain: Path) -> None:
    (plain / "closed").write_text("x")
    (plain / "closed").chmod(0)
    assert found(plain) == [("unreadable", "closed")]


ODD = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.text(alphabet="-:[]{}#&*!|>'\"%@`,? \n\tabname01\\xuU", max_size=200).map(str.encode),
)
TOML = st.text(alphabet="[]{}=.,\"'\\#\n 019+-_:TZabeflnorstuv", max_size=200).map(str.encode)


def sane(problems: tuple[Problem, ...]) -> bool:
    return all(p.code and p.sentence[-1] in ".?" and (p.where + p.sentence).isprintable() for p in problems)


@given(ODD)
def test_no_front_matter_makes_the_validator_raise(front: bytes) -> None:
    for content in (
        front,
        b"---\n" + front + b"\n---\n" + front,
        b"---\nname: plain\ndescription: " + front + b"\n---\n",
    ):
        assert sane(read_instructions(content, "plain")[1])


@given(st.one_of(ODD, TOML), ODD)
def test_no_declaration_and_no_program_make_the_validator_raise(toml: bytes, program: bytes) -> None:
    for content in (toml, b'version = "1.0.0"\n' + toml, b"[entry]\n" + toml, b"permissions = [" + toml + b"]"):
        assert sane(read_declaration(content, {"main.py": program, "more.py": program})[1])


VALUES = st.recursive(
    st.one_of(st.text(max_size=20), st.integers(), st.booleans(), st.just(2**3000)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=9), inner, max_size=3)),
    max_leaves=8,
)


def _toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int():
            return hex(value) if value >= 0 else f"-{-value}"
        case str():
            return '"' + "".join(f"\\U{ord(c):08x}" for c in value if not 0xD800 <= ord(c) < 0xE000) + '"'
        case list():
            return "[" + ",".join(map(_toml, value)) + "]"
        case dict():
            return "{" + ",".join(f"{_toml(key)}={_toml(inner)}" for key, inner in value.items()) + "}"
    raise AssertionError


@given(st.sampled_from(["version", "permissions", "program", "entry", "triggers", "odd"]), VALUES, VALUES)
def test_no_kind_of_value_in_any_field_makes_the_validator_raise(field: str, value: object, second: object) -> None:
    lines = [f"{field} = {_toml(value)}", f"triggers = [{{on={_toml(value)},run={_toml(second)},at={_toml(value)}}}]"]
    for line in lines:
        assert sane(read_declaration(line.encode(), {"main.py": b"def run(): pass\n"})[1])


@given(st.dictionaries(st.sampled_from(["SKILL.md", "skill.toml", "main.py", "a/b", "a/c"]), ODD, max_size=5))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_folder_makes_the_validator_raise(tmp_path: Path, files: dict[str, bytes]) -> None:
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
    assert sane(validate(tmp_path).problems)


@pytest.mark.parametrize(
    ("skill_md", "toml"),
    [
        (FRONT.replace("Nothing much.", "[" * 16_000), b""),
        (FRONT.replace("Nothing much.", "{a: " * 4_000), b""),
        (FRONT, b"a." * 32_000 + b"a = 1"),
        (FRONT, b"a = " + b"[" * 60_000),
    ],
    ids=["yaml-lists", "yaml-maps", "toml-dotted-key", "toml-lists"],
)
@pytest.mark.timeout(5)  # each took 14 s or more before it was bounded
def test_files_made_to_take_long_are_refused_at_once(skill_md: str, toml: bytes) -> None:
    assert read_instructions(skill_md.encode(), "plain")[1] or read_declaration(toml, {})[1]
