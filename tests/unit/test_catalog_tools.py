"""`python -m skills …`: from an empty folder to a catalog that is verified, and every refusal with its code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from skills.archive import pack, read
from skills.building import CannotBuild, Plan, build
from skills.catalog_index import parse_index
from skills.cli import main
from skills.folder import digest
from skills.manifest import validate
from skills.signing import Release, SigningKey, sign_release
from tests.paths import ROOT
from tests.unit.catalog_fixtures import AUTHOR, DAY, NOW, files

PLAN = Plan("Ours", NOW, NOW + DAY, 7)


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("shelf").mkdir()
    return tmp_path


def tool(*arguments: str) -> None:
    assert main(arguments) == 0


def failing(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert main(arguments) == 1
    return capsys.readouterr().out.strip().splitlines()[-1]


def shelve(file: str = "a", **changes: str) -> None:
    Path(f"shelf/{file}.nskill").write_bytes(pack(files(**changes)))


def code_of_build(plan: Plan = PLAN) -> str:
    with pytest.raises(CannotBuild) as caught:
        build(Path("shelf"), plan)
    return caught.value.code


def test_from_nothing_to_a_catalog_that_is_verified(capsys: pytest.CaptureFixture[str]) -> None:
    tool("new", "word-count")
    tool("validate", "word-count")
    tool("pack", "word-count", "shelf/word-count-0.1.0.nskill")
    tool("key", "new", "author.pem")
    tool("sign", "shelf/word-count-0.1.0.nskill", "--key", "author.pem")
    capsys.readouterr()
    tool("key", "new", "keeper.pem")
    keeper = capsys.readouterr().out.split()[0]
    build_options = ("--name", "Ours", "--sequence", "1", "--signed-only", "--out", "index.json")
    tool("catalog", "build", "shelf", *build_options)
    tool("catalog", "sign", "index.json", "--key", "keeper.pem", "--out", "catalog.json")
    tool("catalog", "verify", "catalog.json", "--trust", keeper)
    assert "word-count: 0.1.0" in capsys.readouterr().out


def test_a_key_hands_over_with_the_tools(capsys: pytest.CaptureFixture[str]) -> None:
    tool("key", "new", "old.pem")
    old = capsys.readouterr().out.split()[0]
    tool("key", "new", "new.pem")
    public = capsys.readouterr().out.split()[1]
    tool("catalog", "build", "shelf", "--name", "Ours", "--sequence", "2", "--out", "index.json")
    tool("catalog", "hand-over", "--key", "old.pem", "--to", public, "--out", "handover.json")
    tool("catalog", "sign", "index.json", "--key", "new.pem", "--handover", "handover.json", "--out", "catalog.json")
    tool("catalog", "verify", "catalog.json", "--trust", old)


def test_a_new_skill_is_valid_and_runs() -> None:
    tool("new", "word-count")
    assert validate(Path("word-count")).problems == ()
    names: dict[str, object] = {}
    exec(Path("word-count/main.py").read_text(), names)
    count = names["count"]
    assert callable(count)
    assert count("three short words") == "3 words"


@pytest.mark.parametrize(("name", "code"), [("Bad_Name", "bad-name"), ("../x", "bad-name"), ("shelf", "folder-exists")])
def test_a_new_skill_takes_no_bad_name_and_nobodys_place(
    name: str, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failing(capsys, "new", name).endswith(f"[{code}]")


def test_packing_gives_the_same_bytes_every_time_and_the_digest_of_the_folder() -> None:
    tool("new", "word-count")
    tool("pack", "word-count", "one.nskill")
    os.utime("word-count/main.py", (0, 0))
    tool("pack", "word-count", "two.nskill")
    assert Path("one.nskill").read_bytes() == Path("two.nskill").read_bytes()
    Path("again").mkdir()
    for path, content in read(Path("one.nskill").read_bytes()).items():
        (Path("again") / path).write_bytes(content)
    assert digest(Path("again")) == digest(Path("word-count"))


def test_a_skill_that_is_not_valid_is_not_packed(capsys: pytest.CaptureFixture[str]) -> None:
    tool("new", "word-count")
    Path("word-count/skill.toml").write_text("permissions = []")
    assert "[" in failing(capsys, "pack", "word-count", "one.nskill")
    assert not Path("one.nskill").exists()


def test_a_key_file_is_its_owners_alone_and_never_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    tool("key", "new", "key.pem")
    before = Path("key.pem").read_bytes()
    assert failing(capsys, "key", "new", "key.pem").endswith("[file-exists]")
    assert Path("key.pem").read_bytes() == before
    if os.name == "posix":
        assert Path("key.pem").stat().st_mode & 0o777 == 0o600


def test_a_locked_key_is_opened_with_its_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getpass", lambda prompt: "correct horse")
    tool("key", "new", "key.pem", "--lock")
    assert b"ENCRYPTED" in Path("key.pem").read_bytes()
    tool("key", "show", "key.pem")


def test_two_passphrases_that_differ_make_no_key(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("getpass.getpass", lambda prompt: prompt)
    assert failing(capsys, "key", "new", "key.pem", "--lock").endswith("[passphrases-differ]")
    assert not Path("key.pem").exists()


@pytest.mark.parametrize("passphrase", ["", "x" * 1001])
def test_a_passphrase_that_locks_nothing_makes_no_key(
    passphrase: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("getpass.getpass", lambda prompt: passphrase)
    assert failing(capsys, "key", "new", "key.pem", "--lock").endswith("[bad-passphrase]")
    assert not Path("key.pem").exists()


def test_no_command_prints_a_secret(capsys: pytest.CaptureFixture[str]) -> None:
    tool("key", "new", "key.pem")
    shelve()
    tool("sign", "shelf/a.nskill", "--key", "key.pem")
    secret = SigningKey.from_pem(Path("key.pem").read_bytes())._private.private_bytes_raw().hex()
    assert secret not in capsys.readouterr().out + Path("shelf/a.nskill.sig").read_text()


def test_an_index_says_what_the_archives_say() -> None:
    shelve()
    Path("shelf/notes.txt").write_text("not a skill")
    (entry,) = build(Path("shelf"), PLAN).skills["digest"]
    assert (entry.version, entry.location, entry.permissions) == ("1.0.0", "a.nskill", ("mail.read",))
    assert entry.size == Path("shelf/a.nskill").stat().st_size


def test_versions_are_in_their_order_whatever_the_files_are_called() -> None:
    shelve("a", version="1.10.0")
    shelve("b", version="1.9.0")
    found = build(Path("shelf"), PLAN).skills["digest"]
    assert [entry.version for entry in found] == ["1.9.0", "1.10.0"]


def test_the_authors_signature_is_taken_along() -> None:
    shelve()
    tool_key = Path("author.pem")
    tool_key.write_bytes(AUTHOR.to_pem())
    tool("sign", "shelf/a.nskill", "--key", "author.pem")
    assert build(Path("shelf"), PLAN).skills["digest"][0].signer == AUTHOR.public


def test_the_same_version_twice_is_refused() -> None:
    shelve("a")
    shelve("b", version="1.0.0+other")
    assert code_of_build() == "repeated-version"


def test_names_that_look_alike_are_refused() -> None:
    shelve("a")
    shelve("b", name="d1gest")
    assert code_of_build() == "look-alike"


def test_a_skill_that_is_not_valid_is_refused() -> None:
    Path("shelf/a.nskill").write_bytes(pack({"notes.txt": b""}))
    assert code_of_build() == "bad-skill"


def test_instructions_alone_have_no_version_to_list() -> None:
    Path("shelf/a.nskill").write_bytes(pack({"SKILL.md": files()["SKILL.md"]}))
    assert code_of_build() == "no-version"


def test_a_damaged_archive_is_refused() -> None:
    Path("shelf/a.nskill").write_bytes(b"PK")
    assert code_of_build() == "not-an-archive"


def test_a_folder_with_the_name_of_an_archive_is_refused() -> None:
    Path("shelf/a.nskill").mkdir()
    assert code_of_build() == "unreadable"


def test_the_signature_of_another_release_is_refused() -> None:
    shelve()
    Path("shelf/a.nskill.sig").write_bytes(sign_release(AUTHOR, Release("digest", "9.0.0", "ab" * 32)))
    assert code_of_build() == "wrong-signature"


def test_an_unsigned_skill_is_refused_where_all_are_signed() -> None:
    shelve()
    assert code_of_build(Plan("Ours", NOW, NOW + DAY, 7, signed_only=True)) == "unsigned"


def test_what_is_revoked_is_read_from_a_list() -> None:
    Path("revoked.json").write_text(json.dumps([{"slug": "digest", "version": "1.0.0", "reason": "It leaks."}]))
    options = ("--name", "Ours", "--sequence", "1", "--revoked", "revoked.json", "--out", "index.json")
    tool("catalog", "build", "shelf", *options)
    assert parse_index(Path("index.json").read_bytes()).revoked[0].reason == "It leaks."


@pytest.mark.parametrize("text", ["{", "[1]", '[{"slug": 1, "other": 2}]', "7"])
def test_a_list_of_revoked_that_is_none_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("revoked.json").write_text(text)
    options = ("--name", "Ours", "--sequence", "1", "--revoked", "revoked.json", "--out", "index.json")
    assert failing(capsys, "catalog", "build", "shelf", *options).endswith("[bad-list]")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"new":1}'])
def test_a_handover_that_is_none_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    tool("catalog", "build", "shelf", "--name", "Ours", "--sequence", "2", "--out", "index.json")
    tool("key", "new", "key.pem")
    Path("handover.json").write_text(text)
    options = ("--key", "key.pem", "--handover", "handover.json", "--out", "catalog.json")
    assert failing(capsys, "catalog", "sign", "index.json", *options).endswith("[bad-list]")


@pytest.mark.parametrize("command", [("sign", "gone", "--key", "gone"), ("key", "show", "gone")])
def test_a_file_that_is_not_there_is_said(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert failing(capsys, *command).endswith("[unreadable]")


def test_a_place_that_cannot_be_written_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    tool("new", "word-count")
    assert failing(capsys, "pack", "word-count", "gone/a.nskill").endswith("[unwritable]")


def test_a_catalog_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    Path("catalog.json").write_text("{}")
    assert failing(capsys, "catalog", "verify", "catalog.json", "--trust", "x").endswith("[catalog-malformed]")


def test_the_tools_need_nothing_of_the_app() -> None:
    code = "import sys, skills.cli; print(sorted({n.split('.')[0] for n in sys.modules} & set(sys.argv[1:])))"
    ours = ["app", "agent", "storage", "p2p", "installer", "PySide6", "torch"]
    said = subprocess.run([sys.executable, "-c", code, *ours], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_they_are_started_with_the_name_of_the_package(place: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "skills", "new", "word-count", "--in", str(place)]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert Path(said.stdout.strip()) == place / "word-count"
