"""What authors of skills and keepers of catalogs do on the command line.  It needs no vault and no node."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from app.actions.group import AddCommand, Say
from app.catalogs import INDEX
from app.errors import sentence
from app.results import CommandFailed
from app.texts import text

_SKILLS = ("new", "validate", "pack", "sign", "key")
_CATALOG = ("build", "sign", "hand-over", "verify", "serve")
_UNSIGNED = "nuee.index"
_MAX_DAYS = 366


def skills(actions: AddCommand, say: Say) -> None:
    """Add the commands of authors to `nuee skills`."""
    new = actions("new")
    new.add_argument("name", metavar="NAME", help=say("skills_new_name"))
    new.add_argument("--in", dest="within", type=Path, default=Path(), metavar="FOLDER", help=say("skills_within"))
    actions("validate").add_argument("folder", type=Path, metavar="FOLDER", help=say("skills_folder"))
    pack = actions("pack")
    pack.add_argument("folder", type=Path, metavar="FOLDER", help=say("skills_folder"))
    pack.add_argument("out", type=Path, metavar="OUT.nskill", help=say("skills_out"))
    sign = actions("sign")
    sign.add_argument("archive", type=Path, metavar="ARCHIVE", help=say("skills_archive"))
    sign.add_argument("--key", type=Path, required=True, metavar="FILE", help=say("skills_key_file"))
    key = actions("key")
    key.add_argument("act", choices=("new", "show"), help=say("skills_key_act"))
    key.add_argument("file", type=Path, metavar="FILE", help=say("skills_key_file"))
    key.add_argument("--lock", action="store_true", help=say("skills_key_lock"))


def catalog(actions: AddCommand, say: Say) -> None:
    """Add the commands of keepers to `nuee catalog`."""
    build = actions("build")
    build.add_argument("folder", type=Path, metavar="FOLDER", help=say("catalog_folder"))
    build.add_argument("--name", required=True, metavar="NAME", help=say("catalog_name"))
    build.add_argument("--sequence", type=int, required=True, metavar="N", help=say("catalog_sequence"))
    build.add_argument("--days", type=int, default=30, metavar="N", help=say("catalog_days"))
    build.add_argument("--revoked", type=Path, metavar="FILE", help=say("catalog_revoked"))
    build.add_argument("--signed-only", action="store_true", help=say("catalog_signed_only"))
    build.add_argument("--out", type=Path, metavar="INDEX", help=say("catalog_build_out"))
    sign = actions("sign")
    sign.add_argument("index", type=Path, metavar="INDEX", help=say("catalog_index"))
    sign.add_argument("--key", type=Path, required=True, metavar="FILE", help=say("skills_key_file"))
    sign.add_argument(
        "--handover", type=Path, action="append", default=[], metavar="FILE", help=say("catalog_handover")
    )
    sign.add_argument("--out", type=Path, metavar="CATALOG", help=say("catalog_sign_out"))
    hand_over = actions("hand-over")
    hand_over.add_argument("--key", type=Path, required=True, metavar="FILE", help=say("skills_key_file"))
    hand_over.add_argument("--to", required=True, metavar="PUBLIC-KEY", help=say("catalog_to"))
    hand_over.add_argument("--out", type=Path, required=True, metavar="FILE", help=say("catalog_handover_out"))
    verify = actions("verify")
    verify.add_argument("file", type=Path, metavar="CATALOG", help=say("catalog_file"))
    verify.add_argument("--trust", action="append", required=True, metavar="KEY-ID", help=say("catalog_trusted"))
    verify.add_argument("--last-sequence", type=int, default=0, metavar="N", help=say("catalog_last"))
    serve = actions("serve")
    serve.add_argument("folder", type=Path, metavar="FOLDER", help=say("catalog_folder"))
    serve.add_argument("--port", type=int, default=0, metavar="N", help=say("catalog_port"))
    serve.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help=say("catalog_host"))
    serve.add_argument("--cert", type=Path, metavar="FILE", help=say("catalog_cert"))
    serve.add_argument("--key", type=Path, metavar="FILE", help=say("catalog_cert_key"))


def does(options: argparse.Namespace) -> bool:
    """Whether `run` does this command."""
    action = getattr(options, "action", None)
    return (options.command == "skills" and action in _SKILLS) or (options.command == "catalog" and action in _CATALOG)


def run(options: argparse.Namespace, language: str) -> int:
    """The exit status.  Errors: app.cli.Failure."""
    from app.catalogs.refusals import UNUSABLE, failed
    from app.cli import Failure
    from skills import cli

    try:
        if options.action == "serve":
            return _serve(options, language)
        return cli.run(command(options))
    except UNUSABLE as error:
        raise Failure(sentence(failed(error), language)) from error
    except CommandFailed as error:
        raise Failure(sentence(error, language)) from error


def _serve(options: argparse.Namespace, language: str) -> int:
    from app.catalogs import serving

    server = serving.opened(options.folder, options.host, options.port, options.cert, options.key)
    sys.stdout.write(text("cli.skills.serving", language, address=server.address) + "\n")
    sys.stdout.flush()
    serving.run(server)
    return 0


def command(options: argparse.Namespace) -> list[str]:
    """The same for `python -m skills`."""
    words: list[Any]
    match options.command, options.action:
        case "skills", "new":
            words = ["new", "--in", options.within, "--", options.name]
        case "skills", "validate":
            words = ["validate", *(["--json"] if getattr(options, "json", False) else []), "--", options.folder]
        case "skills", "pack":
            words = ["pack", "--", options.folder, options.out]
        case "skills", "sign":
            words = ["sign", "--key", options.key, "--", options.archive]
        case "skills", "key":
            words = ["key", options.act, *(["--lock"] if options.lock and options.act == "new" else [])]
            words += ["--", options.file]
        case "catalog", "build":
            words = ["catalog", "build", "--name", options.name, "--sequence", options.sequence]
            words += ["--days", min(max(options.days, 1), _MAX_DAYS)]
            words += ["--revoked", options.revoked] if options.revoked else []
            words += ["--signed-only"] if options.signed_only else []
            words += ["--out", options.out or options.folder / _UNSIGNED, "--", options.folder]
        case "catalog", "sign":
            words = ["catalog", "sign", "--key", options.key, "--out", options.out or options.index.with_name(INDEX)]
            words += [word for path in options.handover for word in ("--handover", path)]
            words += ["--", options.index]
        case "catalog", "hand-over":
            words = ["catalog", "hand-over", "--key", options.key, "--to", options.to, "--out", options.out]
        case _:
            words = ["catalog", "verify", "--last-sequence", options.last_sequence]
            words += [word for key in options.trust for word in ("--trust", key)] + ["--", options.file]
    return [str(word) for word in words]
