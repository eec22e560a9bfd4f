"""A program of several files: which may be named, that they run as one, and that an error names the file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from skills.archive import pack, read
from skills.cli import main
from skills.limits import MAX_PROGRAM
from skills.manifest import validate_files
from skills.program import MAX_FILES, Program
from tests.unit.hosting_fixtures import house
from tests.unit.vault_fixtures import path_fixture  # noqa: F401

FRONT = b"---\nname: planner\ndescription: Plans the week.\n---\nPlan.\n"
TOML = 'version = "1.0.0"\nprogram = ["dates.py", "main.py"]\n[entry]\nplan = "main.py:plan"\n'
DATES = b"DAYS = ['monday', 'tuesday']\n\ndef day(number):\n    return DAYS[number]\n"
MAIN = b"def plan(language='en'):\n    return day(1)\n"

Files = dict[str, bytes]


def files(toml: str = TOML, **more: bytes | None) -> Files:
    """The skill, with further files, or None in place of one that is left out; `dates_py` is dates.py."""
    whole: dict[str, bytes | None] = {"dates.py": DATES, "main.py": MAIN}
    whole |= {name.replace("_py", ".py"): content for name, content in more.items()}
    given = {name: content for name, content in whole.items() if content is not None}
    return {"SKILL.md": FRONT, "skill.toml": toml.encode(), **given}


def codes(given: Files) -> list[str]:
    return [problem.code for problem in validate_files(given, "planner").problems]


def naming(*names: str) -> str:
    return TOML.replace('["dates.py", "main.py"]', f"{list(names)}")


def test_a_skill_of_several_files_is_valid_and_says_their_order() -> None:
    found = validate_files(files(), "planner").manifest
    assert found is not None
    assert found.programs == ("dates.py", "main.py")


def test_without_the_field_the_program_is_main_py() -> None:
    found = validate_files(files(TOML.replace('program = ["dates.py", "main.py"]\n', ""), dates_py=None), "planner")
    assert found.manifest is not None
    assert found.manifest.programs == ("main.py",)


def test_the_digest_of_a_skill_without_the_field_is_what_it_always_was() -> None:
    toml = b'version = "1.0.0"\n[entry]\nplan = "main.py:plan"\n'
    found = validate_files({"SKILL.md": FRONT, "skill.toml": toml, "main.py": MAIN}, "planner").manifest
    assert found is not None
    assert found.digest == "53b6d7980518f3aa6ace3534af6228f4bc7424d9f28c5683d81408e9927bd145"


@pytest.mark.parametrize("file", ["dates.py", "main.py"])
def test_every_file_of_the_program_is_in_the_digest(file: str) -> None:
    changed = files() | {file: files()[file] + b"# changed\n"}
    before, after = (validate_files(one, "planner").manifest for one in (files(), changed))
    assert before is not None
    assert after is not None
    assert before.digest != after.digest


@pytest.mark.parametrize(
    ("named", "code"),
    [
        ("'main.py'", "wrong-kind"),
        ("[7]", "wrong-kind"),
        ("[]", "missing"),
        ("['../dates.py', 'main.py']", "path-outside"),
        ("['/etc/dates.py', 'main.py']", "path-outside"),
        ("['C:\\dates.py', 'main.py']", "path-outside"),
        ("['more/dates.py', 'main.py']", "bad-program-file"),
        ("['dates.txt', 'main.py']", "bad-program-file"),
        ("['.py', 'main.py']", "bad-program-file"),
        ("['Dates.py', 'main.py']", "bad-program-file"),
        ("['dates.py', 'dates.py', 'main.py']", "repeated"),
        ("['dates.py', 'gone.py', 'main.py']", "no-file"),
        (f"{['dates.py', *(f'a{n}.py' for n in range(MAX_FILES))]}", "too-long"),
    ],
)
def test_files_that_no_program_can_have_are_refused(named: str, code: str) -> None:
    assert code in codes(files(TOML.replace('["dates.py", "main.py"]', named)))


def test_a_python_file_in_a_folder_below_is_refused() -> None:
    assert codes(files() | {"more/dates.py": DATES}) == ["executable"]


def test_a_python_file_that_is_not_named_is_refused() -> None:
    assert codes(files(naming("main.py"))) == ["executable"]


def test_main_py_is_a_file_as_any_other() -> None:
    toml = naming("dates.py").replace("main.py:plan", "dates.py:day")
    assert codes(files(toml)) == ["executable"]
    assert codes(files(toml, main_py=None)) == []


def test_the_files_together_have_a_limit() -> None:
    half = b"#" * (MAX_PROGRAM // 2) + b"\n"
    assert codes(files(dates_py=DATES + half)) == []
    assert "file-too-large" in codes(files(dates_py=DATES + half, main_py=MAIN + half))


@pytest.mark.parametrize("again", [b"def day(number):\n    return 'never'\n", b"day = 1\n", b"class day: ...\n"])
def test_a_name_that_a_later_file_would_replace_unseen_is_refused(again: bytes) -> None:
    report = validate_files(files(main_py=MAIN + again), "planner")
    assert [(problem.code, problem.where) for problem in report.problems] == [("repeated", "main.py")]


def test_an_entry_names_the_file_that_its_function_is_in() -> None:
    assert codes(files(TOML.replace("main.py:plan", "dates.py:plan"))) == ["no-function"]


def test_a_file_that_is_not_python_is_named() -> None:
    report = validate_files(files(dates_py=b"x = 1\ndef day(:\n"), "planner")
    assert [(problem.code, problem.where) for problem in report.problems] == [("bad-program", "dates.py")]
    assert "line 2" in report.problems[0].sentence


def test_a_single_file_runs_as_it_is() -> None:
    assert Program((("main.py", "x = 1\r\n"),)).text == "x = 1\r\n"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_a_line_of_the_whole_is_found_in_its_file(end: str, last: bool) -> None:
    first = f"a = 1{end}b = 2" + (end if last else "")
    program = Program((("first.py", first), ("second.py", f"c = 3{end}d = 4{end}")))
    line = program.text.replace("\r\n", "\n").replace("\r", "\n").split("\n").index("d = 4") + 1
    assert program.place(line) == ("second.py", 2)
    assert program.place(2) == ("first.py", 2)


def test_the_tools_validate_and_pack_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("planner").mkdir()
    for path, content in files().items():
        (Path("planner") / path).write_bytes(content)
    assert main(["validate", "planner"]) == 0
    assert main(["pack", "planner", "planner.nskill"]) == 0
    packed = Path("planner.nskill").read_bytes()
    assert (read(packed), packed) == (files(), pack(files()))


async def test_the_files_run_as_one_program(path: Path) -> None:
    async with house(path) as one:
        one.install(
            "def go(language):\n    return word(1)\n", before={"words.py": "def word(n):\n    return 'w' * n\n"}
        )
        view = await one.host.run("helper", "go", {})
        assert (view.row.state, view.row.text) == ("done", "w")


@pytest.mark.parametrize(
    ("word", "go", "place"),
    [
        ("def word(n):\n    return 1 // n\n", "def go(language):\n    return word(0)\n", "words.py:2: "),
        ("def word(n):\n    return n\n", "def go(language):\n    word(1)\n    return [][1]\n", "main.py:3: "),
        ("WORDS = []\nFIRST = WORDS[0]\n", "def go(language):\n    return FIRST\n", "words.py:2: "),
    ],
)
async def test_an_error_in_the_log_names_the_file_and_its_line(path: Path, word: str, go: str, place: str) -> None:
    async with house(path) as one:
        one.install(go, before={"words.py": word})
        view = await one.host.run("helper", "go", {})
        assert view.row.state == "failed"
        assert f"failed: {place}" in view.row.error


async def test_the_place_is_known_after_a_wait_for_the_person_too(path: Path) -> None:
    sends = 'def go(language):\n    mail_send(to=["eve@example.org"], subject="Hi", text="x")\n    return word(0)\n'
    async with house(path) as one:
        one.install(sends, before={"words.py": "def word(n):\n    return 1 // n\n"})
        view = await one.host.run("helper", "go", {})
        assert view.row.approval is not None
        await one.host.answer(view.row.approval, "once", one.store.approvals.get(view.row.approval).digest)
        assert "failed: words.py:2: " in (await one.host.view(view.row.id)).row.error
