"""Changing the embedding model of a real vault, with real models in real processes: told once, then examined."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio

from app import commands
from app.actions import embedders
from app.embedder_results import EmbedderChange, EmbedderRow, EmbedderUsed
from app.node import Node, open_node
from app.results import CommandFailed, SearchResult
from installer import places
from storage.model_folder import EmbedderError
from tests.unit.embedder_fixtures import default_is_installed, make_models

PASSPHRASE = "gravel otter lantern seventeen"
NOTES = {"Quince": "The jam is ready.", "Boiler": "The plumber repaired the boiler.", "Opera": "Two tickets for Tosca."}


@dataclass
class Story:
    """What happened."""

    added: list[EmbedderRow] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    events: list[object] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    ranked: dict[str, list[float]] = field(default_factory=dict)  # scores of a search, by when
    used: list[EmbedderUsed] = field(default_factory=list)
    meanwhile: list[SearchResult] = field(default_factory=list)
    models: dict[str, list[str]] = field(default_factory=dict)  # whose vectors there are, by when
    rows: dict[str, tuple[EmbedderRow, ...]] = field(default_factory=dict)
    found: dict[str, SearchResult] = field(default_factory=dict)
    dimensions: dict[str, int] = field(default_factory=dict)
    indexed: dict[str, int] = field(default_factory=dict)
    progress: list[object] = field(default_factory=list)
    workers: list[bool] = field(default_factory=list)  # alive after the switch: the old one


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    if not default_is_installed():
        pytest.skip("the default embedding model is not installed")
    folder = tmp_path_factory.mktemp("embedders")
    make_models(folder)
    default = places.embedder()
    (folder / "models").mkdir()
    (folder / "models" / default.name).symlink_to(default)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NUEE_MODELS", str(folder / "models"))
        yield trio.run(tell, folder)


async def tell(folder: Path) -> Story:
    story = Story()
    for title, text in NOTES.items():
        (folder / f"{title}.md").write_text(f"# {title}\n\n{text}\n")
    with trio.fail_after(280):
        async with open_node(folder / "home", story.events.append) as node:
            await commands.create(node, PASSPHRASE)
            await commands.import_paths(node, [str(folder / f"{title}.md") for title in NOTES])
            await commands.embed_all(node)
            await _adding(node, story, folder)
            await _changing(node, story, folder)
            await _calling_off(node, story)
    return story


async def _adding(node: Node, story: Story, folder: Path) -> None:
    shutil.make_archive(str(folder / "order"), "gztar", folder, "order")
    story.added.append(await embedders.add_embedder(node, str(folder / "words")))
    story.ranked["without"] = await _scores(node)
    story.added.append(await embedders.add_embedder(node, str(folder / "order.tar.gz")))
    await node.embedding.searchable()
    await commands.embed_all(node)  # the re-ranker is loaded before that goes on
    assert node.embedding.rerank is not None
    story.scores = list(await node.blocking(node.embedding.rerank, "jam", ["The jam is ready.", "Tosca"]))
    story.ranked["with"] = await _scores(node)
    await embedders.remove_embedder(node, "order")  # its random order would hide what the vectors say


async def _changing(node: Node, story: Story, folder: Path) -> None:
    story.used.append(await embedders.use_embedder(node, "words"))
    await commands.lock(node)  # in the middle of it
    await commands.unlock(node, PASSPHRASE)
    await node.embedding.searchable()
    old = node.embedding._worker
    story.models["cut off"] = await _models(node)
    (folder / "Late.md").write_text("# Late\n\nThe bees came while everything was embedded again.\n")
    await commands.import_paths(node, [str(folder / "Late.md")])
    async with trio.open_nursery() as nursery:
        nursery.start_soon(partial(embedders.embedder_changed, node, story.progress.append))
        while (await _models(node))[0].startswith("all-"):
            story.meanwhile.append(await commands.search(node, "who mended the heating", 3))
            await trio.sleep(0.05)
    await commands.embed_all(node)
    await _look(node, story, "after")
    assert old is not None
    with trio.move_on_after(60):
        while old.alive:  # noqa: ASYNC110 - a process that ends tells nobody here
            await trio.sleep(0.05)
    story.workers.append(old.alive)


async def _calling_off(node: Node, story: Story) -> None:
    story.used.append(await embedders.use_embedder(node, "all-MiniLM-L6-v2"))
    story.refused["removing what it changes to is never"] = await _code(
        partial(embedders.remove_embedder, node, "words")
    )
    story.used.append(await embedders.use_embedder(node, "words"))
    await _look(node, story, "called off")
    story.refused["removing the built-in one"] = await _code(
        partial(embedders.remove_embedder, node, "all-MiniLM-L6-v2")
    )
    story.rows["end"] = await embedders.embedders(node)


async def _look(node: Node, story: Story, when: str) -> None:
    story.models[when] = await _models(node)
    story.rows[when] = await embedders.embedders(node)
    story.found[when] = await commands.search(node, "jam ready", 3)
    story.dimensions[when] = len(await node.embedding.query("jam"))
    story.indexed[when] = (await node.blocking(node.vault.index.stats))["count"]


async def _scores(node: Node) -> list[float]:
    return [hit.score for hit in (await commands.search(node, "who mended the heating", 3)).hits]


async def _models(node: Node) -> list[str]:
    return await node.blocking(node.vault.vault.vectors.models)


async def _code(command: Any) -> str:
    with pytest.raises((CommandFailed, EmbedderError)) as caught:
        await command()
    return str(getattr(caught.value, "key", "") or getattr(caught.value, "code", ""))


def test_an_added_model_was_tried(story: Story) -> None:
    words, order = story.added
    assert (words.name, words.kind, words.dimensions, words.multilingual) == ("words", "embedder", 64, False)
    assert (order.name, order.kind, order.current) == ("order", "reranker", True)


def test_a_re_ranker_scores_every_passage(story: Story) -> None:
    assert len(story.scores) == 2
    assert story.scores[0] != story.scores[1]


def test_search_asks_the_re_ranker(story: Story) -> None:
    assert len(story.ranked["with"]) == len(story.ranked["without"]) == 3
    assert story.ranked["with"] != story.ranked["without"]


def test_the_change_goes_on_behind(story: Story) -> None:
    assert [(used.name, used.current) for used in story.used] == [
        ("words", False),
        ("all-MiniLM-L6-v2", False),
        ("words", True),
    ]


def test_a_change_that_was_cut_off_by_a_lock_goes_on_after_the_unlock(story: Story) -> None:
    assert [name.rpartition("-")[0] for name in story.models["after"]] == ["words"]


def test_searches_by_meaning_never_stop_while_the_model_is_changed(story: Story) -> None:
    assert len(story.meanwhile) > 3
    assert {found.mode for found in story.meanwhile} == {"hybrid"}
    assert {found.hits[0].title for found in story.meanwhile} == {"Boiler"}


def test_after_the_change_the_old_vectors_are_gone_and_the_new_ones_complete(story: Story) -> None:
    current = {row.name: row for row in story.rows["after"]}
    assert (current["words"].current, current["words"].embedded, current["words"].pending) == (True, 4, 0)
    assert (current["all-MiniLM-L6-v2"].current, current["all-MiniLM-L6-v2"].embedded) == (False, 0)
    assert story.dimensions["after"] == 64
    assert story.indexed["after"] == 4


def test_search_uses_the_new_model(story: Story) -> None:
    assert (story.found["after"].mode, story.found["after"].hits[0].title) == ("hybrid", "Quince")


def test_the_old_process_ends(story: Story) -> None:
    assert story.workers == [False]


def test_the_change_is_told_from_the_beginning_to_the_end(story: Story) -> None:
    told = [event.state for event in story.events if isinstance(event, EmbedderChange) and event.name == "words"]
    assert told[0] == "loading"
    assert told[-1] == "done"
    assert {"embedding"} <= set(told)


def test_calling_it_off_leaves_the_model_and_no_vectors_of_the_other(story: Story) -> None:
    assert story.models["called off"] == story.models["after"]
    assert (story.found["called off"].mode, story.dimensions["called off"]) == ("hybrid", 64)
    told = [event.state for event in story.events if isinstance(event, EmbedderChange) and event.name != "words"]
    assert told[-1] == "cancelled"


def test_what_is_in_use_or_built_in_cannot_be_removed(story: Story) -> None:
    assert list(story.refused.values()) == ["embedder-in-use", "embedder-built-in"]


def test_a_removed_re_ranker_is_gone(story: Story) -> None:
    assert [row.name for row in story.rows["end"]] == ["all-MiniLM-L6-v2", "words"]
