"""`python -m benchmarks routing [--split dev|held|all|unseen] [--show] [--skills FOLDER] [--no-model]`: the tool.

200 requests over the bundled skills and 40 that need none (benchmarks/data/routing.txt), as people type them, on
Wednesday 4 March 2026, with the arguments that must be found.  A third, by the hash of the request, was held back and
partly seen while building.  Never looked at is `unseen`, 40 requests and 20 that need none (routing-unseen.txt), which
no other split contains.  Three routers in one run: ours; the embedding model alone (the nearest example by cosine, the
same examples); the model alone, which chooses among all tools under a grammar.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import trio

from agent.arguments import Surroundings, fill
from agent.llama_client import LlamaClient
from agent.models import ModelStore
from agent.question import language
from agent.router import NONE, Router, lesson
from agent.tools import Tool, tools
from app import services
from app.chooser import ModelChooser
from installer import places
from skills.manifest import validate
from storage.embedder import Embedder

REQUESTS = Path(__file__).parent / "data" / "routing.txt"
PRACTICE = Path(__file__).parent / "data" / "routing-practice.txt"
UNSEEN = Path(__file__).parent / "data" / "routing-unseen.txt"
BUNDLED = Path(__file__).parents[1] / "skills" / "bundled"
TODAY = date(2026, 3, 4)
GOAL = 0.90
ROUTERS = ("ours", "embedding", "model")


@dataclass(frozen=True)
class Request:
    """`tool`: "skill entry", several where more than one serves, "" for none; `arguments`: those that must be found."""

    text: str
    tools: tuple[str, ...]
    arguments: dict[str, str]

    @property
    def held(self) -> bool:
        return hashlib.sha256(self.text.encode()).digest()[0] % 3 == 0


def requests(file: Path = REQUESTS) -> list[Request]:
    found = []
    for line in file.read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            names, text, *said = (part.strip() for part in line.split("|"))
            wanted = dict(part.split("=", 1) for part in said[0].split("; ")) if said and said[0] else {}
            named = tuple(NONE if name == "none" else name.replace(".", " ") for name in names.split(","))
            found.append(Request(text, named, wanted))
    return found


def bundled(folder: Path) -> tuple[Tool, ...]:
    """Errors: SystemExit for a skill that is not valid."""
    manifests = []
    for one in sorted(folder.iterdir()):
        if (one / "skill.toml").exists():
            report = validate(one)
            if report.manifest is None:
                raise SystemExit(f"{one.name}: {report.problems[0].sentence}")
            manifests.append(report.manifest)
    return tools(manifests)


class Meaning:
    """The embedder, as the router sees it."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.model = embedder.model
        self._lesson: tuple[list[str], Any] = ([], None)  # the last many texts: two routers learn from the same

    async def vectors(self, texts: Sequence[str]) -> Any:
        asked = list(texts)
        if asked == self._lesson[0]:
            return self._lesson[1]
        found = await trio.to_thread.run_sync(functools.partial(self._embedder.encode, asked))
        if len(asked) > 1:
            self._lesson = asked, found
        return found

    async def lessons(self, texts: Sequence[str]) -> Any:
        return await self.vectors(texts)


@dataclass(frozen=True)
class Outcome:
    request: Request
    router: str
    tool: str
    arguments: dict[str, Any]
    ms: float

    @property
    def right(self) -> bool:
        return self.tool in self.request.tools

    @property
    def right_arguments(self) -> bool:
        """Judged where the tool is right and arguments are wanted; a plain answer needs none."""
        if self.tool == NONE:
            return True
        given = {key: str(value).casefold() for key, value in self.arguments.items()}
        return all(given.get(key) == value.casefold() for key, value in self.request.arguments.items())


async def route_all(
    asked: Sequence[Request], known: Sequence[Tool], llm: LlamaClient, meaning: Meaning, *, model: bool
) -> list[Outcome]:
    by_name = {tool.name: tool for tool in known}
    router = Router(meaning, llm)
    await router.warm(known)
    texts, labels = lesson([tool for tool in known if tool.choosable])
    vectors = await meaning.vectors(texts)
    found = []
    for one in asked:
        begun = time.perf_counter()
        route = await router.route(one.text, language(one.text, "en"), known, Surroundings(TODAY))
        ms = (time.perf_counter() - begun) * 1000
        name = route.tool.name if route.tool else NONE
        found.append(Outcome(one, "ours", name, dict(route.arguments or {}), ms))
        begun = time.perf_counter()
        near = labels[int(np.argmax(vectors @ (await meaning.vectors([one.text]))[0]))]
        found.append(_filled(one, "embedding", near, by_name, begun))
    if model:
        found += await _model_alone(asked, [tool for tool in known if tool.choosable], router)
    return found


