"""Links in notes, and what leads where."""

from __future__ import annotations

import time

import pytest

from storage import terms
from storage.note_links import linked
from storage.sources import links
from tests.unit.folder_fixtures import Watched, folder_fixture, opened_fixture  # noqa: F401


def found(text: str) -> list[tuple[str, str]]:
    return [(link.target, link.text) for link in links.find(text)]


@pytest.mark.parametrize(
    ("text", "target", "shown"),
    [
        ("[[Peas]]", "Peas", "Peas"),
        ("[[Peas|the peas]]", "Peas", "the peas"),
        ("[[Peas#Sowing]]", "Peas", "Peas > Sowing"),
        ("[[Peas#Sowing|how]]", "Peas", "how"),
        ("[[Garden/Peas.md]]", "Peas", "Garden/Peas.md"),
        ("| [[Peas\\|the peas]] |", "Peas", "the peas"),
        ("![[Peas]]", "Peas", "Peas"),
        ("[[Version 1.2]]", "Version 1.2", "Version 1.2"),
        ("[peas](Garden/Green%20peas.md#Sowing)", "Green peas", "peas"),
        ("[peas](<Green peas.md>)", "Green peas", "peas"),
        ('[peas](../Peas.markdown "about")', "Peas", "peas"),
        ("[site](https://example.org/a)", "https://example.org/a", "site"),
        ("<https://example.org/a>", "https://example.org/a", "https://example.org/a"),
        ("See https://example.org/a_(b).", "https://example.org/a_(b)", "https://example.org/a_(b)"),
        ("(see https://example.org/a)", "https://example.org/a", "https://example.org/a"),
    ],
)
def test_a_link_has_a_target_and_a_text(text: str, target: str, shown: str) -> None:
    assert found(text) == [(target, shown)]


@pytest.mark.parametrize(
    "text",
    [
        "```\n[[Peas]]\n```",
        "~~~\n```\n[[Peas]]\n~~~",
        "`[[Peas]]`",
        "[[]]",
        "[[#Heading]]",
        "![[photo.png]]",
        "[photo](photo.png)",
        "[mail](mailto:a@example.org)",
        "[up](#top)",
        "[[never closed",
        "https://",
        "[x](obsidian://open?vault=a)",
    ],
)
def test_what_is_code_or_leads_to_no_note_is_no_link(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("piece", ["[[", "[a](", "[[a|", "https://", "![[a#", "[a](<", "`", "[[a]", "((", "))"])
def test_no_text_costs_quadratic_time(piece: str) -> None:
    started = time.monotonic()
    links.find(piece * 200_000)
    assert time.monotonic() - started < 5


def test_very_many_links_are_cut(folder: Watched) -> None:
    assert len(links.find("[[a]] " * 10_000)) == links.MAX_LINKS


def test_the_text_keeps_its_links_readable_and_searchable(folder: Watched) -> None:
    folder.write("Beans.md", "Like [[Peas|the green ones]].")
    folder.sync()
    ((_, one),) = folder.records().items()
    assert one.record.body == "Like [[Peas|the green ones]]."
    assert len(folder.vault.library.match(terms.query("green"), 10)) == 1


def test_tags_are_found_by_their_words(folder: Watched) -> None:
    folder.write("Peas.md", "---\ntags: [garden, spring]\n---\nSow. #vegetable")
    folder.sync()
    for word in ("garden", "#spring", "vegetable"):
        assert len(folder.vault.library.match(terms.query(word), 10)) == 1


def test_outgoing_links_lead_to_notes_or_nowhere(folder: Watched) -> None:
    folder.write("Peas.md", "Sow.")
    folder.write("Beans.md", "Like [[peas|these]], [[Nobody]] and [here](https://Example.org/A).")
    folder.sync()
    notes = folder.records()
    assert linked(folder.vault, notes["Beans"].id).outgoing == [
        ("these", notes["Peas"].id),
        ("Nobody", None),
        ("here <https://Example.org/A>", None),
    ]


def test_backlinks_name_the_notes_that_link_here_newest_first(folder: Watched) -> None:
    folder.write("Été.md", "Sun.")
    folder.write("Old.md", "[[ete]]", age=9000)
    folder.write("New.md", "![[Été#Heat]]", age=1000)
    folder.write("Self.md", "[[Self]]")
    folder.sync()
    notes = folder.records()
    assert linked(folder.vault, notes["Été"].id).backlinks == [(notes["New"].id, "New"), (notes["Old"].id, "Old")]
    assert linked(folder.vault, notes["Self"].id).backlinks == []


def test_of_two_notes_of_a_name_the_nearest_is_meant(folder: Watched) -> None:
    folder.write("a/Peas.md", "# Peas of a")
    folder.write("b/Peas.md", "# Peas of b")
    folder.write("b/Near.md", "[[Peas]]")
    folder.write("b/Far.md", "[[a/Peas]]")
    folder.sync()
    notes = folder.records()
    assert linked(folder.vault, notes["Near"].id).outgoing == [("Peas", notes["Peas of b"].id)]
    assert linked(folder.vault, notes["Far"].id).outgoing == [("a/Peas", notes["Peas of a"].id)]


def test_an_alias_leads_to_its_note_both_ways(folder: Watched) -> None:
    folder.write("Peas.md", "---\naliases: [Petits pois, Green peas]\n---\nSow.")
    folder.write("Beans.md", "Like [[petits pois]].")
    folder.write("Decoy.md", "People write aliases for petits pois.")
    folder.sync()
    notes = folder.records()
    assert linked(folder.vault, notes["Beans"].id).outgoing == [("petits pois", notes["Peas"].id)]
    assert linked(folder.vault, notes["Peas"].id).backlinks == [(notes["Beans"].id, "Beans")]


def test_a_renamed_note_is_found_under_its_new_name(folder: Watched) -> None:
    path = folder.write("Peas.md", "# Sowing\nEarly.")
    folder.write("Beans.md", "[[Green peas]]")
    folder.sync()
    path.rename(folder.root / "Green peas.md")
    folder.sync()
    notes = folder.records()
    assert linked(folder.vault, notes["Sowing"].id).backlinks == [(notes["Beans"].id, "Beans")]
    assert linked(folder.vault, notes["Beans"].id).outgoing == [("Green peas", notes["Sowing"].id)]


def test_a_removed_note_leaves_a_link_to_nowhere(folder: Watched) -> None:
    path = folder.write("Peas.md", "Sow.")
    folder.write("Beans.md", "[[Peas]]")
    folder.sync()
    path.unlink()
    folder.sync()
    folder.now += 100
    folder.sync()
    assert linked(folder.vault, folder.records()["Beans"].id).outgoing == [("Peas", None)]
