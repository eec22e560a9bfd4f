"""The validator of the skill format (docs/skills.md).  Needs nothing of the app: `python -m skills.manifest FOLDER`.

It prints what is wrong, one line each, and exits 1; with --json it prints one object.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from skills import declaration, instructions
from skills.api import Manifest, Problem, Report
from skills.folder import digest_files, read_folder
from skills.wording import shown

MAX_PROBLEMS = 100  # told at once; a hostile file could fill the memory with its own mistakes

# The first bytes of what an operating system runs by itself: ELF, PE, Mach-O (32, 64, both orders, universal).
_NATIVE = (
    b"\x7fELF",
    b"MZ",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
)
_SCRIPTS = (".py", ".pyc", ".pyd", ".sh", ".bash", ".bat", ".cmd", ".ps1", ".js", ".exe", ".dll", ".so", ".dylib")


def validate(folder: Path) -> Report:
    """All that is wrong with a skill folder, or its manifest.  Never raises for what is in the folder."""
    files, unreadable = read_folder(folder)
    name = Path(os.path.abspath(folder)).name  # noqa: PTH100 - resolve() would follow a link to another name
    return validate_files(files, name, unreadable)


def validate_files(files: Mapping[str, bytes], name: str | None, unreadable: Sequence[Problem] = ()) -> Report:
    """The same for files by path.  `name` is the folder's, None in an archive; `unreadable` is wrong already."""
    problems = list(unreadable)
    text = files.get(instructions.FILE)
    if text is None:
        if not unreadable:
            problems.append(_missing(files))
        return Report(None, tuple(problems[:MAX_PROBLEMS]))
    said, wrong = instructions.read_instructions(text, name)
    problems += wrong
    toml = files.get(declaration.FILE)
    declared = declaration.Declaration()
    if toml is not None:
        declared, wrong = declaration.read_declaration(toml, files)
        problems += wrong
    problems += _executables(files, None if toml is None else declared.programs)
    if problems:
        return Report(None, tuple(problems[:MAX_PROBLEMS]))
    return Report(
        Manifest(
            name=said.name,
            description=said.description,
            instructions=said.body,
            digest=digest_files(files),
            license=said.license,
            compatibility=said.compatibility,
            metadata=said.metadata,
            allowed_tools=said.allowed_tools,
            version=declared.version or None,
            programs=tuple(one for one in declared.programs if one in files) if toml is not None else (),
            entries=declared.entries,
            triggers=declared.triggers,
            permissions=declared.permissions,
            title=declared.title,
            about=declared.about,
        ),
        (),
    )


def _missing(files: Mapping[str, bytes]) -> Problem:
    near = next((path for path in files if path.lower() == instructions.FILE.lower()), None)
    hint = f" There is {shown(near)}: its name is written {instructions.FILE}." if near else ""
    return Problem("no-skill-md", instructions.FILE, f"A skill needs a {instructions.FILE}.{hint}")


def _executables(files: Mapping[str, bytes], programs: Sequence[str] | None) -> list[Problem]:
    """Native programs nowhere; beside a skill.toml no program but what it names, since none other could ever run."""
    problems = []
    for path, content in files.items():
        if content.startswith(_NATIVE):
            problems.append(Problem("executable", path, "A skill holds no native programs."))
        elif programs is None or path in programs:
            continue
        elif content.startswith(b"#!") or path.lower().endswith(_SCRIPTS):
            runs = f"{', '.join(programs)} {'runs' if len(programs) == 1 else 'run'}"
            problems.append(Problem("executable", path, f"Only {runs}: this file cannot be of use."))
    return problems


def as_json(report: Report) -> dict[str, object]:
    """What `--json` prints: a public format."""
    found = report.manifest
    return {
        "valid": found is not None,
        "name": found.name if found else None,
        "version": found.version if found else None,
        "digest": found.digest if found else None,
        "permissions": [
            {
                "permission": str(p),
                "key": p.describe().key,
                "values": dict(p.describe().values),
                "sentence": p.describe().sentence,
            }
            for p in (found.permissions if found else ())
        ],
        "problems": [{"code": p.code, "where": p.where, "sentence": p.sentence} for p in report.problems],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m skills.manifest", description="Validate a skill folder.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    report = validate(options.folder)
    if options.json:
        lines = [json.dumps(as_json(report))]
    elif report.manifest is None:
        lines = [f"{p.where or options.folder}: {p.sentence} [{p.code}]" for p in report.problems]
    else:
        found = report.manifest
        lines = [f"{found.name} {found.version or '(instructions only)'}", f"sha256 {found.digest}"]
        lines += [f"{p}: {p.describe().sentence}" for p in found.permissions]
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write("\n".join([*lines, ""]).encode(encoding, "backslashreplace").decode(encoding))
    return 0 if report.manifest else 1


if __name__ == "__main__":
    raise SystemExit(main())
