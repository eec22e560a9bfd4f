"""The validator of the skill format: what is valid, and each thing that is not."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from skills.api import Entry, MailRead, MailSend, Manifest, Report, Trigger
from skills.manifest import main, validate
from tests.paths import ROOT

FRONT = "---\nname: morning-digest\ndescription: Sums up the mail of the night.\n---\n# How\nBe short.\n"
TOML = """
version = "1.2.0"
permissions = ["mail.read", "mail.send:to=contact"]
[entry]
digest = "main.py:make_digest"
[[triggers]]
on = "schedule"
at = "07:30"
run = "digest"
"""
PROGRAM = "def make_digest():\n    return 'nothing new'\n"

Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A valid skill folder, with the given files in place of or beside its own; None leaves one out."""

    def make_(changes: dict[str, str | bytes | None] | None = None, folder: str = "morning-digest") -> Path:
        root = tmp_path / folder
        files: dict[str, str | bytes | None] = {"SKILL.md": FRONT, "skill.toml": TOML, "main.py": PROGRAM}
        for path, content in (files | (changes or {})).items():
            if content is not None:
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_bytes(content.encode() if isinstance(content, str) else content)
        return root

    return make_


def codes(report: Report) -> list[str]:
    assert (report.manifest is None) == bool(report.problems)
    return [problem.code for problem in report.problems]


def manifest(folder: Path) -> Manifest:
    report = validate(folder)
    assert report.problems == ()
    assert report.manifest is not None
    return report.manifest


def front(**fields: str) -> str:
    lines = {"name": "morning-digest", "description": "Sums up."} | fields
    return "---\n" + "".join(f"{key}: {value}\n" for key, value in lines.items() if value) + "---\nBody.\n"


def test_a_whole_skill_is_valid(make: Make) -> None:
    found = manifest(make())
    assert found.name == "morning-digest"
    assert found.version == "1.2.0"
    assert found.instructions == "# How\nBe short."
    assert found.entries == (Entry("digest", "make_digest"),)
    assert found.triggers == (Trigger("schedule", "digest", "07:30"),)
    assert found.permissions == (MailRead(), MailSend("contact"))


def test_a_plain_agent_skill_is_instructions_only(make: Make) -> None:
    found = manifest(make({"skill.toml": None, "main.py": None}))
    assert found.version is None
    assert (found.entries, found.triggers, found.permissions) == ((), (), ())


def test_scripts_of_a_plain_agent_skill_are_no_problem_because_they_never_run(make: Make) -> None:
    found = manifest(make({"skill.toml": None, "main.py": None, "scripts/extract.py": "#!/usr/bin/python3\n"}))
    assert found.entries == ()


def test_all_fields_of_the_specification_are_read(make: Make) -> None:
    text = (
        "---\nname: morning-digest\ndescription: Sums up.\nlicense: Apache-2.0\ncompatibility: Needs mail\n"
        "metadata:\n  author: example-org\n  version: 1.10\nallowed-tools: Read Bash(git:*)\n---\n"
    )
    found = manifest(make({"SKILL.md": text, "skill.toml": None, "main.py": None}))
    assert (found.license, found.compatibility) == ("Apache-2.0", "Needs mail")
    assert found.metadata == (("author", "example-org"), ("version", "1.10"))
    assert found.allowed_tools == ("Read", "Bash(git:*)")


def test_allowed_tools_may_be_a_list(make: Make) -> None:
    folder = make({"SKILL.md": front(**{"allowed-tools": "[Read, 'Bash(jq:*)']"})})
    assert manifest(folder).allowed_tools == ("Read", "Bash(jq:*)")


def test_allowed_tools_grant_nothing(make: Make) -> None:
    folder = make({"SKILL.md": front(**{"allowed-tools": "mail.read"}), "skill.toml": None, "main.py": None})
    assert manifest(folder).permissions == ()


