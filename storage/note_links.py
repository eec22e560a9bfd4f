"""What a note links to, and which notes link to it."""

from __future__ import annotations

from typing import Any, NamedTuple

from storage import rows, terms
from storage.database import Connection
from storage.sources import links
from storage.threads import fold
from storage.vault import Vault

_MAX_BACKLINKS = 500
_MAX_ALIASES_SOUGHT = 100  # names of one note that are looked for among the aliases of others


class Linked(NamedTuple):
    """`outgoing`: what each link shows, and the id of the note it leads to, None for an address or a note that is not
    there; in the order of the text, each once.  `backlinks`: (id, title), newest first."""

    outgoing: list[tuple[str, str | None]]
    backlinks: list[tuple[str, str]]


def linked(vault: Vault, name: str) -> Linked:
    """For the record with this id.  Blocking; any thread.  Errors: VaultError `unknown-id`, `ambiguous-id`."""
    with vault.read() as connection:
        number = rows.number(connection, name)
        note = rows.load(connection, number).record
        outgoing: dict[tuple[str, str | None], None] = {}
        sought: dict[str, str | None] = {}
        for link in links.find(note.body) if note.kind == "note" else ():
            if link.is_address():
                shown = link.text if link.text == link.target else f"{link.text} <{link.target}>"
                outgoing[shown, None] = None
            else:
                outgoing[link.text, _resolve(connection, link, note.folder, sought)] = None
        names = [fold(alias) for alias in (note.name, *links.aliases(note.body)) if alias] if note.name else []
        return Linked(list(outgoing), _backlinks(connection, number, names))


def _resolve(connection: Connection, link: links.Link, folder: str, sought: dict[str, str | None]) -> str | None:
    """The note that a link means: the one in the folder it names, else beside the linking note, else the nearest to
    the top, else the one that has the name as an alias."""
    found = connection.execute(
        "SELECT id, folder FROM record WHERE name = ? AND kind = 'note' ORDER BY number LIMIT 100", (fold(link.target),)
    ).fetchall()
    if not found:
        key = fold(link.target)
        if key not in sought and len(sought) < _MAX_ALIASES_SOUGHT:
            sought[key] = _by_alias(connection, key)
        return sought.get(key)
    wanted = fold(link.folder)

    def distance(row: Any) -> tuple[bool, bool, int]:
        here = fold(row[1])
        named = not wanted or f"/{here}".endswith(f"/{wanted}")
        return not named, row[1] != folder, here.count("/")

    return str(min(found, key=distance)[0])


def _by_alias(connection: Connection, key: str) -> str | None:
    """The full-text index proposes notes that have the words at their head; what stands there decides."""
    every = " AND ".join(f"({terms.expression([group])})" for group in terms.query_terms(f"aliases {key}"))
    found = connection.execute(
        """SELECT r.id, r.body FROM chunk_terms t JOIN chunk c ON c.id = t.rowid AND c.position = 0
        JOIN record r ON r.number = c.record AND r.kind = 'note' WHERE chunk_terms MATCH ? LIMIT 50""",
        (every,),
    )
    for name, body in found:
        if key in map(fold, links.aliases(body)):
            return str(name)
    return None


def _backlinks(connection: Connection, number: int, names: list[str]) -> list[tuple[str, str]]:
    if not names:
        return []
    gaps = ", ".join("?" * len(names))
    found = connection.execute(
        f"""SELECT DISTINCT r.id, r.title, r.date, r.number FROM link l JOIN record r ON r.number = l.record
        WHERE l.target IN ({gaps}) AND r.number <> ? ORDER BY r.date DESC, r.number DESC LIMIT ?""",  # noqa: S608
        (*names, number, _MAX_BACKLINKS),
    )
    return [(name, title) for name, title, _, _ in found]
