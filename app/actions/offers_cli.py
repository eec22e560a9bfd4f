"""On the command line: what this node does for other people's agents."""

from __future__ import annotations

import argparse
from typing import Any, TextIO

from app.actions.group import AddCommand, Printer, Say, whole_number
from app.actions.tasks_cli import KINDS
from app.chain.amounts import decimal_text
from app.swarm import validates
from app.swarm.explaining import credits_text, price_asked
from app.swarm.paying import TOKEN_PRICE
from app.texts import text
from app.views.plain import one_line

_amount = whole_number(2**53)
_CHANGES = ("audience", "quota", "price", "at_once", "hours", "days")


def arguments(command: AddCommand, say: Say) -> None:
    """Add this group's commands to the parser."""
    action = command.actions(command("offers"))
    action("list")
    action("of").add_argument("name", metavar="PEER", help=say("offers_of"))
    setting = action("set")
    setting.add_argument("kind", choices=KINDS, metavar="KIND", help=say("offers_kind"))
    setting.add_argument("--to", choices=("nobody", "contacts", "open"), dest="audience", help=say("offers_to"))
    setting.add_argument("--quota", type=_amount, metavar="N", help=say("offers_quota"))
    setting.add_argument("--price", type=_price, metavar="N", help=say("offers_price"))
    setting.add_argument("--token-price", metavar="AMOUNT", help=say("offers_token_price"))
    setting.add_argument("--at-once", type=whole_number(64), metavar="N", help=say("offers_at_once"))
    setting.add_argument("--hours", metavar="HH:MM-HH:MM", help=say("offers_hours"))
    setting.add_argument("--days", metavar="DAYS", help=say("offers_days"))
    setting.add_argument("--ask", choices=("yes", "no"), help=say("offers_ask"))
    setting.add_argument("--skill", action="append", metavar="NAME", help=say("offers_skill"))
    setting.add_argument("--model", action="append", metavar="NAME", help=say("offers_model"))
    setting.add_argument("--validator", metavar="PEER", help=say("offers_validator"))
    setting.add_argument("--validates", choices=validates.RULES, help=say("offers_validates"))
    for name in ("add", "remove"):
        changing = action(name)
        changing.add_argument("kind", choices=KINDS, metavar="KIND", help=say("offers_kind"))
        changing.add_argument("names", nargs="*", metavar="NAME", help=say("offers_names"))


def _price(value: str) -> int:
    return 0 if value == "0" else _amount(value)


def request(options: argparse.Namespace, language: str) -> tuple[str, dict[str, Any]] | None:  # noqa: ARG001
    """The name and the arguments of the command as `app.requests` wants them; None for another group's."""
    if options.command != "offers":
        return None
    match options.action:
        case "add" | "remove":
            name = "offer-more" if options.action == "add" else "offer-less"
            return name, {"kind": options.kind, "names": options.names}
        case "of":
            return "offers-of", {"name": options.name}
        case "set":
            return "offer-set", {"kind": options.kind, "changes": _changes(options)}
        case _:
            return "offers", {}


def _changes(options: argparse.Namespace) -> dict[str, Any]:
    changes = {name: getattr(options, name) for name in _CHANGES}
    if options.ask is not None:
        changes["asks"] = options.ask == "yes"
    settings = {"skills": options.skill, "models": options.model, TOKEN_PRICE: options.token_price}
    settings |= {validates.VALIDATOR: options.validator, validates.VALIDATES: options.validates}
    changes["settings"] = {name: value for name, value in settings.items() if value is not None} or None
    return changes


def _list(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    for row in result["offers"]:
        _row(row, language, out, "")


def _row(row: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    told = [text(f"swarm.audience.{row['audience']}", language)]
    if row["audience"] != "nobody":
        told += _terms(row, language)
    out.write(f"{row['kind']:<10} {', '.join(told)}\n           {row['about']}\n")
    for one in row["used"]:
        said = text("cli.offers.used", language, name=one_line(one["name"]), unit=row["unit"], **_numbers(one))
        out.write(f"           {said}\n")


def _terms(row: dict[str, Any], language: str) -> list[str]:
    settings = row["settings"]
    told = [text("cli.task.quota", language, quota=row["quota"], unit=row["unit"])]
    if row["price"]:
        told.append(text("cli.offers.price", language, price=credits_text(row["price"], language)))
    if settings.get(TOKEN_PRICE):
        price = decimal_text(str(settings[TOKEN_PRICE]), "", language)
        told.append(text("cli.offers.token_price", language, price=price))
    told.append(text("cli.offers.at_once", language, count=row["at_once"]))
    if row["asks"]:
        told.append(text("cli.task.asks", language))
    if settings.get("hours"):
        told.append(str(settings["hours"]))
    if settings.get("days"):
        told.append(" ".join(text(f"cli.offers.day_{day}", language) for day in settings["days"]))
    if row["kind"] == validates.KIND:
        told.append(text(f"cli.validation.offer_{settings.get(validates.VALIDATES, 'ask')}", language))
    if settings.get(validates.NAME):
        told.append(text("cli.validation.offer_validator", language, name=one_line(settings[validates.NAME])))
    return told + [one_line(str(name)) for key in ("skills", "models") for name in settings.get(key, ())]


def _numbers(one: dict[str, Any]) -> dict[str, int]:
    return {"used": one["used"], "left": one["left"]}


def _of(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    from app.printing import size  # which imports this

    name = one_line(result["name"])
    if not result["here"] or not result["offers"]:
        key = "nothing" if result["here"] else "away"
        out.write(text(f"cli.offers.{key}", language, name=name) + "\n")
    for one in result["offers"]:
        out.write(f"{one['kind']:<10} {price_asked(one, language)}\n")
        for skill in one["skills"]:
            out.write(f"           {one_line(skill['title'])} ({skill['skill']} {skill['entry']})\n")
        for model in one["models"]:
            large = size(model["size"], language)
            out.write(f"           {one_line(model['name'])} ({model['sha256'][:12]}, {large})\n")


PRINTERS: dict[str, Printer] = {
    "offers-of": _of,
    "offers": _list,
    "offer-set": _row,
    "offer-more": _row,
    "offer-less": _row,
}