def test_windows_line_ends_and_a_byte_order_mark_are_read(make: Make) -> None:
    text = b"\xef\xbb\xbf" + FRONT.replace("\n", "\r\n").encode()
    assert manifest(make({"SKILL.md": text})).instructions == "# How\nBe short."


def test_french_and_emoji_are_not_hidden_characters(make: Make) -> None:
    text = front(description="'Résume le courrier : « bref », 👩‍💻'") + "Écrire court, à l’essentiel.\n"
    assert manifest(make({"SKILL.md": text})).description == "Résume le courrier : « bref », 👩‍💻"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "missing"),
        ("Morning-Digest", "bad-name"),
        ("-morning", "bad-name"),
        ("morning-", "bad-name"),
        ("morning--digest", "bad-name"),
        ("morning digest", "bad-name"),
        ("morning_digest", "bad-name"),
        ("../morning-digest", "bad-name"),
        ("a" * 65, "bad-name"),
        ("other-name", "name-differs"),
        ("mоrning-digest", "look-alike"),  # the first o is Cyrillic
        ("morning‐digest", "look-alike"),  # U+2010 HYPHEN
        ("ｍorning-digest", "look-alike"),  # full width
        ("morning-dıgest", "look-alike"),  # dotless i
        ("morning-digest\u200b", "look-alike"),
    ],
)
def test_a_name_that_is_not_one_is_refused(make: Make, name: str, code: str) -> None:
    assert codes(validate(make({"SKILL.md": front(name=name)}))) == [code]


def test_a_look_alike_folder_does_not_make_the_name_right(make: Make) -> None:
    folder = make({"SKILL.md": front(name="mоrning-digest")}, folder="mоrning-digest")
    assert codes(validate(folder)) == ["look-alike"]


def test_a_look_alike_letter_is_named(make: Make) -> None:
    (problem,) = validate(make({"SKILL.md": front(name="mоrning-digest")})).problems
    assert "CYRILLIC SMALL LETTER O" in problem.sentence


@pytest.mark.parametrize(
    ("text", "code", "where"),
    [
        ("no front matter", "no-front-matter", "SKILL.md"),
        ("---\nname: morning-digest\n", "no-front-matter", "SKILL.md"),
        ("---\n- a list\n---\n", "bad-yaml", "SKILL.md"),
        ("---\nname: [unclosed\n---\n", "bad-yaml", "SKILL.md"),
        ("---\nname: &a morning-digest\ndescription: *a\n---\n", "bad-yaml", "SKILL.md"),
        ("---\nname: !!python/name:os.system\n---\n", "bad-yaml", "SKILL.md"),
        ("---\nname: " + "[" * 10_000 + "\n---\n", "bad-yaml", "SKILL.md"),
        ("---\n# " + "x" * 20_000 + "\n---\n", "front-matter-too-large", "SKILL.md"),
        (front() + "x" * 300_000, "file-too-large", "SKILL.md"),
        (front(description=""), "missing", "SKILL.md:description"),
        (front(description="''"), "missing", "SKILL.md:description"),
        (front(description="x" * 1025), "too-long", "SKILL.md:description"),
        (front(description="[a, b]"), "wrong-kind", "SKILL.md:description"),
        (front(compatibility="x" * 501), "too-long", "SKILL.md:compatibility"),
        (front(metadata="text"), "wrong-kind", "SKILL.md:metadata"),
        (front(metadata="{a: {b: c}}"), "wrong-kind", "SKILL.md:metadata"),
        (front().replace("---\nBody", "name: twice\n---\nBody"), "repeated-key", "SKILL.md:name"),
        (front(descriptoin="Sums up."), "unknown-key", "SKILL.md:descriptoin"),
        (front(description="Sums \u202eup."), "hidden-character", "SKILL.md:description"),
        (front() + "\U000e0041\U000e0042", "hidden-character", "SKILL.md"),  # tags: read by a model, not by a person
        (front() + "See [this](../../secret.txt).", "path-outside", "SKILL.md"),
        (front() + "See [this](/etc/passwd).", "path-outside", "SKILL.md"),
    ],
)
def test_skill_md_that_is_wrong_is_refused(make: Make, text: str, code: str, where: str) -> None:
    problems = validate(make({"SKILL.md": text})).problems
    assert (code, where) in [(problem.code, problem.where) for problem in problems]


