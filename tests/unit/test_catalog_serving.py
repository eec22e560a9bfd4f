"""A catalog served on loopback: what is there to be had, and over which connection."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from app.actions import skills
from app.catalogs import serving
from app.catalogs.reading import Reader
from app.results import CommandFailed
from storage.sync import SyncFailed
from tests.servers.certificates import Authority
from tests.unit.catalog_fixtures import KEEPER
from tests.unit.skill_fixtures import Publisher, bench
from tests.unit.web_fixtures import Web, web_fixture  # noqa: F401


@contextmanager
def served(folder: Path, cert: Path | None = None, key: Path | None = None) -> Iterator[serving.Server]:
    server = serving.opened(folder, "127.0.0.1", 0, cert, key)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(name="keeper")
def keeper_fixture(tmp_path: Path) -> Publisher:
    keeper = Publisher(tmp_path / "catalog")
    keeper.add("weather")
    keeper.publish()
    return keeper


async def test_a_skill_is_installed_from_a_catalog_that_is_served(keeper: Publisher, tmp_path: Path) -> None:
    with served(keeper.folder) as server:
        async with bench(tmp_path) as made:
            row = await skills.add_catalog(made.node, server.address, KEEPER.id)
            done = await made.install("weather")
    assert row.address == f"http://127.0.0.1:{server.server_port}/nuee.catalog"
    assert (done.version, done.source) == ("1.0.0", row.address)


async def test_a_catalog_that_is_away_keeps_its_last_index(keeper: Publisher, tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        with served(keeper.folder) as server:
            await skills.add_catalog(made.node, server.address, KEEPER.id)
        (row,) = await skills.refresh_catalogs(made.node, lambda _: None)
        assert "cannot be reached" in row.problem
        assert "weather" in [offer.name for offer in await skills.offers(made.node)]


@pytest.mark.parametrize(
    "target",
    [
        "/../secret.nskill",
        "/%2e%2e/secret.nskill",
        "/x/../../secret.nskill",
        "//secret.nskill",
        "/..\\secret.nskill",
        "/link.nskill",
        "/.hidden.nskill",
        "/keeper.pem",
        "/",
        "/sub",
        "/sub/",
        "/nuee.catalog?x",
        "/nuee.catalog/",
        "/nothing.nskill",
    ],
)
def test_nothing_but_catalogs_and_archives_is_served(target: str, keeper: Publisher, tmp_path: Path) -> None:
    secret = tmp_path / "secret.nskill"
    secret.write_bytes(b"secret")
    (keeper.folder / "link.nskill").symlink_to(secret)
    (keeper.folder / ".hidden.nskill").write_bytes(b"secret")
    (keeper.folder / "keeper.pem").write_bytes(b"secret")
    (keeper.folder / "sub").mkdir()
    assert serving.read(keeper.folder.resolve(), "/nuee.catalog") is not None
    assert serving.read(keeper.folder.resolve(), target) is None


def test_nothing_can_be_written(keeper: Publisher) -> None:
    with served(keeper.folder) as server:
        for method in ("PUT", "POST", "DELETE"):
            connection = HTTPConnection("127.0.0.1", server.server_port, timeout=60)
            connection.request(method, "/nuee.catalog", b"x")
            assert connection.getresponse().status == 501
            connection.close()


def test_other_machines_are_served_over_tls_only(keeper: Publisher) -> None:
    with pytest.raises(CommandFailed) as caught:
        serving.opened(keeper.folder, "0.0.0.0", 0, None, None)
    assert caught.value.key == "catalog-serve-tls"


def test_a_folder_without_a_catalog_is_not_served(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed) as caught:
        serving.opened(tmp_path, "127.0.0.1", 0, None, None)
    assert caught.value.key == "catalog-serve-folder"


def test_a_certificate_that_is_none_is_said(keeper: Publisher, tmp_path: Path) -> None:
    for cert in (tmp_path / "missing.pem", keeper.folder / "nuee.catalog"):
        with pytest.raises(CommandFailed) as caught:
            serving.opened(keeper.folder, "127.0.0.1", 0, cert, cert)
        assert caught.value.key == "catalog-serve-start"


def test_it_is_served_over_tls_and_only_to_whoever_believes_the_certificate(keeper: Publisher, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with served(keeper.folder, *authority.issue("server", "127.0.0.1")) as server:
        address = server.address
        believing = ssl.create_default_context(cafile=str(authority.file))
        data = Reader(lambda: False, believing).catalog(address)
        with pytest.raises(SyncFailed) as caught:
            Reader(lambda: False).catalog(address)
    assert address.startswith("https://127.0.0.1:")
    assert data == (keeper.folder / "nuee.catalog").read_bytes()
    assert caught.value.code == "source-tls"


def test_a_catalog_cannot_send_its_reader_into_the_private_network(web: Web, keeper: Publisher) -> None:
    web.serve(b"private", "/weather-1.0.0.nskill")
    archive = web.address("/weather-1.0.0.nskill").replace("http:", "https:")
    with pytest.raises(SyncFailed) as caught:
        Reader(lambda: False).archive(archive, "https://skills.example.org/nuee.catalog")
    assert caught.value.code == "source-refused"
    assert web.asked == []


def test_a_catalog_of_this_machine_is_not_followed_to_another(web: Web) -> None:
    web.redirect("http://192.0.2.1/nuee.catalog", "/nuee.catalog")
    with pytest.raises(SyncFailed) as caught:
        Reader(lambda: False).catalog(web.address("/nuee.catalog"))
    assert caught.value.code == "source-refused"


def test_an_endless_catalog_is_read_no_further_than_the_limit(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(Reader.__init__.__globals__["_MAX_FILE"], "catalog", 100_000)
    web.serve(bytes(200_000), "/nuee.catalog")
    with pytest.raises(SyncFailed) as caught:
        Reader(lambda: False).catalog(web.address("/nuee.catalog"))
    assert caught.value.code == "source-broken"
