"""`nuee skills install` and `update`: show in words what a skill asks for, ask, then do exactly that."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, TextIO

from app.texts import text


def install(options: argparse.Namespace, what: str, folder: Path, language: str) -> int:
    """The exit status.  Errors: app.cli.Failure."""
    talk = _Talk(options, folder, language)
    (plan,) = talk.ask("skill-plan", {"what": what})["plans"]
    if not talk.agrees([plan]):
        return talk.declined
    return talk.done(talk.ask("skill-install", {"what": what, "agreed": plan["agreed"]}))


def update(options: argparse.Namespace, folder: Path, language: str) -> int:
    """The exit status.  Errors: app.cli.Failure."""
    talk = _Talk(options, folder, language)
    names = [options.name] if options.name else []
    plans = talk.ask("skill-plan", {"updates": names})["plans"]
    newer = [plan for plan in plans if plan["version"] != plan["before"] or plan["verdict"] != "install"]
    if not talk.agrees(newer):
        return talk.declined
    agreed = [[plan["name"], plan["agreed"]] for plan in newer]
    return talk.done(talk.ask("skill-install", {"updates": agreed}) if agreed else {"installed": []})


class _Talk:
    """Standard output holds the result alone; what is asked goes to standard error."""

    def __init__(self, options: argparse.Namespace, folder: Path, language: str) -> None:
        from app import cli, oneshot

        self._cli = cli
        self._oneshot = oneshot
        self._folder = folder
        self._language = language
        self._yes = bool(options.yes)
        self._json = bool(getattr(options, "json", False))
        self._secret: str | None = None
        if oneshot.needs_secret(folder, "skill-plan"):
            self._secret = cli.secret(options, language, new=False)
        self.declined = cli.EXIT_FAILED

    def ask(self, name: str, args: dict[str, Any]) -> dict[str, Any]:
        given = args if self._secret is None else {**args, "secret": self._secret}
        screen = self._oneshot.Screen(self._language, as_json=self._json)
        return self._oneshot.run(self._folder, name, given, screen, self._language)

    def agrees(self, plans: list[dict[str, Any]]) -> bool:
        """Whether the person wants it.  Errors: Failure where it is refused, or nobody is there to be asked."""
        refused = [reason for plan in plans if plan["verdict"] == "refuse" for reason in plan["reasons"]]
        if refused:
            raise self._cli.Failure(" ".join(refused))
        asking = [plan for plan in plans if plan["verdict"] == "ask"]
        if not asking or self._yes:
            return True
        if not sys.stdin.isatty():
            raise self._cli.Failure(" ".join(self._needs(plan) for plan in asking))
        show_plans({"plans": asking}, self._language, sys.stderr, "")
        sys.stderr.write(text("cli.skills.agree", self._language))
        sys.stderr.flush()
        return sys.stdin.readline().strip().lower() in ("y", "yes", "o", "oui")

    def done(self, result: dict[str, Any]) -> int:
        if self._json:
            sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
        else:
            show_installed(result, self._language, sys.stdout, "")
        return 0

    def _needs(self, plan: dict[str, Any]) -> str:
        key = "error.skill-agree-more" if plan["before"] else "error.skill-agree"
        new = " ".join(one["sentence"] for one in plan["permissions"] if one["new"])
        return text(key, self._language, name=plan["name"], permissions=new)


def show_plans(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    """What each would be allowed, and by an update: what is new and what it gives up."""
    for plan in result["plans"]:
        values = {"name": plan["name"], "version": plan["version"], "before": plan["before"], "source": plan["source"]}
        out.write(text(f"cli.skills.{'plan_update' if plan['before'] else 'plan'}", language, **values) + "\n")
        if plan["signer"]:
            out.write(f"  {text('cli.skills.signer', language)}: {plan['signer']}\n")
        new = [one for one in plan["permissions"] if one["new"]]
        if new:
            out.write(text(f"cli.skills.{'would_more' if plan['before'] else 'would'}", language) + "\n")
        for one in new:
            out.write(f"  + {one['sentence']} ({one['permission']})\n")
        for sentence in plan["lost"]:
            out.write(f"  - {sentence}\n")
        for reason in plan["reasons"]:
            out.write(f"  {reason}\n")


def show_installed(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    if not result["installed"]:
        out.write(text("cli.skills.up_to_date", language) + "\n")
    for row in result["installed"]:
        out.write(text("cli.skills.installed", language, name=row["name"], version=row["version"]).rstrip() + "\n")