def test_skill_md_that_is_not_text_is_refused(make: Make) -> None:
    assert codes(validate(make({"SKILL.md": b"---\n\xff\xfe\n---\n"}))) == ["not-utf-8"]


def test_an_unknown_field_names_the_one_that_was_meant(make: Make) -> None:
    (problem,) = validate(make({"SKILL.md": front(licence="MIT")})).problems
    assert problem.sentence.endswith("Did you mean 'license'?")


def test_links_within_the_folder_and_to_the_web_are_fine(make: Make) -> None:
    text = front() + "[a](references/A.md#top) [b](https://example.org/../x) [c](#here)"
    assert "[a](references/A.md#top)" in manifest(make({"SKILL.md": text})).instructions


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (('version = "1.2.0"', ""), "missing"),
        (('"1.2.0"', '"1.2"'), "bad-version"),
        (('"1.2.0"', '"01.2.0"'), "bad-version"),
        (('"1.2.0"', '"1.2.0-"'), "bad-version"),
        (('"1.2.0"', "1.2"), "bad-version"),
        (('"1.2.0"', "0x" + "f" * 900), "bad-version"),
        (("permissions", "permisions"), "unknown-key"),
        (('"mail.read"', '"mail.raed"'), "unknown-permission"),
        (("to=contact", "to=everybody"), "bad-permission-argument"),
        (('"mail.read"', "7"), "wrong-kind"),
        (('"mail.read"', '"mail.send:to=contact"'), "repeated"),
        (("make_digest", "other"), "no-function"),
        (("main.py:make_digest", "main.py"), "bad-entry"),
        (("main.py:make_digest", "tool.py:make_digest"), "bad-entry"),
        (("main.py:make_digest", "../main.py:make_digest"), "path-outside"),
        (("main.py:make_digest", "/bin/sh:make_digest"), "path-outside"),
        (("main.py:make_digest", "C:\\\\main.py:make_digest"), "path-outside"),
        (("digest = ", '"Digest!" = '), "bad-name"),
        (("schedule", "scheduled"), "bad-trigger"),
        (('run = "digest"', 'run = "digests"'), "no-entry"),
        (('run = "digest"', 'run = "digest"\nwhen = "now"'), "unknown-key"),
        (("07:30", "24:00"), "bad-time"),
        (('at = "07:30"', ""), "bad-time"),
        (("schedule", "mail"), "bad-time"),
        (('version = "1.2.0"', "version = "), "bad-toml"),
        (('version = "1.2.0"', "x = " + "[\n" * 20_000), "bad-toml"),
        (('version = "1.2.0"', "x = " + "9" * 2_000), "line-too-long"),
        (('version = "1.2.0"', "#" + "x" * 70_000), "file-too-large"),
        (("[[triggers]]", "[triggers]"), "wrong-kind"),
    ],
)
def test_skill_toml_that_is_wrong_is_refused(make: Make, change: tuple[str, str], code: str) -> None:
    assert change[0] in TOML
    assert code in codes(validate(make({"skill.toml": TOML.replace(*change, 1)})))


