"""Write what the router learns from the program's own texts: `python -m tests.vectors.lessons`.

Run after an example of a bundled skill or of `agent.everyday` was changed; a test says so.
"""

from __future__ import annotations

from pathlib import Path

from agent.router import lesson
from agent.tools import Tool, tools
from app import lessons, services
from app.catalogs import bundled
from installer import places
from skills.manifest import validate
from storage.embedder import Embedder
from tests.paths import ROOT

FILE = ROOT / "app" / lessons.FILE


def own() -> tuple[Tool, ...]:
    """The tools of the bundled skills."""
    where = bundled.folder()
    found = [validate(where / name).manifest for name in bundled.names(where)]
    return tools([manifest for manifest in found if manifest is not None])


def texts() -> list[str]:
    return list(dict.fromkeys(lesson(own())[0]))


def make(file: Path) -> None:
    worker = services.start("embed")
    try:
        embedder = Embedder(worker, str(places.embedder()))
        embedder.load()
        said = texts()
        rows = embedder.encode(said)
        file.write_bytes(lessons.pack(embedder.model, dict(zip(map(lessons.name, said), rows, strict=True))))
    finally:
        worker.kill()


if __name__ == "__main__":
    make(FILE)