async def _model_alone(asked: Sequence[Request], known: Sequence[Tool], router: Router) -> list[Outcome]:
    """One language after the other: all requests of one begin with the same words, which the model keeps in memory."""
    by_name = {tool.name: tool for tool in known}
    found = []
    for number, one in enumerate(sorted(asked, key=lambda one: language(one.text, "en")), start=1):
        begun = time.perf_counter()
        chosen = await router.choose(one.text, language(one.text, "en"), known)
        found.append(_filled(one, "model", chosen.name if chosen else NONE, by_name, begun))
        if number % 20 == 0:
            print(f"model alone: {number} of {len(asked)}", file=sys.stderr, flush=True)
    return found


def _filled(one: Request, router: str, name: str, known: dict[str, Tool], begun: float) -> Outcome:
    values = dict(fill(known[name], one.text, Surroundings(TODAY)).values) if name else {}
    return Outcome(one, router, name, values, (time.perf_counter() - begun) * 1000)


def figures(outcomes: Sequence[Outcome]) -> dict[str, dict[str, float]]:
    """By router: the share of right tools, of none where none is right, and of right arguments."""
    table = {}
    for router in ROUTERS:
        own = [one for one in outcomes if one.router == router]
        if not own:
            continue
        none = [one for one in own if one.request.tools == (NONE,)]
        wanted = [one for one in own if one.request.arguments]
        acted = [one for one in none if one.tool != NONE]
        table[router] = {
            "tool": _share(one.right for one in own),
            "none": _share(one.right for one in none),
            "arguments": _share(one.right and one.right_arguments for one in wanted),
            "arguments where the tool is right": _share(one.right_arguments for one in wanted if one.right),
            "acts unasked": float(len(acted)),
            "p50 ms": float(np.median([one.ms for one in own])),
        }
    return table


def parts(outcomes: Sequence[Outcome]) -> dict[str, dict[str, str]]:
    """Of our router: right tools of all, by language and by skill, "20/25"."""
    table: dict[str, dict[str, str]] = {"language": {}, "skill": {}}
    own = [one for one in outcomes if one.router == "ours"]
    for name, keys in (
        ("language", [language(one.request.text, "en") for one in own]),
        ("skill", [one.request.tools[0].partition(" ")[0] or "none" for one in own]),
    ):
        for key in sorted(set(keys)):
            group = [one.right for one, its in zip(own, keys, strict=True) if its == key]
            table[name][key] = f"{sum(group)}/{len(group)}"
    return table


def _share(values: Any) -> float:
    listed = list(values)
    return sum(listed) / len(listed) if listed else 0.0


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks routing")
    parser.add_argument("--split", choices=("dev", "held", "all", "unseen"), default="all")
    parser.add_argument("--show", action="store_true", help="print what went wrong; of the development part only")
    parser.add_argument("--skills", type=Path, default=BUNDLED)
    parser.add_argument("--no-model", action="store_true")
    options = parser.parse_args(arguments)
    asked = _asked(options.split)
    outcomes = trio.run(functools.partial(_measured, asked, bundled(options.skills), model=not options.no_model))
    if options.show and options.split != "unseen":
        for one in outcomes:
            wrong = not one.right or (one.request.arguments and not one.right_arguments)
            if one.router == "ours" and wrong and not one.request.held:
                wanted = f"{one.request.tools} {one.request.arguments}"
                print(f"{one.request.text!r}: {one.tool or 'none'} {one.arguments}, not {wanted}")
    result = {}
    for split in ("unseen",) if options.split == "unseen" else ("dev", "held", "all"):
        part = [one for one in outcomes if split in ("all", "unseen") or one.request.held == (split == "held")]
        if part:
            result[split] = figures(part)
            print(f"\n{split}: {len(part) // len(result[split])} requests")
            for router, row in result[split].items():
                print(f"  {router:10}" + "  ".join(f"{key} {value:.3f}" for key, value in row.items()))
            for name, counts in parts(part).items():
                print(f"  {'by ' + name:12}" + "  ".join(f"{key} {count}" for key, count in counts.items()))
    print(json.dumps({"goal": GOAL, **result}))
    return 0


def _asked(split: str) -> list[Request]:
    if split == "unseen":
        return requests(UNSEEN)
    return [one for one in requests() if split == "all" or one.held == (split == "held")]


async def _measured(asked: Sequence[Request], known: Sequence[Tool], *, model: bool) -> list[Outcome]:
    worker = services.start("embed")
    models = ModelStore(places.models())
    embedder = Embedder(worker)
    llm = LlamaClient(
        start=functools.partial(services.start, "llama"),
        model=ModelChooser(models).current,
        verify=lambda model: models.verify(model.digest),
        on_restart=lambda: None,
    )
    try:
        await trio.to_thread.run_sync(embedder.load)
        return await route_all(asked, known, llm, Meaning(embedder), model=model)
    finally:
        embedder.kill()
        await llm.aclose()