@pytest.mark.parametrize(
    "version", ["0.0.0", "1.2.3", "10.20.30-alpha.1", "1.0.0-0A.is.legal+build.7", "1.0.0+0.build"]
)
def test_versions_of_the_semver_specification_are_taken(make: Make, version: str) -> None:
    assert manifest(make({"skill.toml": TOML.replace("1.2.0", version)})).version == version


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("def make_digest(:\n", "bad-program"),
        ("(" * 5000, "bad-program"),
        ("x = 1\0", "bad-program"),
        (b"\xff", "not-utf-8"),
        ("#" * 300_000, "file-too-large"),
        ("class A:\n    def make_digest(self): ...\n", "no-function"),
        (None, "no-function"),
    ],
)
def test_a_program_that_cannot_be_is_refused(make: Make, program: str | bytes | None, code: str) -> None:
    assert code in codes(validate(make({"main.py": program})))


def test_the_program_is_never_run(make: Make) -> None:
    folder = make({"main.py": PROGRAM + "raise SystemExit('it ran')\n"})
    assert manifest(folder).version == "1.2.0"


def test_a_program_that_nothing_names_is_refused(make: Make) -> None:
    assert codes(validate(make({"skill.toml": 'version = "1.0.0"\n'}))) == ["unused-program"]


def test_a_mistyped_function_names_the_one_that_was_meant(make: Make) -> None:
    problems = validate(make({"skill.toml": TOML.replace("make_digest", "make_digets")})).problems
    assert problems[0].sentence.endswith("Did you mean 'make_digest'?")


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("tool", b"\x7fELF\x02\x01"),
        ("tool.txt", b"MZ\x90\x00"),
        ("tool.md", b"\xcf\xfa\xed\xfe"),
        ("helper.py", b"x = 1\n"),
        ("run.SH", b"echo\n"),
        ("run", b"#!/bin/sh\n"),
    ],
)
def test_no_program_but_main_py_is_taken(make: Make, path: str, content: bytes) -> None:
    assert codes(validate(make({path: content}))) == ["executable"]


def test_native_programs_are_refused_in_plain_skills_too(make: Make) -> None:
    assert codes(validate(make({"skill.toml": None, "main.py": None, "a.bin": b"\x7fELF"}))) == ["executable"]


def test_all_problems_are_reported_at_once(make: Make) -> None:
    changes = {"SKILL.md": front(name="Wrong", description=""), "skill.toml": "version = 1\nfoo = 2\n", "x.sh": "x"}
    assert sorted(codes(validate(make(changes)))) == [
        "bad-name",
        "bad-version",
        "executable",
        "missing",
        "unknown-key",
        "unused-program",
    ]


def test_what_an_author_wrote_reaches_no_terminal_raw(make: Make) -> None:
    changes = {"SKILL.md": front(**{"'a\\x1b[2J'": "x", '"b\\e[2J"': "x"}), "skill.toml": '"c\\u001b[2J" = 1\n'}
    report = validate(make(changes))
    assert report.problems
    assert all("\x1b" not in problem.sentence + problem.where for problem in report.problems)


def test_the_validator_runs_by_itself(make: Make) -> None:
    command = [sys.executable, "-m", "skills.manifest", str(make()), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    printed = json.loads(done.stdout)
    assert (done.returncode, done.stderr, printed["valid"], printed["problems"]) == (0, "", True, [])
    assert printed["permissions"][0] == {
        "permission": "mail.read",
        "key": "permission.mail-read",
        "values": {},
        "sentence": "Read your mail.",
    }


def test_the_validator_needs_nothing_of_the_app() -> None:
    program = (
        "import sys, skills.manifest; "
        "sys.exit(any(n.split('.')[0] in ('app', 'agent', 'storage', 'p2p', 'PySide6') for n in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


def test_problems_are_printed_one_to_a_line_and_exit_1(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(make({"SKILL.md": front(description="")}))]) == 1
    assert capsys.readouterr().out == "SKILL.md:description: A skill needs a description. [missing]\n"


def test_a_valid_skill_is_printed_with_what_it_may_do(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make()
    assert main([str(folder)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "morning-digest 1.2.0",
        f"sha256 {manifest(folder).digest}",
        "mail.read: Read your mail.",
        "mail.send:to=contact: Send mail in your name to people in your contacts.",
    ]
