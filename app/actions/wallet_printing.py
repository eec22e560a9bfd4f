"""What the commands on the wallet print."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TextIO

from app.actions.group import Printer
from app.chain.amounts import with_worth
from app.local_time import local
from app.texts import text
from app.views.plain import one_line as plain

LAST = 253_402_300_799  # 9999-12-31T23:59:59Z
_SHORT = 12  # digits of a digest that are shown and enough to name it


def _show(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    def say(key: str, **values: Any) -> None:
        out.write(text(f"cli.wallet.{key}", language, **values) + "\n")

    say("account", number=result["account"], address=result["address"])
    if not result["chain"]:
        say("no_chain")
    else:
        say("chain", name=plain(result["chain"]), worth=result["worth"])
        if not result["on"]:
            say("off", name=plain(result["chain"]))
        if result["problem"]:
            out.write(f"  {result['problem']}\n")
        _balances(result["balances"], out)
        _limits(result, language, out)
    if result["rate"]:
        out.write(f"{result['rate']}\n")
    for row in result["delegates"]:
        _delegate(row, language, out, "")
    if result["waiting"]:
        say("waiting", count=result["waiting"])


def _turned(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    turned = result["turned"]
    key = "turned_off" if not turned["on"] else "turned_on_real" if turned["real"] else "turned_on"
    out.write(text(f"cli.wallet.{key}", language, name=plain(turned["name"])) + "\n")


def _balances(rows: list[dict[str, Any]], out: TextIO) -> None:
    for money in rows:
        out.write(f"  {_money(money)}\n")


def _money(money: dict[str, Any]) -> str:
    return with_worth(str(money["shown"]), str(money["worth"]))


def _limits(result: dict[str, Any], language: str, out: TextIO) -> None:
    for row in result["limits"]:
        values = {name: _money(row[name]) for name in ("task", "day", "peer", "ask_above", "spent")}
        out.write(text("cli.wallet.limits", language, **values) + "\n")
    values = {"fees": _money(result["fees"]), "spent": _money(result["fees_spent"])}
    out.write(text("cli.wallet.fees", language, **values) + "\n")


def _history(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    for row in result["history"]:
        out.write(f"{local(row['at'])}  {row['text']}\n")
        out.write(f"    {row['state_text']}  {row['hash']}\n")
        if row["problem"]:
            out.write(f"    {row['problem']}\n")
    if not result["history"]:
        out.write(text("cli.wallet.no_history", language) + "\n")


def _payments(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    for row in result["movements"]:
        known = f"{plain(row['other_text'])} " if row["other_text"] else ""
        said = text(f"cli.wallet.{row['way']}", language, amount=_money(row["money"]), other=f"{known}{row['other']}")
        out.write(f"{local(row['at'])}  {said}\n    {row['hash']}\n")
    key = "payments_since" if result["movements"] else "no_payments"
    out.write(text(f"cli.wallet.{key}", language, address=result["address"], block=result["since"]) + "\n")


def _pending(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    for row in result["pending"]:
        _ask(row, language, out)
    if not result["pending"]:
        out.write(text("cli.wallet.none_pending", language) + "\n")


def _ask(row: dict[str, Any], language: str, out: TextIO) -> None:
    out.write(f"{row['digest'][:_SHORT]}  {local(row['at'])}\n  {row['text']}\n")
    for label, value in row["rows"]:
        out.write(f"    {label}: {value}\n")
    if row["counts"]:
        out.write(f"  {row['counts']}\n")
    if row["state"] == "waiting":
        out.write("  " + text("cli.wallet.answer", language, digest=row["digest"][:_SHORT]) + "\n")


def _decided(row: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    out.write(text(f"cli.wallet.decided_{row['state']}", language, text=row["text"]) + "\n")
    if row["counts"]:
        out.write(f"{row['counts']}\n")


def _account(result: dict[str, Any], _language: str, out: TextIO, _streamed: str) -> None:
    name = f"{plain(result['name'])}: " if result["name"] else ""
    out.write(f"{name}{result['address']}\n")
    _balances(result["balances"], out)
    if result["problem"]:
        out.write(f"  {result['problem']}\n")


def _watching(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    for row in result["watching"]:
        _account(row, language, out, "")
    if not result["watching"]:
        out.write(text("cli.wallet.none_watched", language) + "\n")


def _unwatched(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    out.write(text("cli.wallet.unwatched", language, address=plain(result["unwatched"])) + "\n")


def _delegate(row: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    key = "delegate_over" if row["over"] else "delegate"
    values = {name: _money(row[name]) for name in ("task", "day", "peer", "spent")}
    values |= {"name": plain(row["name"]), "until": local(row["until"]), "network": row["network"]}
    said = text(f"cli.wallet.{key}", language, **values)
    out.write(f"{said}\n    {row['did']}\n")


def _delegates(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    for row in result["delegates"]:
        _delegate(row, language, out, "")
    if not result["delegates"]:
        out.write(text("cli.wallet.no_delegates", language) + "\n")


def _undelegated(row: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    out.write(text("cli.wallet.undelegated", language, name=plain(row["name"] or row["did"])) + "\n")


def _authority(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    values = {name: _money(result[name]) for name in ("task", "day", "peer", "spent")}
    until = datetime.fromtimestamp(min(result["until"], LAST)).strftime("%Y-%m-%d %H:%M")
    values |= {"name": plain(result["peer_name"]), "network": result["network"], "until": until}
    out.write(text(f"cli.wallet.authority{'_over' if result['over'] else ''}", language, **values) + "\n")
    out.write(f"    {result['account']}\n")


def _asked(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    out.write(f"{result['text']}\n")
    key = "asked_waits" if result["asks"] else "asked_sent"
    name = plain(result["peer_name"])
    out.write(text(f"cli.wallet.{key}", language, name=name, hash=result["hash"], again=result["again"]) + "\n")


PRINTERS: dict[str, Printer] = {
    "wallet": _show,
    "wallet-limits": _show,
    "wallet-network": _turned,
    "wallet-rate": _show,
    "wallet-history": _history,
    "wallet-movements": _payments,
    "wallet-pending": _pending,
    "wallet-decide": _decided,
    "wallet-account": _account,
    "wallet-watch": _account,
    "wallet-unwatch": _unwatched,
    "wallet-watching": _watching,
    "wallet-delegate-add": _delegate,
    "wallet-delegate-remove": _undelegated,
    "wallet-delegates": _delegates,
    "wallet-authority": _authority,
    "wallet-ask-for": _asked,
}
