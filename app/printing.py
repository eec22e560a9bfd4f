"""What each command prints for people.  The same maps that --json prints come in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TextIO

from app.actions import (
    agents_cli,
    approvals_cli,
    backup_cli,
    chain_cli,
    disclosures_cli,
    drafts_cli,
    embedders_cli,
    interop_cli,
    letters_cli,
    memory_cli,
    offers_cli,
    peers_cli,
    privacy_cli,
    proving_cli,
    receipts_cli,
    reputation_cli,
    running_cli,
    settings_cli,
    skills_cli,
    sources_cli,
    tasks_cli,
    validation_cli,
    wallet_cli,
)
from app.local_time import local
from app.texts import text

Printer = Callable[[dict[str, Any], str, TextIO, str], None]


_UNITS = {"en": ("B", "kB", "MB", "GB"), "fr": ("o", "ko", "Mo", "Go")}


def size(count: int, language: str) -> str:
    """Bytes in the unit a person would choose."""
    amount, power = float(count), 0
    while amount >= 1000 and power < 3:
        amount, power = amount / 1000, power + 1
    shown = f"{amount:.0f}" if not power or amount >= 100 else tenths(amount, language)
    return f"{shown} {_UNITS[language][power]}"


def tenths(amount: float, language: str) -> str:
    """A number to a tenth, as the language writes it."""
    return f"{amount:.1f}".replace(".", "," if language == "fr" else ".")


def _init(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    print(text("cli.created", language, home=result["home"]), file=out)
    words = result["recovery_phrase"].split()
    for row in range(0, len(words), 6):
        print("   " + "  ".join(f"{row + i + 1:2}. {w:<9}" for i, w in enumerate(words[row : row + 6])), file=out)
    print(text("cli.keep_phrase", language), file=out)


def _import(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    line = text("cli.imported", language, count=result["imported"], seconds=tenths(result["seconds"], language))
    if result["duplicates"]:
        line += " " + text("cli.duplicates", language, count=result["duplicates"])
    print(line, file=out)
    if result["failed"]:
        print(text("cli.failed", language, count=len(result["failed"])), file=out)
        for failure in result["failed"]:
            print(f"  {failure['path']}: {failure['reason']}", file=out)
    if result.get("note"):
        print(result["note"], file=out)


def _search(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    for typed, used in result.get("corrected", ()):
        print(text("cli.corrected", language, typed=typed, used=used), file=out)
    if not result["hits"]:
        print(text("cli.no_hits", language), file=out)
    for hit in result["hits"]:
        who = f"  {hit['sender']}" if hit["sender"] else ""
        print(f"{hit['id']}  {(hit['date'] or '')[:10]:10}  {hit['title']}{who}", file=out)
        print(f"    {hit['snippet']}", file=out)


def _show(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    rows = [
        ("title", result["title"]),
        ("from", result["sender"]),
        ("to", ", ".join(result["recipients"])),
        ("date", local(result["date"]) if result["date"] else ""),
        ("authentication", _authentication(result, language)),
        ("found", ", ".join(_marks(result, language))),
        ("attachments", ", ".join(f"{a['name']} ({a['media_type']})" for a in result["attachments"])),
        ("warnings", "; ".join(result["warnings"])),
    ]
    for key, value in rows:
        if value:
            print(f"{text(f'cli.field.{key}', language)}: {value}", file=out)
    print("", file=out)
    print(result["body"], file=out)


def _marks(result: dict[str, Any], language: str) -> list[str]:
    """What a skill found a mail to be."""
    found = list(result["labels"])
    if result["priority"] in ("low", "high"):
        found.append(text(f"cli.found.{result['priority']}", language))
    return [*found, text("cli.found.answer", language)] if result["needs_answer"] else found


def _authentication(result: dict[str, Any], language: str) -> str:
    verdict = result["authentication"]
    return text(f"cli.authentication.{verdict}", language, server=result["authenticated_by"]) if verdict else ""


def _ask(result: dict[str, Any], language: str, out: TextIO, streamed: str) -> None:
    if result["answer"].startswith(streamed.strip()):
        print(result["answer"][len(streamed.strip()) :], file=out)
    else:  # what was streamed did not hold, and nothing takes it off a terminal again
        print(f"\n\n{text('cli.taken_back', language)}\n\n{result['answer']}", file=out)
    for one in result["citations"]:
        date = (one["date"] or "")[:10]
        print(f"\n[{one['number']}] {one['title']}  {one['sender']}  {date}  ({one['id']})", file=out)
        quote = " ".join(one["quote"].split())
        if quote.lstrip("-*+#>• ") not in result["answer"]:
            print(f"    «\u00a0{quote}\u00a0»", file=out)


def _models(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    if not result["models"]:
        print(text("error.no-model", language), file=out)
    for row in result["models"]:
        mark = "*" if row["current"] else " "
        parameters = f"{row['parameters'] / 1e6:.0f} M"
        large = size(row["size"], language)
        print(f"{mark} {row['name']:<32} {parameters:>8}  {large:>8}  {row['digest'][:12]}", file=out)


def _model(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    print(text("cli.model", language, name=result["name"], digest=result["digest"][:12]), file=out)


def _removed(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    print(text("cli.removed", language, name=result["removed"]), file=out)


def _lock(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    print(text(f"cli.state.{result['state']}", language), file=out)


def _status(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    print(text(f"cli.state.{result['state']}", language), file=out)
    rows = [
        ("home", result["home"]),
        ("peer_id", result["peer_id"]),
        ("records", result["records"] if result["state"] == "open" else None),
        ("chunks", f"{result['chunks']} ({result['embedded']})" if result["state"] == "open" else None),
        ("conversations", result["conversations"] if result["state"] == "open" else None),
        ("vault_bytes", size(result["vault_bytes"], language) if result["vault_bytes"] else None),
        ("model", result["model"]),
        ("engine", result["engine"]),
        ("version", result["version"]),
        ("airplane", text("cli.airplane.on", language) if result["airplane"] else None),
    ]
    for key, value in rows:
        if value is not None:
            print(f"  {text(f'cli.field.{key}', language)}: {value}", file=out)


PRINTERS: dict[str, Printer] = {
    "init": _init,
    "import": _import,
    "search": _search,
    "show": _show,
    "ask": _ask,
    "models": _models,
    "model-add": _model,
    "model-use": _model,
    "model-remove": _removed,
    "lock": _lock,
    "status": _status,
    **sources_cli.PRINTERS,
    **privacy_cli.PRINTERS,
    **backup_cli.PRINTERS,
    **proving_cli.PRINTERS,
    **embedders_cli.PRINTERS,
    **skills_cli.PRINTERS,
    **running_cli.PRINTERS,
    **approvals_cli.PRINTERS,
    **memory_cli.PRINTERS,
    **drafts_cli.PRINTERS,
    **interop_cli.PRINTERS,
    **settings_cli.PRINTERS,
    **peers_cli.PRINTERS,
    **tasks_cli.PRINTERS,
    **offers_cli.PRINTERS,
    **letters_cli.PRINTERS,
    **disclosures_cli.PRINTERS,
    **wallet_cli.PRINTERS,
    **chain_cli.PRINTERS,
    **receipts_cli.PRINTERS,
    **reputation_cli.PRINTERS,
    **validation_cli.PRINTERS,
    **agents_cli.PRINTERS,
}
