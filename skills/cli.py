"""For authors and keepers of catalogs; needs nothing of the app: `python -m skills …` (docs/catalog.md).

Each command prints one line or a file's text and returns 0, or prints `sentence [code]` and returns 1.
"""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from skills import archive, building, catalog, manifest, signing
from skills.canonical import NotCanonical, decode, encode
from skills.catalog_index import MAX_INDEX, CatalogError, Revoked, write_index
from skills.folder import read_folder
from skills.new import CannotCreate, create
from skills.wording import shown

_DAY = 86_400  # seconds
_MAX_PASSPHRASE = 1000  # bytes; OpenSSL takes 1,023


class Failed(Exception):
    """`code`: unreadable | unwritable | file-exists | bad-list | passphrases-differ | bad-passphrase."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


Refusal = Failed | CannotCreate | archive.BadArchive | building.CannotBuild | signing.SigningError | CatalogError
REFUSALS = (Failed, CannotCreate, archive.BadArchive, building.CannotBuild, signing.SigningError, CatalogError)


def main(arguments: Sequence[str] | None = None) -> int:
    try:
        return run(arguments)
    except REFUSALS as error:
        _say(f"{error} [{error.code}]")
        return 1


def run(arguments: Sequence[str] | None = None) -> int:
    """As `main`, for whoever says in other words why something was refused.  Errors: Refusal."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.run
    return command(options)


def _new(options: argparse.Namespace) -> int:
    _say(str(create(options.within, options.name)))
    return 0


def _validate(options: argparse.Namespace) -> int:
    return manifest.main([str(options.folder), *(["--json"] if options.json else [])])


def _pack(options: argparse.Namespace) -> int:
    name = Path(os.path.abspath(options.folder)).name  # noqa: PTH100 - resolve() would follow a link to another name
    files, unreadable = read_folder(options.folder)
    report = manifest.validate_files(files, name, unreadable)
    if report.manifest is None:
        for problem in report.problems:
            _say(f"{problem.where or options.folder}: {problem.sentence} [{problem.code}]")
        return 1
    _write(options.out, archive.pack(files))
    _say(f"{name} {report.manifest.version or '(instructions only)'} sha256 {report.manifest.digest}")
    return 0


def _key_new(options: argparse.Namespace) -> int:
    passphrase = None
    if options.lock:
        passphrase = getpass.getpass("Passphrase: ").encode()
        if passphrase != getpass.getpass("Again: ").encode():
            raise Failed("passphrases-differ", "The two passphrases differ.")
        if not 1 <= len(passphrase) <= _MAX_PASSPHRASE:
            raise Failed("bad-passphrase", f"A passphrase has 1 to {_MAX_PASSPHRASE} bytes.")
    key = signing.SigningKey.generate()
    _write(options.file, key.to_pem(passphrase), new=True)
    _say(f"{key.id} {key.public}")
    return 0


def _key_show(options: argparse.Namespace) -> int:
    key = _key(options.file)
    _say(f"{key.id} {key.public}")
    return 0


def _sign(options: argparse.Namespace) -> int:
    release = building.release_of(building.inspect(_read(options.archive, archive.MAX_ARCHIVE)))
    beside = options.archive.with_name(options.archive.name + signing.SUFFIX)
    _write(beside, signing.sign_release(_key(options.key), release))
    _say(f"{release.slug} {release.version} sha256 {release.digest}")
    return 0


def _catalog_build(options: argparse.Namespace) -> int:
    now = int(time.time())
    revoked = _revoked(options.revoked) if options.revoked else ()
    plan = building.Plan(
        options.name, now, now + options.days * _DAY, options.sequence, revoked, signed_only=options.signed_only
    )
    index = building.build(options.folder, plan)
    _write(options.out, write_index(index))
    _say(f"{len(index.skills)} skills, sequence {index.sequence}")
    return 0


def _catalog_sign(options: argparse.Namespace) -> int:
    handovers = [_handover(path) for path in options.handover]
    signed = catalog.sign_index(_key(options.key), _read(options.index, MAX_INDEX), handovers)
    _write(options.out, signed)
    return 0


def _catalog_hand_over(options: argparse.Namespace) -> int:
    found = catalog.hand_over(_key(options.key), options.to)
    _write(options.out, encode({"new": found.new, "old": found.old, "signature": found.signature}) + b"\n")
    return 0


def _catalog_verify(options: argparse.Namespace) -> int:
    data = _read(options.file, MAX_INDEX + catalog.MAX_HEADER)
    found = catalog.verify(data, options.trust, int(time.time()), options.last_sequence)
    _say(f"{shown(found.index.name)} sequence {found.index.sequence}, signed by {found.signer}")
    for slug, entries in sorted(found.index.skills.items()):
        _say(f"{slug}: {', '.join(entry.version for entry in entries)}")
    return 0


def _key(path: Path) -> signing.SigningKey:
    data = _read(path, signing.MAX_KEY_FILE)
    try:
        return signing.SigningKey.from_pem(data)
    except signing.SigningError as error:
        if error.code != "key-locked":
            raise
    return signing.SigningKey.from_pem(data, getpass.getpass("Passphrase: ").encode())


