"""`nuee memory` and `nuee drafts`: what the agent remembers, and what it wrote for its person, over a real vault."""

from __future__ import annotations

import io
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
import trio

from app import cli
from app.actions import drafts, memory
from app.node import Node
from app.printing import PRINTERS
from app.requests import REQUESTS
from app.results import CommandFailed
from storage.drafts import Message
from storage.vault import Vault, VaultError
from tests.unit.vault_fixtures import mail, path_fixture, vault_fixture

__all__ = ["path_fixture", "vault_fixture"]

SOURCE = mail("Allergies", "Please remember that Zoé must never eat any walnuts at all.", external_id="a@x")


def node_over(vault: Vault) -> Node:
    """As much of a node as these commands touch: the vault, and threads for what blocks."""

    async def blocking(work: Callable[..., Any], *args: Any) -> Any:
        return await trio.to_thread.run_sync(work, *args)

    return cast(Node, SimpleNamespace(vault=SimpleNamespace(vault=vault), blocking=blocking, language="en"))


def asked(*words: str, command: str = "memory") -> tuple[str, dict[str, Any]]:
    return cli.request(cli.parser("en").parse_args([command, *words]), "en")


def printed(name: str, result: dict[str, Any], language: str = "en") -> str:
    out = io.StringIO()
    PRINTERS[name](result, language, out, "")
    return out.getvalue()


async def run(vault: Vault, *words: str, command: str = "memory") -> dict[str, Any]:
    name, args = asked(*words, command=command)
    return await REQUESTS[name][0](node_over(vault), args, lambda _: None)


async def test_what_is_told_is_listed_with_its_source_and_date(vault: Vault) -> None:
    await run(vault, "add", "My sister is Élodie.")
    (row,) = await memory.facts(node_over(vault))
    assert (row.text, row.kind, row.source, row.confirmed) == ("My sister is Élodie.", "fact", "you", True)
    assert row.created.endswith("+00:00")


async def test_a_standing_instruction_is_kept_apart_from_facts(vault: Vault) -> None:
    await run(vault, "add", "Never answer newsletters.", "--instruction")
    await run(vault, "add", "My sister is Élodie.")
    listed = await run(vault, "list", "--kind", "instruction")
    assert [row["text"] for row in listed["memory"]] == ["Never answer newsletters."]


async def test_what_a_record_says_names_it_and_waits_for_confirmation(vault: Vault) -> None:
    vault.library.add([SOURCE])
    number = vault.facts.add("Zoé eats no walnuts.", source=SOURCE.id())
    said = printed("memory", await run(vault, "list"))
    assert "from “Allergies”" in said
    assert f"not confirmed: nuee memory confirm {number}" in said
    await run(vault, "confirm", str(number))
    assert "not confirmed" not in printed("memory", await run(vault, "list"))


async def test_other_words_rest_on_the_person_alone(vault: Vault) -> None:
    vault.library.add([SOURCE])
    number = vault.facts.add("Zoé eats no walnuts.", source=SOURCE.id())
    row = await memory.edit_fact(node_over(vault), number, "Zoé eats no nuts.")
    assert (row.text, row.source, row.confirmed) == ("Zoé eats no nuts.", "you", True)


async def test_what_is_removed_is_gone(vault: Vault) -> None:
    row = await memory.add_fact(node_over(vault), "My sister is Élodie.")
    assert await run(vault, "remove", str(row.id)) == {"removed": row.id}
    assert await memory.facts(node_over(vault)) == ()
    with pytest.raises(VaultError) as refused:
        await memory.remove_fact(node_over(vault), row.id)
    assert refused.value.code == "unknown-fact"


async def test_there_are_two_kinds(vault: Vault) -> None:
    with pytest.raises(CommandFailed) as refused:
        await memory.add_fact(node_over(vault), "x y", "order")
    assert refused.value.key == "fact-kind"


def test_an_empty_memory_says_how_to_fill_it() -> None:
    assert "nuee memory add" in printed("memory", {"memory": []}, "fr")


def test_without_an_action_everything_is_listed() -> None:
    assert asked() == ("memory", {"kind": ""})


def draft(vault: Vault) -> int:
    message = Message(("sophie@example.org",), "Friday", "At five suits me.", ("bob@example.org",))
    return vault.drafts.add(message, skill="reply")


async def test_a_draft_is_listed_shown_whole_and_thrown_away(vault: Vault) -> None:
    number = str(draft(vault))
    assert "sophie@example.org: Friday" in printed("drafts", await run(vault, "list", command="drafts"))
    whole = printed("draft", await run(vault, "show", number, command="drafts"))
    assert whole.splitlines() == [
        "From: (no account is set up for sending)",
        "To: sophie@example.org",
        "Copy to: bob@example.org",
        "Subject: Friday",
        "",
        "At five suits me.",
    ]
    await run(vault, "remove", number, command="drafts")
    assert printed("drafts", await run(vault, command="drafts")) == "No drafts.\n"


async def test_a_draft_in_other_words_goes_to_the_same_people(vault: Vault) -> None:
    row = await drafts.edit_draft(node_over(vault), draft(vault), "Saturday", "At six.")
    assert (row.to, row.cc, row.subject, row.text) == (
        ("sophie@example.org",),
        ("bob@example.org",),
        "Saturday",
        "At six.",
    )
