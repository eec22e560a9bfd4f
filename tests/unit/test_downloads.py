"""A model from an address, over a real HTTP server on loopback that serves the real model."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from agent.models import DEFAULT_DIGEST
from app import commands
from app.node import open_node
from app.results import Progress
from installer import places
from installer.fetch import FetchFailed

MODEL = places.models() / f"{DEFAULT_DIGEST}.gguf"
pytestmark = pytest.mark.skipif(not MODEL.exists(), reason="the default model is not installed")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the test's screen."""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "model.gguf").symlink_to(MODEL)
    (tmp_path / "served" / "page.html").write_text("<html>not a model</html>")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tmp_path / "served")))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NUEE_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


async def test_a_model_comes_from_an_address_and_is_the_same(home: Path, store: Path, address: str) -> None:
    seen: list[object] = []
    async with open_node(home) as node:
        row = await commands.add_model(node, f"{address}/model.gguf", seen.append)
    assert row.digest == DEFAULT_DIGEST
    assert {event.stage for event in seen if isinstance(event, Progress)} == {"downloading", "hashing"}
    assert sorted(file.suffix for file in store.iterdir()) == [".gguf", ".json"]


async def test_what_is_no_model_is_refused_and_leaves_nothing(home: Path, store: Path, address: str) -> None:
    async with open_node(home) as node:
        with pytest.raises(Exception, match="GGUF"):
            await commands.add_model(node, f"{address}/page.html")
    assert list(store.iterdir()) == []


async def test_an_address_that_can_be_listened_to_is_refused(home: Path, store: Path) -> None:
    async with open_node(home) as node:
        with pytest.raises(FetchFailed) as caught:
            await commands.add_model(node, "http://example.org/model.gguf")
    assert caught.value.code == "address"