def _handover(path: Path) -> catalog.Handover:
    try:
        fields = decode(_read(path, 1024).removesuffix(b"\n"))
        return catalog.Handover(fields["old"], fields["new"], fields["signature"])
    except (NotCanonical, KeyError, TypeError):
        raise Failed("bad-list", f"{path.name} is no handover.") from None


def _revoked(path: Path) -> tuple[Revoked, ...]:
    """A JSON list of objects, with the fields of the index."""
    try:
        return tuple(Revoked(**item) for item in json.loads(_read(path, MAX_INDEX)))
    except (ValueError, TypeError, RecursionError):
        raise Failed("bad-list", f"{path.name} is no list of what is revoked.") from None


def _read(path: Path, limit: int) -> bytes:
    """At most one byte more than the limit, so that whoever parses it sees that it is too long."""
    try:
        with path.open("rb") as stream:
            return stream.read(limit + 1)
    except OSError as error:
        raise Failed("unreadable", f"{path.name} cannot be read: {error.strerror}.") from error


def _write(path: Path, content: bytes, *, new: bool = False) -> None:
    """`new`: a secret, for its owner alone, never in place of another file."""
    flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0) | (os.O_EXCL if new else os.O_TRUNC)
    try:
        with os.fdopen(os.open(path, flags, 0o600 if new else 0o666), "wb") as stream:
            stream.write(content)
    except FileExistsError:
        raise Failed("file-exists", f"There is a file {path.name} already.") from None
    except OSError as error:
        raise Failed("unwritable", f"{path.name} cannot be written: {error.strerror}.") from error


def _say(line: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(f"{line}\n".encode(encoding, "backslashreplace").decode(encoding))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m skills", description="Make, check, pack, sign and list skills.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    new = _command(commands, "new", _new, "write the skeleton of a skill")
    new.add_argument("name")
    new.add_argument("--in", dest="within", type=Path, default=Path(), metavar="FOLDER")
    validate = _command(commands, "validate", _validate, "say all that is wrong with a skill's folder")
    validate.add_argument("folder", type=Path)
    validate.add_argument("--json", action="store_true", help="print one JSON object")
    pack = _command(commands, "pack", _pack, "make an archive of a skill's folder")
    pack.add_argument("folder", type=Path)
    pack.add_argument("out", type=Path, metavar="OUT.nskill")
    sign = _command(commands, "sign", _sign, "sign an archive as its author; writes ARCHIVE.sig")
    sign.add_argument("archive", type=Path)
    sign.add_argument("--key", type=Path, required=True, metavar="FILE")
    keys = commands.add_parser("key", help="make and show keys").add_subparsers(required=True, metavar="COMMAND")
    key_new = _command(keys, "new", _key_new, "make a key; prints its id and its public part")
    key_new.add_argument("file", type=Path)
    key_new.add_argument("--lock", action="store_true", help="encrypt it with a passphrase, which is asked for")
    _command(keys, "show", _key_show, "print a key's id and its public part").add_argument("file", type=Path)
    _catalog_parser(commands.add_parser("catalog", help="build, sign and check catalogs"))
    return parser


def _catalog_parser(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    build = _command(commands, "build", _catalog_build, "write the index of the archives in a folder")
    build.add_argument("folder", type=Path)
    build.add_argument("--name", required=True)
    build.add_argument("--sequence", type=int, required=True, help="higher than that of every index before")
    build.add_argument("--days", type=int, default=30, help="how long it is valid (30)")
    build.add_argument("--revoked", type=Path, metavar="FILE")
    build.add_argument("--signed-only", action="store_true", help="refuse skills without their author's signature")
    build.add_argument("--out", type=Path, required=True, metavar="INDEX")
    sign = _command(commands, "sign", _catalog_sign, "sign an index: that makes it a catalog")
    sign.add_argument("index", type=Path)
    sign.add_argument("--key", type=Path, required=True, metavar="FILE")
    sign.add_argument("--handover", type=Path, action="append", default=[], metavar="FILE")
    sign.add_argument("--out", type=Path, required=True, metavar="CATALOG")
    hand_over = _command(commands, "hand-over", _catalog_hand_over, "name the key that signs after this one")
    hand_over.add_argument("--key", type=Path, required=True, metavar="FILE")
    hand_over.add_argument("--to", required=True, metavar="PUBLIC-KEY")
    hand_over.add_argument("--out", type=Path, required=True, metavar="FILE")
    verify = _command(commands, "verify", _catalog_verify, "check a catalog as whoever installs from it does")
    verify.add_argument("file", type=Path)
    verify.add_argument("--trust", action="append", required=True, metavar="KEY-ID")
    verify.add_argument("--last-sequence", type=int, default=0, metavar="N")


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: Callable[[argparse.Namespace], int],
    help_text: str,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=help_text, description=help_text)
    parser.set_defaults(run=run)
    return parser
